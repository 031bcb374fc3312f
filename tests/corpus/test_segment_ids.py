"""Ids stay while content stays, whatever comes and goes around it."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus import segment_ids
from corpus.records import Cue
from corpus.segmenter import SegmentDraft, assign_ids, segment_keys


def draft(lecture_id: str, text: str, start_s: float | None = None) -> SegmentDraft:
    end_s = None if start_s is None else start_s + 100
    return SegmentDraft(lecture_id, start_s, end_s, text, (Cue(text, start_s, end_s),))


DRAFTS = st.lists(
    st.builds(draft, st.sampled_from("abc"), st.sampled_from(["um", "dois"]), st.sampled_from([None, 0.0, 120.0])),
    max_size=30,
)


def test_an_id_by_hand() -> None:
    """The first 31 bits of the sha256 of a JSON list; pinned, so that no release changes ids unawares."""
    content = '["aula-03", 1500, 101500, "O que \\u00e9 dropout?"]'
    by_hand = int(hashlib.sha256(content.encode()).hexdigest()[:8], 16) >> 1
    [segment] = assign_ids([draft("aula-03", "O que é dropout?", 1.5)])
    assert segment.segment_id == by_hand == 855_477_329


@given(DRAFTS)
def test_ids_are_distinct_positive_and_repeatable(drafts: list[SegmentDraft]) -> None:
    segments = assign_ids(drafts)
    ids = [segment.segment_id for segment in segments]
    assert len(set(ids)) == len(drafts)
    assert all(0 < segment_id < 2**31 for segment_id in ids)
    assert assign_ids(drafts) == segments
    assert [(s.lecture_id, s.start_s, s.end_s, s.text, s.cues) for s in segments] == [
        (d.lecture_id, d.start_s, d.end_s, d.text, d.cues) for d in drafts
    ]


@given(DRAFTS, DRAFTS)
def test_other_lectures_change_no_id(ours: list[SegmentDraft], others: list[SegmentDraft]) -> None:
    ours = [draft("nossa", d.text, d.start_s) for d in ours]
    alone = assign_ids(ours)
    assert assign_ids([*others, *ours])[len(others) :] == alone
    known = dict(zip([s.segment_id for s in assign_ids(others)], segment_keys(others), strict=True))
    assert assign_ids(ours, known) == alone


def test_the_same_paragraph_twice_has_two_ids() -> None:
    first, second, third = assign_ids([draft("a", "igual"), draft("a", "outro"), draft("a", "igual")])
    assert len({first.segment_id, second.segment_id, third.segment_id}) == 3


def test_what_changes_an_id() -> None:
    texts = [("a", "um", 0.0), ("b", "um", 0.0), ("a", "um", 0.001), ("a", "um.", 0.0), ("a", "um", None)]
    assert len({key for content in texts for key in segment_keys([draft(*content)])}) == 5
    assert segment_keys([draft("a", "um", 0.0)]) == segment_keys([draft("a", "um", 0.0004)])


class TestCollisions:
    """With ids of four bits, collisions are certain."""

    @pytest.fixture(autouse=True)
    def _few_ids(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(segment_ids, "ID_BITS", 4)

    def test_all_fifteen_ids_are_found_in_any_order(self) -> None:
        drafts = [draft("a", f"texto {n}", float(n)) for n in range(15)]
        ids = {s.text: s.segment_id for s in assign_ids(drafts)}
        assert sorted(ids.values()) == list(range(1, 16))
        assert {s.text: s.segment_id for s in assign_ids(drafts[::-1])} == ids

    def test_a_known_id_stays_when_its_rival_goes(self) -> None:
        drafts = [draft("a", f"texto {n}", float(n)) for n in range(12)]
        segments = assign_ids(drafts)
        known = dict(zip([s.segment_id for s in segments], segment_keys(segments), strict=True))
        for gone in range(12):
            left = drafts[:gone] + drafts[gone + 1 :]
            assert assign_ids(left, known) == segments[:gone] + segments[gone + 1 :]

    def test_a_newcomer_takes_no_known_id(self) -> None:
        known = {n: f"{n:064x}" for n in range(1, 15)}
        assert assign_ids([draft("a", "novo")], known)[0].segment_id == 15
