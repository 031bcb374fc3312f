"""Plain text: paragraphs without times, or lines that each start with one (``[00:12:34] …``)."""

from __future__ import annotations

import re

from corpus.captions import RawCue, parse_timestamp, timed_cues
from corpus.decoding import clean_text
from corpus.quiz_sections import without_plain_quizzes
from corpus.quizzes import parse_quizzes
from corpus.reading import Document, Reading, Survivals
from corpus.records import Cue

_TIMED_LINE = re.compile(
    r"[ \t]*[\[(]?([0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,3})?)[\])]?[ \t]*[-–:]?[ \t]+(?=\S)"
)
# A note that mentions "10:30" on a few lines is no transcript.
_TIMED_SHARE = 0.5


def read(document: Document) -> Reading:
    """Read plain text; it is read as timed when most lines start with a time and these never run backwards.

    Raises:
        UnreadableSource: never; a file without text gives no cue.
    """
    survivals = Survivals(document.name)
    timed = _timed_lines(document.text)
    if timed is not None:
        return Reading(cues=timed_cues(timed, survivals), warnings=survivals.all())
    lines, _ = without_plain_quizzes(document.text.split("\n"))
    cues = tuple(Cue(text=paragraph) for paragraph in plain_paragraphs("\n".join(lines)))
    return Reading(cues=cues, quizzes=parse_quizzes(document.text), kind="written")


def plain_paragraphs(text: str) -> list[str]:
    """The paragraphs between blank lines, whitespace-normalised, none empty."""
    return [paragraph for block in re.split(r"\n[^\S\n]*\n", text) if (paragraph := clean_text(block))]


def _timed_lines(text: str) -> list[RawCue] | None:
    """Cues that start where a line's time says and go on until the next; ``None`` for ordinary text."""
    lines = [(number, line) for number, line in enumerate(text.split("\n"), start=1) if line.strip()]
    matches = [_TIMED_LINE.match(line) for _, line in lines]
    if sum(match is not None for match in matches) < max(2, _TIMED_SHARE * len(lines)):
        return None
    cues: list[tuple[float, int, list[str]]] = []
    for (number, line), match in zip(lines, matches, strict=True):
        start = parse_timestamp(match.group(1)) if match is not None else None
        if match is not None and start is not None:
            if cues and start < cues[-1][0]:
                return None
            cues.append((start, number, [line[match.end() :]]))
        elif cues:
            cues[-1][2].append(line)
        else:
            cues.append((0.0, number, [line]))
    return [RawCue("\n".join(said), start, None, number) for start, number, said in cues]
