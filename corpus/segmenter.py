"""Cues into segments: about two minutes of speech, or about 280 tokens of a lesson; pure.

Where to cut is one question for both: of all ways to cut the one with the smallest cost is taken, by
dynamic programming over the cues. Splitting a single cue is the work of `corpus.splitting`, ids that of
`corpus.segment_ids`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise

from corpus.errors import UsageError
from corpus.records import Cue
from corpus.segment_ids import assign_ids, segment_keys
from corpus.splitting import CountTokens, ends_sentence, fitting_cues

__all__ = ["CountTokens", "SegmentDraft", "SegmenterSettings", "assign_ids", "segment", "segment_keys"]

# Costs are in squared relative deviations from the target: 0.04 is a segment 20% too short or too long.
_PAUSE_S = 1.5
_TOO_SHORT = 1.0
_ACROSS_SILENCE = 0.6
_ACROSS_SECTIONS = 0.4
_MID_SENTENCE = 0.25
_AFTER_CLAUSE = 0.15
_AFTER_SENTENCE = 0.05
_BEFORE_EXAMPLE = 0.3


@dataclass(frozen=True, slots=True)
class SegmenterSettings:
    """How long segments are.

    Attributes:
        target_s: what a segment of speech aims at, in seconds.
        max_s: what none exceeds.
        min_s: what none falls below where a neighbour can take it.
        silence_s: a silence this long ends a segment, unless it would leave less than ``min_s`` of speech.
        max_tokens: the encoder's limit, its prefix and special tokens included.
        target_tokens: what a segment of written material aims at.
        min_tokens: what none of these falls below where a sibling section can take it.

    Raises:
        UsageError: the numbers contradict each other.
    """

    target_s: float = 120.0
    max_s: float = 175.0
    min_s: float = 30.0
    silence_s: float = 30.0
    max_tokens: int = 512
    target_tokens: int = 280
    min_tokens: int = 60

    def __post_init__(self) -> None:
        timed = 0 <= self.min_s <= self.target_s <= self.max_s <= 180 and self.target_s > 0 and self.silence_s > 0
        if timed and 0 <= self.min_tokens <= self.target_tokens <= self.max_tokens and self.max_tokens >= 16:
            return
        raise UsageError(
            pt=f"ajustes de segmentação impossíveis: {self}; é preciso 0 <= min_s <= target_s <= max_s <= 180, "
            "silence_s > 0, 0 <= min_tokens <= target_tokens <= max_tokens e max_tokens >= 16.",
            en=f"impossible segmenter settings: {self}; they need 0 <= min_s <= target_s <= max_s <= 180, "
            "silence_s > 0, 0 <= min_tokens <= target_tokens <= max_tokens and max_tokens >= 16.",
        )


@dataclass(frozen=True, slots=True)
class SegmentDraft:
    """A `corpus.records.Segment` that has no id yet."""

    lecture_id: str
    start_s: float | None
    end_s: float | None
    text: str
    cues: tuple[Cue, ...]
    heading: tuple[str, ...] = ()


def segment(
    cues: Sequence[Cue],
    lecture_id: str,
    count_tokens: CountTokens,
    settings: SegmenterSettings | None = None,
) -> list[SegmentDraft]:
    """Cut one lecture into segments.

    A segment's text is its cues' texts joined by single spaces; every cue is in exactly one segment. Timed
    segments are in order and do not overlap each other: where cues do, the earlier segment ends early, while
    each cue keeps its own time. Cues without times follow those with times.

    Args:
        cues: a transcript's cues; timed ones are put in order of start.
        lecture_id: goes into every draft.
        count_tokens: the encoder's token counts of passages, prefix and special tokens included.
        settings: lengths; the defaults are those of `SegmenterSettings`.

    Returns:
        The drafts in order; none exceeds ``max_tokens`` or lasts longer than ``max_s``.
    """
    settings = settings or SegmenterSettings()
    timed = sorted((cue for cue in cues if cue.start_s is not None), key=lambda cue: cue.start_s or 0.0)
    written = [cue for cue in cues if cue.start_s is None]
    drafts: list[SegmentDraft] = []
    for group, measure in ((timed, _spoken), (written, _written)):
        fitting = fitting_cues(group, count_tokens, settings.max_tokens, settings.max_s)
        if measure is _spoken:
            # Pieces of a cue that overlaps the next one can start after it.
            fitting.sort(key=lambda cue: cue.start_s or 0.0)
        groups = _groups(fitting, count_tokens, settings, measure)
        drafts.extend(_drafts(groups, lecture_id))
    return drafts


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Consecutive cues as the cutting sees them.

    ``joints[i]`` is what it costs to keep cue i with the one before it (infinite: never), ``cuts[i]`` what it
    costs to cut there. ``length(first, last)`` is that of a segment, half-open, in the target's unit.
    """

    tokens: list[int]
    joints: list[float]
    cuts: list[float]
    length: Callable[[int, int], float]
    target: float
    shortest: float
    longest: float


