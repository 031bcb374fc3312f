"""`monitoria eval retrieval`: what it prints by gold spans and by qrels, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.interfaces.test_cli import monitoria

RUN = {"topic_id": "t", "rank": 1, "score": 0.5, "segment_id": 7, "lecture_id": "a", "start_s": 0, "end_s": 60}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    gold = [{"lecture_id": "a", "start_s": 0, "end_s": 60}]
    asked = [{"id": "t", "question": "?", "gold": gold}, {"id": "u", "question": "?"}]
    (tmp_path / "topics.jsonl").write_text("".join(json.dumps(one) + "\n" for one in asked))
    (tmp_path / "run.jsonl").write_text(json.dumps(RUN) + "\n")
    (tmp_path / "run.trec").write_text("t Q0 7 1 0.5 x\n")
    (tmp_path / "qrels.txt").write_text("t 0 7 1\nt 0 8 2\n")
    return tmp_path


def test_it_prints_measures_with_intervals_and_coverage(files: Path) -> None:
    shown = monitoria("eval", "retrieval", files / "run.jsonl", "--topics", files / "topics.jsonl")
    assert (shown.code, shown.err) == (0, "")
    lines = [line.split() for line in shown.out.splitlines()]
    assert ["recall@10", "1.000", "[1.000,", "1.000]", "n=1/2"] in lines
    assert {"hit@5", "MRR@10", "nDCG@10", "MAP"} <= {line[0] for line in lines}


def test_by_qrels_it_reads_trec_runs_and_needs_no_topics(files: Path) -> None:
    shown = monitoria("eval", "retrieval", files / "run.trec", "--qrels", files / "qrels.txt", "--json")
    assert (shown.code, shown.err) == (0, "")
    measures = json.loads(shown.out)
    assert measures["recall@10"] == {"value": 0.5, "low": 0.5, "high": 0.5, "n": 1, "n_topics": 1}
    assert measures["nDCG@10"]["value"] == pytest.approx(1 / (2 + 1 / 1.584962500721156))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run.jsonl"], "give --topics with gold, or --qrels"),
        (["run.trec", "--topics", "topics.jsonl"], "measure with --qrels"),
        (["run.trec", "--qrels", "run.trec"], "run.trec:1: has 6 columns and not 4"),
    ],
)
def test_wrong_use_is_exit_2_and_one_sentence(files: Path, arguments: list[str], said: str) -> None:
    given = [str(files / one) if "." in one else one for one in arguments]
    shown = monitoria("eval", "retrieval", *given)
    assert (shown.code, shown.out) == (2, "")
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
