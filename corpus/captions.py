"""Timed captions of any format, brought into one shape: cleaned, ordered, each spoken word once.

Nothing here knows a file format; the readers do. Decoding lies in `corpus.decoding`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus.decoding import clean_text
from corpus.language import how_many
from corpus.reading import Survivals
from corpus.records import Cue, Word

# No lecture lasts 2,777 hours; a number beyond is damage, not a time.
LATEST_S = 1e7
# Two cues touch when the second starts no later than this after the first one's end.
_TOUCH_S = 0.1
# YouTube shows a finished line for 10 ms before it scrolls.
_SNAPSHOT_S = 0.05
# A scroll carries a line or two; longer agreements are not looked for, which bounds the comparison.
_LONGEST_CARRY = 60
_ROLLING_SHARE = 0.3

_TIMESTAMP = re.compile(r"(?:([0-9]{1,5}):)?([0-9]{1,4}):([0-9]{1,2})(?:[.,:]([0-9]{1,9}))?")


# A cue this long is a paragraph, and four times the fastest speech is no speech: the file is likely damaged.
_LONG_CUE = 2000
_FASTEST_CHARACTERS_PER_S = 100


@dataclass(frozen=True, slots=True)
class RawCue:
    """A cue as a file gives it: times may be missing or run backwards, the text may be empty.

    ``carried`` is how many leading words the format itself marks as shown before (``None``: it does not say);
    ``interpolated`` says that its times were computed from its neighbours.
    """

    text: str
    start_s: float | None
    end_s: float | None
    line: int | None = None
    words: tuple[Word, ...] = ()
    carried: int | None = None
    interpolated: bool = False


def parse_timestamp(text: str) -> float | None:
    """Seconds from ``[H…:]MM:SS[.,fff]``, or ``None`` where it is no such thing.

    >>> parse_timestamp("00:42:50,5"), parse_timestamp("100:00:01.250"), parse_timestamp("soon")
    (2570.5, 360001.25, None)
    """
    match = _TIMESTAMP.fullmatch(text.strip())
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    # One division at the end: the nearest float to the decimal that stands in the file.
    scale = 10 ** len(fraction or "")
    whole = int(hours or 0) * 3600 + int(minutes) * 60 + int(seconds)
    total = (whole * scale + int(fraction or 0)) / scale
    return total if total <= LATEST_S else None


def seconds(value: object, scale: float = 1.0) -> float | None:
    """A JSON value as seconds (``value / scale``); ``None`` for what cannot be a time.

    >>> seconds(1500, 1000), seconds("2.5"), seconds(float("nan")), seconds(-1), seconds(True)
    (1.5, 2.5, None, None, None)
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value) / scale
    except (ValueError, OverflowError):
        return None
    return number if 0 <= number <= LATEST_S else None


def words_from_pieces(pieces: Sequence[tuple[str, float]], end_s: float) -> tuple[Word, ...]:
    """Words from pieces of text with the second at which each begins; a word ends where the next one begins.

    A piece that does not start with a space goes on with the word before it.

    >>> [word.text for word in words_from_pieces([("se", 0.0), ("não", 0.5), (" vai", 1.0)], 2.0)]
    ['senão', 'vai']
    """
    begins: list[tuple[str, float]] = []
    glued = False
    for piece, begin in pieces:
        said = clean_text(piece).split()
        if glued and said and not piece[0].isspace():
            begins[-1] = (begins[-1][0] + said.pop(0), begins[-1][1])
        begins.extend((word, begin) for word in said)
        glued = bool(begins) and ((not piece and glued) or not piece[-1:].isspace())
    ends = [*(begin for _, begin in begins[1:]), end_s]
    return tuple(Word(word, begin, max(begin, end)) for (word, begin), end in zip(begins, ends, strict=bool(begins)))


def timed_cues(raw: Sequence[RawCue], survivals: Survivals) -> tuple[Cue, ...]:
    """Cleaned cues in order of start: the last step of every reader of timed text.

    Empty cues go. A missing start is the end before it, a missing end is the next start; such times are
    marked ``interpolated``. An end before its start is moved there. Cues of equal start keep the file's order.
    """
    cleaned = [replace(cue, text=text) for cue in raw if (text := clean_text(cue.text))]
    timed = [_settle(cue, survivals) for cue in _fill_times(cleaned, survivals)]
    ordered = sorted(timed, key=lambda cue: cue.start_s or 0.0)
    moved = sum(first is not second for first, second in zip(timed, ordered, strict=True))
    if moved:
        survivals.add(
            None,
            pt=f"{how_many(moved, 'legenda', 'legendas')} fora da ordem do início; todas foram postas nela.",
            en=f"{how_many(moved, 'cue', 'cues')} out of order; all were put in order of their start.",
        )
    return tuple(ordered)


def _fill_times(cues: list[RawCue], survivals: Survivals) -> list[RawCue]:
    filled: list[RawCue] = []
    following: float | None = None
    starts_after: list[float | None] = []
    for cue in reversed(cues):
        starts_after.append(following)
        following = cue.start_s if cue.start_s is not None else following
    starts_after.reverse()
    previous_end = 0.0
    for cue, next_start in zip(cues, starts_after, strict=True):
        start, end = cue.start_s, cue.end_s
        if start is None:
            start = previous_end if end is None else min(previous_end, end)
            _warn_missing(cue, survivals)
        if end is None:
            end = max(start, next_start) if next_start is not None else start
        previous_end = max(start, end)
        filled.append(replace(cue, start_s=start, end_s=end, interpolated=cue.start_s is None))
    return filled