def _spoken(cues: Sequence[Cue], tokens: list[int], settings: SegmenterSettings) -> _Stretch:
    starts = [cue.start_s or 0.0 for cue in cues]
    ends = list(accumulate((cue.end_s or 0.0 for cue in cues), max))
    gaps = [0.0, *(start - end for start, end in zip(starts[1:], ends, strict=False))]
    return _Stretch(
        tokens=tokens,
        joints=[_ACROSS_SILENCE if gap > settings.silence_s else 0.0 for gap in gaps],
        cuts=[0.0, *(_spoken_cut(cue.text, gap) for cue, gap in zip(cues, gaps[1:], strict=False))],
        # The running maximum may reach back before `first`; an overlapping cue then counts as longer, never shorter.
        length=lambda first, last: ends[last - 1] - starts[first],
        target=settings.target_s,
        shortest=settings.min_s,
        longest=settings.max_s,
    )


def _spoken_cut(before: str, gap_s: float) -> float:
    if gap_s >= _PAUSE_S:
        return 0.0
    if ends_sentence(before):
        return _AFTER_SENTENCE * (1 - max(0.0, gap_s) / _PAUSE_S)
    return _AFTER_CLAUSE if before.endswith((",", ";", ":")) else _MID_SENTENCE


def _written(cues: Sequence[Cue], tokens: list[int], settings: SegmenterSettings) -> _Stretch:
    sums = [0, *accumulate(tokens)]
    pairs = list(pairwise(cues))
    return _Stretch(
        tokens=tokens,
        joints=[0.0, *(_section_joint(before.heading, cue.heading) for before, cue in pairs)],
        cuts=[0.0, *(_written_cut(before, cue) for before, cue in pairs)],
        length=lambda first, last: sums[last] - sums[first],
        target=settings.target_tokens,
        shortest=settings.min_tokens,
        longest=settings.max_tokens,
    )


def _section_joint(before: tuple[str, ...], after: tuple[str, ...]) -> float:
    """Sections go together only with their siblings and their parent's opening, and only when short."""
    if before == after:
        return 0.0
    common = _common(before, after)
    related = common == min(len(before), len(after)) or len(before) == len(after) == common + 1
    return _ACROSS_SECTIONS if related and common else math.inf


def _written_cut(before: Cue, after: Cue) -> float:
    if before.heading != after.heading:
        return 0.0
    return _BEFORE_EXAMPLE if before.text.endswith(":") else _AFTER_SENTENCE


def _common(first: tuple[str, ...], second: tuple[str, ...]) -> int:
    for depth, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return depth
    return min(len(first), len(second))


_Measure = Callable[[Sequence[Cue], list[int], SegmenterSettings], _Stretch]


def _groups(
    cues: list[Cue], count_tokens: CountTokens, settings: SegmenterSettings, measure: _Measure
) -> list[list[Cue]]:
    """The cues of each segment. Tokens of a joined text can differ from the sum: each text is counted again."""
    if not cues:
        return []
    counts = count_tokens(["", *(cue.text for cue in cues)])
    overhead = counts[0]
    tokens = [max(1, count - overhead) for count in counts[1:]]
    spans = _cut(measure(cues, tokens, settings), settings.max_tokens - overhead)
    done: list[tuple[int, int]] = []
    while spans:
        true_counts = count_tokens([_text(cues[first:last]) for first, last in spans])
        again: list[tuple[int, int]] = []
        for (first, last), count in zip(spans, true_counts, strict=True):
            if count <= settings.max_tokens or last - first == 1:
                done.append((first, last))
                continue
            # Scaled to the true count, the same cues no longer fit together.
            factor = count / max(1, sum(tokens[first:last]))
            scaled = [math.ceil(token * factor) for token in tokens[first:last]]
            pieces = _cut(measure(cues[first:last], scaled, settings), settings.max_tokens)
            again.extend((first + start, first + end) for start, end in pieces)
        spans = again
    return [cues[first:last] for first, last in sorted(done)]


def _cut(stretch: _Stretch, max_tokens: int) -> list[tuple[int, int]]:
    """The cheapest way to cut, as half-open spans; time O(cues times the cues that fit one segment)."""
    count = len(stretch.tokens)
    best = [0.0] + [math.inf] * count
    came_from = [0] * (count + 1)
    for last in range(1, count + 1):
        tokens, joined = 0, 0.0
        for first in range(last - 1, -1, -1):
            tokens += stretch.tokens[first]
            length = stretch.length(first, last)
            if first < last - 1 and (tokens > max_tokens or length > stretch.longest):
                break
            deviation = length / stretch.target - 1
            cost = best[first] + stretch.cuts[first] + joined + deviation * deviation
            if length < stretch.shortest:
                cost += _TOO_SHORT
            if cost < best[last]:
                best[last], came_from[last] = cost, first
            joined += stretch.joints[first]
            if math.isinf(joined):
                break
    spans: list[tuple[int, int]] = []
    last = count
    while last:
        spans.append((came_from[last], last))
        last = came_from[last]
    return spans[::-1]


def _text(cues: Sequence[Cue]) -> str:
    return " ".join(cue.text for cue in cues)


def _drafts(groups: list[list[Cue]], lecture_id: str) -> list[SegmentDraft]:
    drafts: list[SegmentDraft] = []
    for group, following in zip(groups, [*groups[1:], None], strict=False):
        next_start = following[0].start_s if following is not None else None
        ends = [cue.end_s for cue in group if cue.end_s is not None]
        end = max(ends) if ends else None
        if end is not None and next_start is not None:
            end = min(end, next_start)
        first = group[0].heading
        heading = first[: min(_common(first, cue.heading) for cue in group)] or first
        drafts.append(SegmentDraft(lecture_id, group[0].start_s, end, _text(group), tuple(group), heading))
    return drafts
