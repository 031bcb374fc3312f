"""Where a lecture can be watched or heard: embedded, from a recording beside its transcript, or by a link."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from interfaces.service.courses import Course

_YOUTUBE = re.compile(r"https?://((www|m)\.)?(youtube(-nocookie)?\.com/|youtu\.be/)", re.IGNORECASE)
_VIDEO = frozenset((".mp4", ".webm", ".ogv", ".mov", ".m4v"))
_AUDIO = frozenset((".mp3", ".m4a", ".ogg", ".oga", ".wav", ".flac", ".opus"))


@dataclass(frozen=True, slots=True)
class Media:
    """How a lecture is played: ``place`` is an address or an existing file."""

    kind: Literal["video", "audio", "link"]
    place: str


def media_of(url: str | None, source: str = "") -> Media | None:
    """How to play a lecture of that address whose transcript is ``source``; ``None`` where nothing can be opened.

    A recording that lies beside the transcript under its name is played where the address is only a page.

    >>> media_of("https://youtu.be/abcdefghijk").kind, media_of("https://example.org/a").kind, media_of("javascript:x")
    ('video', 'link', None)
    """
    parts = urlsplit(url or "")
    usable = url is not None and parts.scheme in ("http", "https")
    suffix = Path(unquote(parts.path)).suffix.lower()
    if usable and (_YOUTUBE.match(url or "") or suffix in _VIDEO | _AUDIO):
        return Media("audio" if suffix in _AUDIO else "video", url or "")
    for file in _beside(source):
        return Media("audio" if file.suffix.lower() in _AUDIO else "video", str(file))
    return Media("link", url or "") if usable else None


def media_in(course: Course, lecture_id: str, url: str | None) -> Media | None:
    """How to play a lecture of a course; one that the course no longer has by its ``url``."""
    lecture = course.lecture(lecture_id)
    return media_of(url) if lecture is None else media_of(lecture.url, lecture.source)


def _beside(source: str) -> tuple[Path, ...]:
    """Recordings under a transcript's name in its folder."""
    if not source:
        return ()
    path = Path(source)
    return tuple(
        path.with_suffix(suffix) for suffix in sorted(_VIDEO) + sorted(_AUDIO) if path.with_suffix(suffix).is_file()
    )
