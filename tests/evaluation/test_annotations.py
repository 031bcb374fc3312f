"""Annotations: written and read back, several annotators, second thoughts, an order that gives nothing away."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.annotations import Annotation, blind_order, consensus, latest, read_annotations, write_annotations
from rag.errors import UsageError

ANA = Annotation("q1", "a" * 64, "ana", "person", "C", 3.0, "2026-11-25T10:00:00Z", 'certa; diz "sete"\nda manhã')
BIA = Annotation("q1", "a" * 64, "bia", "person", "I")
BOT = Annotation("q1", "a" * 64, "bot", "program", "P", 2.0)


@pytest.mark.parametrize("name", ["notas.csv", "notas.jsonl"])
def test_what_is_written_is_read_back(tmp_path: Path, name: str) -> None:
    write_annotations(tmp_path / name, [ANA, BIA, BOT])
    assert read_annotations(tmp_path / name) == [ANA, BIA, BOT]


@pytest.mark.parametrize("name", ["notas.csv", "notas.jsonl"])
def test_only_what_is_not_blind_says_so(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write_annotations(path, [ANA, BIA])
    assert "blind" not in path.read_text(encoding="utf-8")
    mixed = [ANA, replace(BIA, blind=False)]
    write_annotations(path, mixed)
    assert read_annotations(path) == mixed
    assert path.read_text(encoding="utf-8").lower().count("false") == 1


@pytest.mark.parametrize(
    ("written", "blind"),
    [("false", False), ("FALSE", False), ("Falso", False), ("não", False), ("0", False),
     ("true", True), ("", True), ("às escuras", True)],
)  # fmt: skip
def test_a_column_called_blind_that_means_something_else_hinders_nobody(
    tmp_path: Path, written: str, blind: bool
) -> None:
    path = tmp_path / "notas.csv"
    head = "topic_id,answer_sha256,annotator,annotator_kind,verdict,blind"
    path.write_text(f"{head}\n1,abc,ana,person,C,{written}\n", encoding="utf-8")
    assert read_annotations(path) == [Annotation("1", "abc", "ana", "person", "C", blind=blind)]


TEXTS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=20)


@given(st.lists(st.builds(replace, st.sampled_from([ANA, BIA, BOT]), note=TEXTS), max_size=6))
def test_no_note_breaks_a_line(tmp_path_factory: pytest.TempPathFactory, annotations: list[Annotation]) -> None:
    folder = tmp_path_factory.mktemp("notes")
    for name in ("a.csv", "a.jsonl"):
        write_annotations(folder / name, annotations)
        assert read_annotations(folder / name) == annotations


def test_a_spreadsheets_semicolons_and_small_letters_are_read(tmp_path: Path) -> None:
    path = tmp_path / "notas.csv"
    path.write_text(
        "\ufefftopic_id;answer_sha256;annotator;annotator_kind;verdict;score\n1;abc;ana;Person;c;\n", "utf-8"
    )
    assert read_annotations(path) == [Annotation("1", "abc", "ana", "person", "C")]


def test_the_later_word_counts() -> None:
    again = replace(ANA, verdict="P", at="2026-11-25T08:00:00-03:00")
    assert latest([again, ANA, BIA]) == {"ana": {ANA.answer_sha256: again}, "bia": {BIA.answer_sha256: BIA}}
    assert latest([BIA, replace(BIA, verdict="P")])["bia"][BIA.answer_sha256].verdict == "P"


def test_people_and_programs_are_kept_apart_and_the_middle_verdict_counts() -> None:
    assert consensus([ANA, BIA, BOT]) == {ANA.answer_sha256: "I"}
    assert consensus([ANA, BIA, replace(ANA, annotator="eva")]) == {ANA.answer_sha256: "C"}
    assert consensus([ANA, BIA, BOT], "program") == {BOT.answer_sha256: "P"}
    assert consensus([BOT]) == {}


def test_each_annotator_has_an_order_of_her_own_that_stays() -> None:
    answers = [f"{n:064x}" for n in range(30)]
    ana, bia = blind_order(answers, "ana"), blind_order(answers, "bia")
    assert sorted(ana) == sorted(bia) == answers
    assert ana != bia != answers
    assert blind_order(list(reversed(answers)), "ana") == ana


@pytest.mark.parametrize(
    ("changed", "fault"),
    [
        ({"annotator_kind": "robot"}, "robot"),
        ({"verdict": "B"}, "'B'"),
        ({"answer_sha256": None}, "answer_sha256"),
        ({"annotator": " "}, "annotator"),
        ({"score": 7}, "0 to 3"),
        ({"score": "NaN"}, "0 to 3"),
        ({"at": "ontem"}, "ISO 8601"),
    ],
)
def test_a_line_that_is_no_annotation_is_named(tmp_path: Path, changed: dict[str, object], fault: str) -> None:
    path = tmp_path / "notas.jsonl"
    path.write_text("\n" + json.dumps(asdict(ANA) | changed) + "\n", encoding="utf-8")
    with pytest.raises(UsageError, match=fault) as caught:
        read_annotations(path)
    assert f"{path}:2" in str(caught.value)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    for name in ("x.csv", "x.jsonl"):
        with pytest.raises(UsageError, match="could not be read"):
            read_annotations(tmp_path / name)
