"""A segment's cues as timed sentences: what is quoted, and where a link may start.

Speech recognisers cut where they breathe: a caption may hold half a sentence or four. Cues are joined until a
sentence ends, someone pauses, or it gets long, and long cues are cut at sentence ends; a cut inside a cue whose
words have no times is interpolated by character position and says so.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from corpus.records import Cue, Segment

# A spoken sentence rarely runs longer; without punctuation this bounds what is quoted.
_MAX_WORDS = 32
_PAUSE_S = 1.2
_ENDS = re.compile(r"[.!?…]+[\"'”’)\]]*$")


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


def timed_sentences(segment: Segment) -> list[TimedSentence]:
    """The segment's words, each in exactly one sentence, in order.

    A word's time is the source's where it gives one, else interpolated inside its cue.
    """
    sentences: list[TimedSentence] = []
    pending: list[_TimedWord] = []
    for word in (word for cue in segment.cues for word in _words(cue)):
        if pending and _breaks(pending, word):
            sentences.append(_sentence(pending))
            pending = []
        pending.append(word)
    if pending:
        sentences.append(_sentence(pending))
    return sentences


def _breaks(pending: list[_TimedWord], following: _TimedWord) -> bool:
    last = pending[-1]
    if len(pending) >= _MAX_WORDS:
        return True
    # "2.0" and "Dr." do not end a sentence of one or two words.
    if len(pending) > 2 and _ENDS.search(last.text):
        return True
    if last.end_s is None or following.start_s is None or following.interpolated:
        return False
    return len(pending) > 4 and following.start_s - last.end_s > _PAUSE_S


def _words(cue: Cue) -> list[_TimedWord]:
    texts = cue.text.split()
    if len(cue.words) == len(texts):
        return [_TimedWord(w.text, w.start_s, w.end_s, interpolated=cue.interpolated) for w in cue.words]
    if cue.start_s is None or cue.end_s is None:
        return [_TimedWord(text, None, None, interpolated=False) for text in texts]
    length = max(1, len(cue.text))
    duration = cue.end_s - cue.start_s
    words, position = [], 0
    for text in texts:
        begin = cue.start_s + duration * position / length
        end = cue.start_s + duration * min(length, position + len(text)) / length
        words.append(_TimedWord(text, begin, end, interpolated=cue.interpolated or position > 0))
        position += len(text) + 1
    return words


def _sentence(words: list[_TimedWord]) -> TimedSentence:
    first, last = words[0], words[-1]
    return TimedSentence(" ".join(w.text for w in words), first.start_s, last.end_s, first.interpolated)
