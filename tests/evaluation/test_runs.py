"""Runs: written where they were asked to go, and read back with every wrong value named."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from eval.measures import score_run, summarise_run
from eval.runs import read_run, search_topics, write_run
from eval.topics import GoldSpan, Topic
from rag.errors import UsageError
from rag.pipeline import Monitoria

HIT = {"topic_id": "t", "rank": 1, "score": 0.5, "lecture_id": "a", "start_s": 0, "end_s": 9.5, "text": "é"}
RUN = {"t": [HIT]}


def test_a_run_comes_back_as_it_went(course: Monitoria, tmp_path: Path) -> None:
    run = search_topics(course, [Topic("t", "taxa de aprendizado")], k=3)
    write_run(tmp_path / "run.jsonl", run)
    assert read_run(tmp_path / "run.jsonl") == run
    write_run(tmp_path / "run.trec", run)
    assert (tmp_path / "run.trec").read_text().splitlines()[0].split()[:2] == ["t", "Q0"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"start_s": "x"}, "start_s is 'x'"),
        ({"end_s": True}, "end_s is True"),
        ({"end_s": float("nan")}, "end_s is nan"),
        ({"start_s": 10**400}, "start_s is 1000"),
        ({"rank": None}, "rank is None"),
        ({"rank": "1"}, "rank is '1'"),
        ({"rank": 1.5}, "rank is 1.5"),
        ({"rank": True}, "rank is True"),
        ({"rank": 0}, "rank is 0"),
        ({"score": "high"}, "score is 'high'"),
        ({"lecture_id": 3}, "lecture_id is 3"),
        ({"topic_id": None}, "topic_id is None"),
        ({"topic_id": ["t"]}, "topic_id is"),
    ],
)
def test_a_wrong_value_is_named_by_line(tmp_path: Path, wrong: dict[str, Any], said: str) -> None:
    path = tmp_path / "run.jsonl"
    path.write_text(json.dumps(HIT) + "\n\n" + json.dumps(HIT | wrong) + "\n")
    with pytest.raises(UsageError) as caught:
        read_run(path)
    assert f"{path}:3: {said}" in caught.value.en
    assert f"{path}:3: " in caught.value.pt


@pytest.mark.parametrize("content", ['{"topic_id": "t"}', "[1]", "x", "[" * 100_000])
def test_a_line_of_something_else_is_named(tmp_path: Path, content: str) -> None:
    (tmp_path / "run.jsonl").write_text(content)
    with pytest.raises(UsageError, match=r"run\.jsonl:1"):
        read_run(tmp_path / "run.jsonl")


def test_times_may_be_missing_and_so_may_the_score(tmp_path: Path) -> None:
    written = {k: v for k, v in HIT.items() if k != "score"} | {"start_s": None, "end_s": None}
    (tmp_path / "run.jsonl").write_text(json.dumps(written))
    topic = Topic("t", "?", gold=(GoldSpan("a"),))
    assert score_run(read_run(tmp_path / "run.jsonl"), [topic])["t"]["hit@1"] == 1.0


def test_a_run_goes_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "far").mkdir()
    target, link = tmp_path / "far" / "run.jsonl", tmp_path / "run.jsonl"
    target.write_text("old")
    link.symlink_to(target)
    write_run(link, RUN)
    assert link.is_symlink()
    assert read_run(target) == RUN
    assert [path.name for path in (tmp_path / "far").iterdir()] == ["run.jsonl"]


def test_a_run_goes_into_a_pipe(tmp_path: Path) -> None:
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo)
    came: list[str] = []
    reader = threading.Thread(target=lambda: came.append(fifo.read_text(encoding="utf-8")), daemon=True)
    reader.start()
    write_run(fifo, RUN)
    reader.join(timeout=20)
    assert fifo.is_fifo()
    assert json.loads(came[0]) == HIT
    read_end, write_end = os.pipe()
    write_run(Path(f"/dev/fd/{write_end}"), RUN)
    os.close(write_end)
    with os.fdopen(read_end, encoding="utf-8") as stream:
        assert json.loads(stream.read()) == HIT


def test_a_folder_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be written"):
        write_run(tmp_path, RUN)


def test_nothing_to_measure_is_said() -> None:
    with pytest.raises(UsageError, match="none of the 1 topics has gold") as caught:
        summarise_run(RUN, [Topic("t", "?")])
    assert caught.value.exit_code == 2
