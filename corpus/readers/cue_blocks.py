"""The scanner under WebVTT and SubRip: timing lines, and the lines of text below each.

The kept libraries are not enough here: `webvtt-py` stops at the first damaged cue, `srt` gives up or loses
line numbers, `pysubs2` drops what it does not understand in silence; real files lack blank lines, indices,
hours and whole halves of timing lines. The tests hold this scanner against all three on files they can read.
It looks at each line once, so a file of any shape takes time in proportion to its size.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from corpus.captions import parse_timestamp
from corpus.reading import Survivals

# A longer line is text that happens to hold an arrow; settings after the times are short.
_LONGEST_TIMING = 250
# Machine translation spaces times out and turns the arrow into a dash: "00: 00: 05,850 -> 00: 00: 07,713".
_ARROW = re.compile(r"-{1,3} ?>|[–—]+ ?>|→")
_SPACED = re.compile(r"\s*([:.,])\s*(?=[0-9])")
_MOST_LETTERS = 4
_LEADING_TIME = re.compile(r"[0-9:.,]+")


@dataclass(frozen=True, slots=True)
class Block:
    """A timing line and the lines below it, up to the next one; a time is ``None`` where it is damaged."""

    line: int
    start_s: float | None
    end_s: float | None
    payload: tuple[str, ...]


def cue_blocks(text: str, survivals: Survivals, *, named: bool) -> list[Block]:
    """Every cue of the text, in the file's order; text before the first timing line is left out.

    ``named`` says that any line, not only a number, may be a cue's identifier (WebVTT). A line with an arrow
    but no readable time keeps its text and loses its times, with a warning.
    """
    lines = text.split("\n")
    marks = [(number, times) for number, line in enumerate(lines) if (times := _timing(line)) is not None]
    blocks: list[Block] = []
    for position, (number, times) in enumerate(marks):
        end = marks[position + 1][0] if position + 1 < len(marks) else len(lines)
        if None in times:
            survivals.add(
                number + 1,
                pt=f"linha de tempos ilegível: {lines[number].strip()[:60]!r}.",
                en=f"unreadable timing line: {lines[number].strip()[:60]!r}.",
            )
        payload = lines[number + 1 : end]
        while payload and not payload[-1].strip():
            payload.pop()
        if end < len(lines) and _ends_in_identifier(payload, _index(lines[number - 1]) if number else None, named):
            payload.pop()
        blocks.append(Block(number + 1, *times, tuple(payload)))
    return blocks


def _timing(line: str) -> tuple[float | None, float | None] | None:
    """Both times of a timing line, each ``None`` where unreadable; ``None`` for a line that is no timing."""
    if len(line) > _LONGEST_TIMING:
        return None
    arrow = _ARROW.search(line)
    if arrow is None:
        return None
    left, right = _SPACED.sub(r"\1", line[: arrow.start()].strip()), _SPACED.sub(r"\1", line[arrow.end() :].strip())
    # The end's time is followed by settings ("align:start"), so only its leading digits are looked at.
    ending = _LEADING_TIME.match(right)
    start, end = parse_timestamp(left), parse_timestamp(ending.group().rstrip(":.,")) if ending else None
    if start is None or end is None:
        # An arrow may be spoken of ("das 10:30 --> 11:45"): damage has no blanks and hardly a letter.
        around = f"{left} {right.partition(' ')[0]}"
        damaged = ":" in around and " " not in left and sum(map(str.isalpha, around)) <= _MOST_LETTERS
        return (start, end) if damaged and arrow.group() == "-->" else None
    return start, end


def _index(line: str) -> int | None:
    digits = line.strip()
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 9 else None


def _ends_in_identifier(payload: list[str], index: int | None, named: bool) -> bool:
    """Whether the last line belongs to the next cue.

    It does when it stands after a blank line. Where that line is missing, a number is an identifier only if
    it continues this cue's own ``index`` (else "2024" would vanish from what was said), and a name never is.
    """
    if not payload:
        return False
    number = _index(payload[-1])
    if number is not None:
        follows = index is not None and number == index + 1
        return follows or (len(payload) >= 2 and not payload[-2].strip())
    # Tools that trim lines leave YouTube's cues with an empty first line: that text is no name.
    return named and len(payload) >= 3 and not payload[-2] and any(line.strip() for line in payload[:-2])


def paragraphs(lines: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The runs of lines between empty ones; a line of blanks alone is not empty (YouTube puts them in cues)."""
    run: list[str] = []
    for line in lines:
        if line:
            run.append(line)
        elif run:
            yield tuple(run)
            run = []
    if run:
        yield tuple(run)
