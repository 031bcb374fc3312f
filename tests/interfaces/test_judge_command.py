"""`monitoria eval judge`: what it prints, where it writes, and how it fails."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.interfaces.test_cli import Result, monitoria
from tests.scripted_server import Script, scripted_server

REPLY = json.dumps({"criteria": "dizer o que é", "supporting_evidence": "diz", "score": 2})


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path, Path]:
    topics, answers = tmp_path / "topics.jsonl", tmp_path / "answers.jsonl"
    asked = [
        {"id": "a", "question": "O que é dropout?", "answerable": True, "reference_answer": "Desligar neurônios."},
        {"id": "b", "question": "Quanto custou a placa?", "answerable": False},
    ]
    given = [
        {"topic_id": "a", "question": asked[0]["question"], "answer": "Desliga neurônios.", "abstained": False},
        {"topic_id": "b", "question": asked[1]["question"], "answer": "As aulas não respondem.", "abstained": True},
    ]
    for path, lines in ((topics, asked), (answers, given)):
        path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return answers, topics, tmp_path / "out"


def judge(files: tuple[Path, Path, Path], *more: object, language: str = "en") -> Result:
    answers, topics, out = files
    return monitoria("eval", "judge", answers, "--topics", topics, "--out", out, *more, language=language)


def test_it_has_help_with_an_example() -> None:
    shown = monitoria("eval", "judge", "--help")
    assert (shown.code, shown.err) == (0, "")
    assert "Example: monitoria eval judge" in shown.out


def test_it_prints_each_kind_with_its_coverage_and_goes_on_where_it_stopped(files: tuple[Path, Path, Path]) -> None:
    script = Script([REPLY])
    with scripted_server(script) as url:
        first = judge(files, "--judge", "openai:x", "--base-url", url)
        again = judge(files, "--judge", "openai:x", "--base-url", url, language="pt")
    assert (first.code, first.err) == (0, "")
    told, ar, reference, grounded = first.out.splitlines()
    assert told.startswith("5 judgements made now by openai:x")
    assert ar.split() == ["ar", "n=2/2", "AR", "0.67", "[0.67,", "0.67]", "C", "0", "P", "2", "I", "0"]
    assert reference.split()[:4] == ["reference", "n=2/2", "mean", "0.83"]
    assert "C 1  P 1  I 0" in reference
    assert "n=1/1" in grounded
    assert "nothing to judge: 1" in grounded
    assert len(script.requests) == 3  # two for relevance, one against the reference; the rest are rules
    assert again.out.startswith("0 julgamentos feitos agora")
    lines = [json.loads(line) for line in (files[2] / "judgements.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["kind"], line["topic_id"]) for line in lines] == [
        ("ar", "a"), ("ar", "b"), ("reference", "a"), ("reference", "b"), ("groundedness", "a"),
    ]  # fmt: skip
    assert json.loads((files[2] / "judging.json").read_text())["judge"] == "openai:x"


def test_only_the_kinds_asked_for(files: tuple[Path, Path, Path]) -> None:
    with scripted_server(Script([REPLY])) as url:
        shown = judge(files, "--kinds", "reference", "--judge", "openai:x", "--base-url", url)
    assert shown.out.splitlines()[1].startswith("reference")
    assert len(shown.out.splitlines()) == 2


def test_a_judge_asked_again_is_compared_with_itself(files: tuple[Path, Path, Path]) -> None:
    scores = iter([3, 0])
    script = Script(reply=lambda _: json.dumps(json.loads(REPLY) | {"score": next(scores)}))
    with scripted_server(script) as url:
        shown = judge(files, "--kinds", "reference", "--judge", "openai:x", "--base-url", url, "--repeat", "2")
    assert shown.out.startswith("4 judgements made now")  # two answers twice, one of each by rule
    assert len(script.requests) == 2
    again = [json.loads(line) for line in (files[2] / "judgements-2.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [(line["topic_id"], line["score"]) for line in again] == [("a", 0), ("b", 3)]
    assert monitoria("eval", "report", files[2]).code == 0
    report = (files[2] / "report.md").read_text(encoding="utf-8")
    assert "× openai:x (reference), 2 " in report


def test_which_score_is_which_verdict_is_the_researchers_to_say(files: tuple[Path, Path, Path]) -> None:
    with scripted_server(Script([REPLY])) as url:
        asked = ("--kinds", "ar", "--judge", "openai:x", "--base-url", url)
        strict = judge(files, *asked)
        lenient = judge(files, *asked, "--correct-from", "2", "--partial-from", "1")
    assert "C 0  P 2  I 0" in strict.out
    assert lenient.out.startswith("0 judgements made now")  # the scores stand; what they mean is another thing
    assert "C 2  P 0  I 0" in lenient.out
    assert json.loads((files[2] / "judging.json").read_text())["verdicts"] == {"C": 2.0, "P": 1.0}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--judge", "none"], "--judge none judges nothing"),
        (["--correct-from", "1"], "the least scores of P and C are P 2, C 1"),
        (["--repeat", "0"], "greater than or equal to 1"),
        (["--kinds", "ar,truth"], "--kinds has 'truth'"),
        (["--kinds", ","], "--kinds has ','"),
        (["--judge", "nobody"], "names no provider"),
        (["--judge", "openai:x", "--base-url", "nowhere"], "'nowhere' will not do"),
    ],
)
def test_wrong_use_is_exit_2(files: tuple[Path, Path, Path], more: list[str], said: str) -> None:
    shown = judge(files, *more)
    assert (shown.code, shown.out) == (2, "")
    assert said in shown.err
    assert len(shown.err.splitlines()) == 1
    assert not files[2].exists()


def test_a_judge_that_is_not_there_is_exit_1(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    with scripted_server(Script()) as url:
        pass
    shown = judge(files, "--judge", "openai:x", "--base-url", url, "--kinds", "ar")
    assert (shown.code, shown.out) == (1, "")
    assert "is not there" in shown.err
    assert "run again to go on" in shown.err
    assert len(shown.err.splitlines()) == 1
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF")
    answers, topics, out = files
    unopened = monitoria(
        "eval", "judge", answers, "--topics", topics, "--out", out, MONITORIA_LLM__MODEL_FILE=str(broken)
    )
    assert (unopened.code, unopened.out) == (1, "")
    assert len(unopened.err.splitlines()) == 1
