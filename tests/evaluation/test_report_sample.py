"""The report of the sample course's recorded answers, compared byte for byte with the golden copy (`make golden`)."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

import pytest

from corpus.language import set_interface_language
from eval.annotations import latest, read_annotations
from eval.answers import read_answers
from eval.grading import answer_sha256
from eval.report.comparison import compare_runs
from eval.report.files import write_report
from eval.report.gathered import gather
from eval.topics import read_topics

RECORDED = Path(__file__).parents[2] / "corpus" / "recorded"
GOLDEN = Path(__file__).parent / "golden"
RUNS = ("default", "naive")


@pytest.fixture(scope="module")
def reports(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reports")
    for language in ("pt", "en"):
        set_interface_language(language)
        (folder / language).mkdir()
        write_report(folder / language, gather(RECORDED / "default"))
    set_interface_language("en")
    if os.environ.get("MONITORIA_GOLDEN"):
        GOLDEN.mkdir(exist_ok=True)
        (GOLDEN / "report.pt.md").write_bytes((folder / "pt" / "report.md").read_bytes())
        (GOLDEN / "results.csv").write_bytes((folder / "pt" / "results.csv").read_bytes())
    return folder


def test_the_report_is_the_golden_copy_byte_for_byte(reports: Path) -> None:
    for made, golden in (("report.md", "report.pt.md"), ("results.csv", "results.csv")):
        assert (reports / "pt" / made).read_bytes() == (GOLDEN / golden).read_bytes(), f"{golden}: see `make golden`"


def test_the_same_records_give_the_same_files_and_no_clock_is_in_them(reports: Path, tmp_path: Path) -> None:
    set_interface_language("en")
    time.sleep(1.1)
    for path in write_report(tmp_path, gather(RECORDED / "default")):
        assert path.read_bytes() == (reports / "en" / path.name).read_bytes(), path.name


def test_the_recorded_answers_are_of_these_topics_and_all_were_judged() -> None:
    topics = {topic.topic_id for topic in read_topics(RECORDED / "topics.jsonl")}
    assert len(topics) == 24
    for run in RUNS:
        gathered = gather(RECORDED / run)
        assert {entry.topic.topic_id for entry in gathered.entries if entry.record} == topics
        assert gathered.stale == 0
        for kind in ("ar", "reference", "groundedness"):
            judged = [entry.judgements[kind] for entry in gathered.entries if kind in entry.judgements]
            assert judged, kind
            assert all((one.score is None) == (one.error is not None) for one in judged)


@pytest.mark.parametrize("run", RUNS)
def test_two_annotators_read_every_answer_and_say_what_they_are(run: str) -> None:
    keys = {answer_sha256(one.record) for one in read_answers(RECORDED / run / "answers.jsonl").recorded}
    annotations = read_annotations(RECORDED / run / "annotations.jsonl")
    assert {one.annotator_kind for one in annotations} == {"program"}
    said = latest(annotations)
    assert len(said) == 2
    assert all(set(mine) == keys for mine in said.values())


def test_all_three_verdicts_occur() -> None:
    for reader in range(2):
        verdicts = set()
        for run in RUNS:
            said = latest(read_annotations(RECORDED / run / "annotations.jsonl"))
            verdicts |= {one.verdict for one in said[sorted(said)[reader]].values()}
        assert verdicts == {"C", "P", "I"}


def test_the_two_settings_compared() -> None:
    found = {one.measure: one for one in compare_runs(RECORDED / "naive", RECORDED / "default")}
    assert found
    assert all(one.n <= 24 and 0 < one.p <= 1 for one in found.values())


def test_nothing_recorded_names_a_place_on_a_machine() -> None:
    for path in RECORDED.rglob("*"):
        if path.is_file():
            text = path.read_text(encoding="utf-8")
            assert "/tmp/" not in text
            assert "/home/" not in text
            assert "/work/" not in text
    for run in RUNS:
        manifest = json.loads((RECORDED / run / "judging.json").read_text(encoding="utf-8"))
        assert manifest["topics"]["path"] == "../topics.jsonl"
