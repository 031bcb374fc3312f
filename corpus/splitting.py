"""Cues that are too long for one segment, split at words; pure. Segments are made in `corpus.segmenter`."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from corpus.records import Cue, Word

CountTokens = Callable[[Sequence[str]], Sequence[int]]

# Longer texts are cut before they are counted: tokenizing megabytes takes longer than reading a course.
LONGEST_COUNTED = 4000
# How far from the middle of two parts a cut may lie for the sake of a sentence's end, as a share of a part.
_TOLERANCE = 0.3
# A caption slower than this many characters a second was left on screen, not spoken all the while.
_SLOWEST = 1.0
_READING_SPEED = 5.0
_SENTENCE_END = re.compile(r"[.?!…][\"'”’»)\]]{0,3} ")


def ends_sentence(text: str) -> bool:
    """Whether the text ends a sentence, closing quotation marks and brackets aside."""
    return text.rstrip("\"'”’»)]").endswith((".", "?", "!", "…"))


def fitting_cues(cues: Sequence[Cue], count_tokens: CountTokens, max_tokens: int, max_s: float) -> list[Cue]:
    """Cues of which each fits alone into ``max_tokens`` and ``max_s``; those that do stay as they are.

    A longer one is cut between words, at the end of a sentence where one is near, and inside a word only
    where the word alone is too long. The pieces take their words' times, or share the cue's by characters
    and are marked ``interpolated``. No character is lost or doubled.
    """
    short = [piece for cue in cues for piece in _fit_time(cue, max_s)]
    pending = [piece for cue in short for piece in _parts(cue, math.ceil(len(cue.text) / LONGEST_COUNTED))]
    fitting: list[list[Cue]] = [[cue] for cue in pending]
    waiting = list(range(len(pending)))
    while waiting:
        # Only what was cut is counted again; `fitting` keeps every cue's pieces in its place.
        flat = [(place, piece) for place in waiting for piece in fitting[place]]
        counts = count_tokens([piece.text for _, piece in flat])
        for place in waiting:
            fitting[place] = []
        too_long: set[int] = set()
        for (place, piece), count in zip(flat, counts, strict=True):
            fits = count <= max_tokens or len(piece.text) < 2
            # One part more than the count asks for: parts are alike in characters, not in tokens.
            fitting[place].extend([piece] if fits else _parts(piece, math.ceil(count / max_tokens) + 1))
            if not fits:
                too_long.add(place)
        waiting = sorted(too_long)
    return [piece for pieces in fitting for piece in pieces]


def _fit_time(cue: Cue, max_s: float) -> list[Cue]:
    if cue.start_s is None or cue.end_s is None or cue.end_s - cue.start_s <= max_s:
        return [cue]
    if cue.words:
        return [_from_words(group, cue.heading) for group in _word_groups(cue.words, max_s)]
    duration = cue.end_s - cue.start_s
    if len(cue.text) < _SLOWEST * duration:
        shown = min(max_s, max(2.0, len(cue.text) / _READING_SPEED))
        return [replace(cue, end_s=cue.start_s + shown, interpolated=True)]
    parts = _parts(cue, math.ceil(duration / max_s) + 1)
    return [piece for part in parts for piece in _fit_time(part, max_s)]


def _word_groups(words: Sequence[Word], max_s: float) -> list[list[Word]]:
    """Groups of words that each last at most ``max_s``; a single word longer than that ends there."""
    groups: list[list[Word]] = []
    for word in words:
        ended = replace(word, end_s=min(word.end_s, word.start_s + max_s))
        if groups and max(ended.end_s, groups[-1][-1].end_s) - groups[-1][0].start_s <= max_s:
            groups[-1].append(ended)
        else:
            groups.append([ended])
    return groups


def _from_words(words: Sequence[Word], heading: tuple[str, ...]) -> Cue:
    return Cue(
        text=" ".join(word.text for word in words),
        start_s=words[0].start_s,
        end_s=max(word.end_s for word in words),
        words=tuple(words),
        heading=heading,
    )


def _parts(cue: Cue, parts: int) -> list[Cue]:
    """About ``parts`` pieces of like length; at least two where ``parts`` and the text allow it."""
    if parts < 2 or len(cue.text) < 2:
        return [cue]
    cuts = _cuts(cue.text, parts)
    if cue.words and all(cue.text[cut] == " " for cut in cuts):
        ends = [cue.text.count(" ", 0, cut) + 1 for cut in cuts]
        spans = zip([0, *ends], [*ends, len(cue.words)], strict=True)
        return [_from_words(cue.words[first:last], cue.heading) for first, last in spans]
    pieces: list[Cue] = []
    for first, last in zip([0, *cuts], [*cuts, len(cue.text)], strict=True):
        start, end = _time_at(cue, first), _time_at(cue, last)
        interpolated = cue.interpolated or start is not None
        text = cue.text[first:last].strip(" ")
        pieces.append(replace(cue, text=text, start_s=start, end_s=end, words=(), interpolated=interpolated))
    return pieces


def _time_at(cue: Cue, position: int) -> float | None:
    if cue.start_s is None or cue.end_s is None:
        return None
    return cue.start_s + (cue.end_s - cue.start_s) * (position / len(cue.text))


def _cuts(text: str, parts: int) -> list[int]:
    """Offsets, in order, at which to cut: of a space, or of a character inside a word that must be cut."""
    length = len(text) / parts
    cuts: list[int] = []
    for part in range(1, parts):
        cut = _cut_near(text, round(part * length), max(1, int(length * _TOLERANCE)))
        if cut > (cuts[-1] + 1 if cuts else 0):
            cuts.append(cut)
    return cuts or [max(1, len(text) // 2)]


def _cut_near(text: str, ideal: int, reach: int) -> int:
    low, high = max(1, ideal - reach), min(len(text) - 1, ideal + reach)
    sentences = [match.end() - 1 for match in _SENTENCE_END.finditer(text, low, high + 1)]
    if sentences:
        return min(sentences, key=lambda end: abs(end - ideal))
    # Spaces are looked for a whole part around: a word is cut only where it fills its part.
    before = text.rfind(" ", max(1, ideal - 3 * reach), ideal + 1)
    after = text.find(" ", ideal, min(len(text) - 1, ideal + 3 * reach))
    spaces = [space for space in (before, after) if space > 0]
    return min(spaces, key=lambda space: abs(space - ideal)) if spaces else min(max(1, ideal), len(text) - 1)
