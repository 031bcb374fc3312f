"""The hand-made follow-ups: half of them are none, and what they ask lies in the sample course."""

from __future__ import annotations

import json
from pathlib import Path

from rag.pipeline import Monitoria

ITEMS = [json.loads(line) for line in (Path(__file__).parent / "followups.jsonl").read_text("utf-8").splitlines()]


def test_there_are_forty_and_half_stand_alone() -> None:
    assert len({item["id"] for item in ITEMS}) == 40
    assert sum(item["follow_up"] for item in ITEMS) == 20
    assert all(bool(item["must"]) == item["follow_up"] for item in ITEMS)


def test_what_a_follow_up_must_be_given_is_said_before_and_not_in_it() -> None:
    for item in ITEMS:
        before = " ".join(f"{turn['question']} {turn['answer']}" for turn in item["history"]).lower()
        for word in item["must"]:
            assert word in before
            assert word not in item["question"].lower()


def test_gold_lies_within_its_lecture(course: Monitoria) -> None:
    ends = {}
    for segment in course.index.table.ids:
        found = course.index.segment(course.index.table.row_of(int(segment)))
        ends[found.lecture_id] = max(ends.get(found.lecture_id, 0.0), found.end_s or 0.0)
    for item in ITEMS:
        for gold in item["gold"]:
            assert 0 <= gold["start_s"] < gold["end_s"] <= ends[gold["lecture_id"]] + 1
