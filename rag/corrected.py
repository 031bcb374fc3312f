"""A segment with another text: which of the new words are each cue's, when they are said, what can be carried over.

Words are aligned with the old ones (Ratcliff & Obershelp, as `difflib` has it), case and punctuation aside, so a
link still goes to the second at which a sentence begins.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher

from corpus.records import Cue, Segment, Word

_NOT_LETTERS = re.compile(r"[\W_]+")


@dataclass(frozen=True, slots=True)
class _Placed:
    """A new word, the old one in whose place it stands, and whether it is the same word."""

    text: str
    old: int
    same: bool


def corrected_segment(segment: Segment, text: str) -> Segment:
    """The segment with ``text`` (whitespace-normalised, not empty) spread over its cues; its id and times stay.

    Joining the cues' texts by spaces gives ``text``. A cue of which no word is left goes. A word that did not
    change keeps its time; words in the place of others share theirs by length.

    >>> cues = (Cue("hoje é Festa", 0.0, 2.0), Cue("API, gente", 2.0, 4.0))
    >>> heard = Segment(7, "aula-01", 0.0, 4.0, "hoje é Festa API, gente", cues)
    >>> [(cue.text, cue.start_s) for cue in corrected_segment(heard, "hoje é FastAPI, minha gente").cues]
    [('hoje é FastAPI,', 0.0), ('minha gente', 2.0)]
    """
    old = [cue.text.split() for cue in segment.cues]
    placed = _place([word for words in old for word in words], text.split())
    cues: list[Cue] = []
    first = 0
    for cue, words in zip(segment.cues, old, strict=True):
        mine = [replace(p, old=p.old - first) for p in placed if first <= p.old < first + len(words)]
        if [p.text for p in mine] == words:
            cues.append(cue)
        elif mine:
            timed = _timed(mine, cue) if [word.text for word in cue.words] == words else ()
            cues.append(replace(cue, text=" ".join(p.text for p in mine), words=timed))
        first += len(words)
    return replace(segment, text=text, cues=tuple(cues))


def carried_over(original: str, text: str, present: str) -> str:
    """What a correction of ``original`` into ``text`` makes of the text that the source has now: a suggestion.

    Of the correction's changes those are made whose words the present text still has, there; the others are left out.

    >>> carried_over("a Festa API é rápida", "a FastAPI é rápida", "a Festa API é bem rápida")
    'a FastAPI é bem rápida'
    """
    before, after, now = original.split(), text.split(), present.split()
    place = {-1: -1, len(before): len(now)}
    for start, new_start, size in SequenceMatcher(None, before, now, autojunk=False).get_matching_blocks():
        place |= {start + n: new_start + n for n in range(size)}
    words: list[str] = []
    done = 0
    for tag, first, last, begin, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        # What is put between two words needs both of them, still beside each other.
        needed = range(first, last) if first < last else range(first - 1, first + 1)
        stands = [place[n] for n in needed if n in place]
        if tag == "equal" or len(stands) < len(needed) or stands[-1] - stands[0] != len(stands) - 1:
            continue
        start = stands[0] if first < last else stands[1]
        words += [*now[done:start], *after[begin:end]]
        done = stands[-1] + 1 if first < last else start
    return " ".join([*words, *now[done:]])


def _place(old: Sequence[str], new: Sequence[str]) -> list[_Placed]:
    """Every new word in the place of an old one, in order; what was put between two is the earlier one's."""
    matcher = SequenceMatcher(None, [_sound(word) for word in old], [_sound(word) for word in new], autojunk=False)
    placed = []
    for tag, first, last, begin, end in matcher.get_opcodes():
        for number in range(begin, end):
            if first == last:
                placed.append(_Placed(new[number], max(0, first - 1), same=False))
            else:
                old_one = first + (number - begin) * (last - first) // (end - begin)
                placed.append(_Placed(new[number], old_one, same=tag == "equal"))
    return placed


def _sound(word: str) -> str:
    return _NOT_LETTERS.sub("", word.casefold()) or word


def _timed(placed: Sequence[_Placed], cue: Cue) -> tuple[Word, ...]:
    """The words with times; ``placed`` counts the cue's words from 0, and every word of the cue has a time."""
    times = cue.words
    words: list[Word] = []
    run: list[str] = []
    before = -1
    for p in [*placed, _Placed("", len(times), same=True)]:
        if not p.same:
            run.append(p.text)
            continue
        words += _shared(run, *_span(cue, before, p.old))
        run, before = [], p.old
        if p.old < len(times):
            words.append(Word(p.text, times[p.old].start_s, times[p.old].end_s))
    return tuple(words)


def _span(cue: Cue, before: int, after: int) -> tuple[float, float]:
    """When the words between two that stayed were said; the pause between these where there were none."""
    times = cue.words
    if after - before > 1:
        return times[before + 1].start_s, times[after - 1].end_s
    start = times[before].end_s if before >= 0 else times[0].start_s
    end = times[after].start_s if after < len(times) else times[-1].end_s
    return start, max(start, end)


def _shared(texts: Sequence[str], start_s: float, end_s: float) -> list[Word]:
    length = sum(map(len, texts))
    words, position = [], 0
    for text in texts:
        begin = start_s + (end_s - start_s) * position / length
        position += len(text)
        words.append(Word(text, begin, start_s + (end_s - start_s) * position / length))
    return words
