"""A segment's cues as timed sentences: what is quoted, and where a link may start.

Speech recognisers cut where they breathe: a caption may hold half a sentence or four. Cues are joined until a
sentence ends or someone pauses, and long cues are cut at sentence ends. Where neither is to be seen for long, as in
captions without punctuation, the cut is where a clause most likely ends. A cut inside a cue whose words have no times
is interpolated by character position and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from corpus.language import fold_accents
from corpus.records import Cue, Segment

# A spoken sentence rarely runs longer; without punctuation this bounds what is quoted.
_MAX_WORDS = 32
_MIN_WORDS = 12
_PAUSE_S = 1.2
_ENDS = re.compile(r"[.!?…]+[\"'”’)\]]*$")
_CLAUSE_ENDS = re.compile(r"[,;:–—][\"'”’)\]]*$")
# What a clause begins with, and what none ends with; lower case, accents folded.
_OPENS = frozenset(
    """
    entao mas porque ai agora so quando se bom olha enquanto pois ja como depois
    so but because when if now well then okay ok right while since although
    """.split()
)
_JOINS = frozenset(("e", "and"))  # clauses, and as often two things
_HANGS = frozenset(
    """
    o a os as um uma uns umas do da dos das de no na nos nas num numa em ao aos pelo pela pelos pelas por para pra pro
    pras pros com sem sobre entre ate que e ou mas se porque quando como onde qual cada nao nem ainda ja muito mais
    menos tao meu minha seu sua nosso nossa esse essa este esta aquele aquela outro outra ser sao foi era vai vou vamos
    ta estao tem ter pode podem deve precisa so todo toda dois tres
    the an of in on at to for from by with without into that which who and or but if because when not no very more
    less my your his her its our their this these those is are was were be been has have had will would can could
    should may might must do does did another every each i you we they he she it
    """.split()
)
# What belongs to the words before it, and what ends them.
_GOES_ON = frozenset("de do da dos das ne of".split())
_ROUNDS_OFF = frozenset("ne certo beleza okay".split())
_LONGEST_SILENCE_S = 1.5


@dataclass(frozen=True, slots=True)
class TimedSentence:
    """Consecutive words of a segment; ``text`` is as in the source, times ``None`` for written material."""

    text: str
    start_s: float | None
    end_s: float | None
    interpolated: bool


@dataclass(frozen=True, slots=True)
class _TimedWord:
    text: str
    start_s: float | None
    end_s: float | None
    interpolated: bool
    opens_cue: bool


def timed_sentences(segment: Segment) -> list[TimedSentence]:
    """The segment's words, each in exactly one sentence, in order.

    A word's time is the source's where it gives one, else interpolated inside its cue.
    """
    words = [word for cue in segment.cues for word in _words(cue)]
    return [_sentence(piece) for run in _runs(words) for piece in _pieces(run)]


def _runs(words: Sequence[_TimedWord]) -> Iterator[list[_TimedWord]]:
    """Words up to where a sentence ends or someone pauses."""
    pending: list[_TimedWord] = []
    for word in words:
        if pending and _breaks(pending, word):
            yield pending
            pending = []
        pending.append(word)
    if pending:
        yield pending


def _breaks(pending: list[_TimedWord], following: _TimedWord) -> bool:
    last = pending[-1]
    # "2.0" and "Dr." do not end a sentence of one or two words.
    if len(pending) > 2 and _ENDS.search(last.text):
        return True
    if last.end_s is None or following.start_s is None or following.interpolated:
        return False
    return len(pending) > 4 and following.start_s - last.end_s > _PAUSE_S


def _pieces(run: list[_TimedWord]) -> Iterator[list[_TimedWord]]:
    """A long run cut where clauses end, so far as that can be told; none of its pieces is long."""
    begin = 0
    # How likely a clause ends before each word; a short run is not cut.
    ends = [0.0, *map(_ends_a_clause, run, run[1:])] if len(run) > _MAX_WORDS else []
    while (left := len(run) - begin) > _MAX_WORDS:
        # What is left behind is a piece as well.
        most = min(_MAX_WORDS, max(_MIN_WORDS, left - _MIN_WORDS))
        cut = max(range(begin + _MIN_WORDS, begin + most + 1), key=lambda n: (ends[n], n))
        yield run[begin:cut]
        begin = cut
    yield run[begin:]


def _ends_a_clause(last: _TimedWord, following: _TimedWord) -> float:
    """How likely a clause ends between two words: by a comma, by what hangs or opens, by a breath, by a new caption."""
    said, opens = (fold_accents(word.text).lower().strip("\"'”’“‘,;:()[]") for word in (last, following))
    likely = 2.0 * bool(_CLAUSE_ENDS.search(last.text)) - 3.0 * (said in _HANGS) + (said in _ROUNDS_OFF)
    likely += (opens in _OPENS) + 0.5 * (opens in _JOINS) - (opens in _GOES_ON) + 0.5 * following.opens_cue
    if last.start_s is None or following.start_s is None or following.interpolated or last.interpolated:
        return likely
    # Where only beginnings are known, a word lasts until the next one: what is longer than its saying is a breath.
    silence_s = following.start_s - last.start_s - (0.15 + 0.06 * len(last.text))
    return likely + 2.0 * min(max(silence_s, 0.0), _LONGEST_SILENCE_S)


def _words(cue: Cue) -> list[_TimedWord]:
    texts = cue.text.split()
    if len(cue.words) == len(texts):
        return [_TimedWord(w.text, w.start_s, w.end_s, cue.interpolated, n == 0) for n, w in enumerate(cue.words)]
    if cue.start_s is None or cue.end_s is None:
        return [_TimedWord(text, None, None, False, n == 0) for n, text in enumerate(texts)]
    length = max(1, len(cue.text))
    duration = cue.end_s - cue.start_s
    words, position = [], 0
    for n, text in enumerate(texts):
        begin = cue.start_s + duration * position / length
        end = cue.start_s + duration * min(length, position + len(text)) / length
        words.append(_TimedWord(text, begin, end, cue.interpolated or position > 0, n == 0))
        position += len(text) + 1
    return words


def _sentence(words: list[_TimedWord]) -> TimedSentence:
    first, last = words[0], words[-1]
    return TimedSentence(" ".join(w.text for w in words), first.start_s, last.end_s, first.interpolated)
