"""Which courses there are where nobody names one: those of the settings, else the one that `make demo` left here."""

from __future__ import annotations

from pathlib import Path

from rag.config import Settings

_DEMO = Path("demo/index")


def course_folders(settings: Settings) -> tuple[Path, ...]:
    """Index folders: those of ``app.courses``; without any, ``demo/index`` where there is one."""
    if settings.app.courses:
        return tuple(settings.app.courses)
    return (_DEMO,) if (_DEMO / "CURRENT").is_file() else ()
