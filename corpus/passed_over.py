"""What lies among the lectures and is not read: said once a kind of file, with what to do about it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from corpus.decoding import clean_text
from corpus.readers import SUFFIXES
from corpus.records import SourceWarning

# A repository's own papers; a SOURCE that names one of these files is taken at its word. Only in capitals do
# they go by their beginning: "license-plates.md" may be a lesson.
PAPERS = re.compile(r"(?:README|LICEN[SC]E|CHANGELOG|CONTRIBUTING).*|SOURCE\.md|(?i:readme|licen[sc]e|changelog)\..*")
_SHOWN = 10
_DOCUMENTS = frozenset(".doc .docx .odt .rtf .pages .html .htm .epub .tex".split())
_SLIDES = frozenset(".ppt .pptx .odp .key".split())
_RECORDINGS = frozenset(".mp4 .mkv .webm .mov .avi .m4v .mp3 .m4a .wav .ogg .opus .flac".split())
_SAVE_TEXT = "formato que não se lê; salve como .txt ou .vtt", "a format that is not read; save it as .txt or .vtt"
_SAVE_SLIDES = "formato que não se lê; salve como .pdf", "a format that is not read; save it as .pdf"
_TRANSCRIBE = (
    "gravação; o que se lê é a transcrição, em .vtt, .srt ou .txt",
    "a recording; what is read is its transcript, in .vtt, .srt or .txt",
)
_ADVICE = {
    **dict.fromkeys(_DOCUMENTS, _SAVE_TEXT),
    **dict.fromkeys(_SLIDES, _SAVE_SLIDES),
    **dict.fromkeys(_RECORDINGS, _TRANSCRIBE),
}


def is_passed_over(path: Path) -> bool:
    """Whether somebody may think that this file is read as a lecture, and it is not.

    A recording beside its transcript is not: it is played. Pictures, programs and tables are nobody's lecture.
    """
    suffix = path.suffix.lower()
    if path.name.startswith(".") or suffix not in _ADVICE or PAPERS.fullmatch(path.name) or not path.is_file():
        return False
    return suffix not in _RECORDINGS or not any(path.with_suffix(kind).is_file() for kind in SUFFIXES)


def passed_over(source: Path, paths: Iterable[Path]) -> list[SourceWarning]:
    """A warning for each kind of file, which names the files of it; those below a SOURCE, in the order they came."""
    kinds: dict[str, list[str]] = {}
    for path in paths:
        kinds.setdefault(path.suffix.lower(), []).append(clean_text(path.relative_to(source).as_posix()))
    return [_warning(clean_text(str(source)), suffix, names) for suffix, names in kinds.items()]


def _warning(source: str, suffix: str, names: list[str]) -> SourceWarning:
    shown, more = ", ".join(names[:_SHOWN]), len(names) - _SHOWN
    pt, en = _ADVICE[suffix]
    return SourceWarning(
        source,
        None,
        f"ignorado: {shown}{f' e mais {more}' if more > 0 else ''} ({pt})",
        f"ignored: {shown}{f' and {more} more' if more > 0 else ''} ({en})",
    )