def _warn_missing(cue: RawCue, survivals: Survivals) -> None:
    survivals.add(
        cue.line,
        pt=f"legenda sem tempo legível ({cue.text[:40]!r}); ficou entre as vizinhas.",
        en=f"a cue without a readable time ({cue.text[:40]!r}); it was placed between its neighbours.",
    )


def _settle(cue: RawCue, survivals: Survivals) -> Cue:
    start, end = cue.start_s or 0.0, cue.end_s or 0.0
    if end < start:
        survivals.add(
            cue.line,
            pt=f"legenda que termina ({end:.3f} s) antes de começar ({start:.3f} s); o fim foi posto no início.",
            en=f"a cue ends ({end:.3f} s) before it starts ({start:.3f} s); its end was moved to its start.",
        )
        end = start
    if len(cue.text) > _LONG_CUE and len(cue.text) > _FASTEST_CHARACTERS_PER_S * (end - start):
        survivals.add(
            cue.line,
            pt=f"legenda com {len(cue.text)} caracteres em {end - start:.0f} s: ninguém fala assim; confira o arquivo.",
            en=f"a cue of {len(cue.text)} characters in {end - start:.0f} s: nobody speaks so fast; check the file.",
        )
    words = _words_within(cue.words, start, end)
    kept = words if " ".join(word.text for word in words) == cue.text else ()
    return Cue(text=cue.text, start_s=start, end_s=end, words=kept, interpolated=cue.interpolated)


def _words_within(words: Sequence[Word], start_s: float, end_s: float) -> tuple[Word, ...]:
    """The words with clean texts and with times that stay in the cue and never run backwards."""
    within: list[Word] = []
    latest = start_s
    for word in words:
        latest = min(max(word.start_s, latest), end_s)
        if text := clean_text(word.text):
            within.append(Word(text, latest, min(max(word.end_s, latest), end_s)))
    return tuple(within)


def merge_rolling(raw: Sequence[RawCue]) -> list[RawCue]:
    r"""Rolling captions, where each cue repeats the line above it, as cues that each say only what is new.

    Live and automatic captions scroll: every line is shown two or three times. A repetition by the speaker
    is not a scroll: cues are merged only where at least 30% of the touching pairs carry words over, and then
    only what is carried from the cue right before.

    >>> shown = [("bom dia", 0, 2), ("bom dia", 2, 2.01), ("bom dia\na todos", 2.01, 4), ("a todos", 4, 4.01)]
    >>> [(cue.text, cue.start_s) for cue in merge_rolling([RawCue(*cue) for cue in shown])]
    [('bom dia', 0), ('a todos', 2.01)]
    """
    merged: list[RawCue] = []
    previous: list[str] = []
    previous_new = 0
    previous_end: float | None = None
    touching = scrolled = 0
    for cue in raw:
        shown = clean_text(cue.text).split(" ") if cue.text.strip() else []
        carried = 0
        if previous and shown and _touches(previous_end, cue):
            touching += 1
            carried = _carried_words(previous, shown, previous_new, cue)
            scrolled += _is_scroll(carried, previous, shown, cue)
        if shown:
            previous, previous_end = shown, cue.end_s
        if carried < len(shown):
            previous_new = len(shown) - carried
            merged.append(_without_carried(cue, shown, carried))
    if not touching or scrolled < _ROLLING_SHARE * touching:
        return list(raw)
    return end_at_next(merged)


def _touches(previous_end: float | None, cue: RawCue) -> bool:
    return previous_end is not None and cue.start_s is not None and cue.start_s <= previous_end + _TOUCH_S


def _is_snapshot(cue: RawCue) -> bool:
    return cue.start_s is not None and cue.end_s is not None and cue.end_s - cue.start_s <= _SNAPSHOT_S


def _carried_words(previous: list[str], shown: list[str], previous_new: int, cue: RawCue) -> int:
    """How many of the words ``shown`` first were the last ones shown before; 0 where it is no scroll.

    What is carried includes all that the cue before added: a scroll moves whole lines. Of two readings the
    one with something new is right, unless the cue is a snapshot: else a word said twice would be lost.
    """
    longest = min(len(previous), len(shown), _LONGEST_CARRY)
    if cue.carried is not None:
        longest = min(longest, cue.carried)
    fits = [
        count
        for count in range(longest, max(1, previous_new) - 1, -1)
        if previous[len(previous) - count :] == shown[:count]
    ]
    if not fits:
        return 0
    partial = [count for count in fits if count < len(shown)]
    return fits[0] if _is_snapshot(cue) or not partial else partial[0]


def _is_scroll(carried: int, previous: list[str], shown: list[str], cue: RawCue) -> bool:
    """A cue that says exactly what the one before said may be a speaker's repetition: no evidence."""
    if not carried:
        return False
    return carried < len(shown) or carried < len(previous) or _is_snapshot(cue)


def _without_carried(cue: RawCue, shown: list[str], carried: int) -> RawCue:
    if not carried:
        return cue
    words = cue.words[carried:] if len(cue.words) == len(shown) else cue.words
    return replace(cue, text=" ".join(shown[carried:]), words=words, carried=None)


def end_at_next(cues: Sequence[RawCue]) -> list[RawCue]:
    """Scrolled lines stay on screen while the next ones are said: each one's speech ends where the next begins."""
    ended = list(cues)
    for position in range(len(cues) - 1):
        start, end, following = cues[position].start_s, cues[position].end_s, cues[position + 1].start_s
        if start is not None and end is not None and following is not None and start < following < end:
            ended[position] = replace(cues[position], end_s=following)
    return ended
