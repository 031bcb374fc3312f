"""ragas over a file of answers: kept at once, resumed after a kill, means with their coverage; the command."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from eval.answers import read_answers
from eval.ragas.recorded import Scoring, read_scores, score_answers, summarise, write_manifest
from eval.ragas.scorer import Scorer
from eval.ragas.scores import Metric
from eval.topics import Topic
from interfaces.ragas_command import eval_ragas
from rag.errors import GenerationFailed, UsageError
from tests.conftest import ROOT
from tests.evaluation.scripted_ragas import TOPICS, answer, ragas_python, replying, scorer, shown_to, write_answers
from tests.scripted_server import Script, scripted_server

ASKED = [Topic(f"t{n}", f"O que é a camada {n} da rede?", True, f"É a camada {n}.") for n in range(6)]


def answers_file(folder: Path, topics: Sequence[Topic] = ASKED) -> Path:
    return write_answers(folder, [answer(topic, text=f"É a {topic.topic_id}.") for topic in topics])


def measured(
    by: Scorer, answers: Path, path: Path, metrics: Sequence[Metric] = ("answer_accuracy",), topics: Any = ASKED
) -> Scoring:
    return score_answers(by, read_answers(answers), topics, path, metrics=metrics)


def rating(**by_topic: Any) -> Any:
    """What is said of each topic's accuracy; 4 where nothing else is."""

    def rate(asked: Mapping[str, Any]) -> Any:
        text = shown_to(asked)
        return next((said for topic, said in by_topic.items() if f"É a {topic}." in text), {"rating": 4})

    return rate


def test_means_are_right_with_their_coverage_and_nothing_is_asked_twice(tmp_path: Path) -> None:
    answers, path = answers_file(tmp_path), tmp_path / "out" / "ragas.jsonl"
    said = rating(t0={"rating": 0}, t1={"rating": 2}, t2="não sei", t3={"rating": 9})
    script, seen = Script(reply=replying(rating=said)), []
    with scripted_server(script) as url:
        first = score_answers(
            scorer(url), read_answers(answers), ASKED, path,
            metrics=("context_recall", "answer_accuracy"), report=lambda done, of: seen.append((done, of)),
        )  # fmt: skip
        n_requests = len(script.requests)
        second = measured(scorer(url), answers, path, ("context_recall", "answer_accuracy"))
    accuracy = summarise(first.scores, "answer_accuracy")
    # 0, ½, 1 and 1; what could not be read is neither 0 nor gone.
    assert (accuracy.mean.value, accuracy.mean.n, accuracy.mean.n_topics) == (pytest.approx(2.5 / 4), 4, 6)
    assert accuracy.missing == {"unreadable": 2}
    recall = summarise(first.scores, "context_recall")
    assert (recall.mean.value, recall.mean.n, recall.missing) == (0.5, 6, {})
    assert [(one.metric, one.topic_id) for one in first.scores] == [
        (metric, topic.topic_id) for metric in ("context_recall", "answer_accuracy") for topic in ASKED
    ]
    assert (seen[0], seen[-1]) == ((0, 12), (12, 12))
    assert (first.asked, second.asked, second.scores) == (12, 0, first.scores)
    assert len(script.requests) == n_requests
    assert read_scores(path) == list(first.scores)


def test_what_was_not_heard_is_asked_again_and_other_models_scores_stay(tmp_path: Path) -> None:
    answers, path = answers_file(tmp_path, ASKED[:1]), tmp_path / "ragas.jsonl"
    with (
        scripted_server(Script(status=401)) as refusing,
        scripted_server(Script(reply=replying())) as url,
    ):
        assert [one.cause for one in measured(scorer(refusing), answers, path, topics=ASKED[:1]).scores] == ["refused"]
        mine = measured(scorer(url), answers, path, topics=ASKED[:1])
        measured(scorer(url, spec="openai:another"), answers, path, topics=ASKED[:1])
    assert [one.score for one in mine.scores] == [1.0]
    assert [(one.llm, one.score) for one in read_scores(path)] == [("openai:another", 1.0), ("openai:x", 1.0)]


def test_nothing_to_measure_is_counted_and_no_ragas_is_needed_for_it(tmp_path: Path) -> None:
    answers = write_answers(tmp_path, [answer(TOPICS[0], n_hits=0), answer(TOPICS[2])])
    by = scorer("http://127.0.0.1:9/v1", tmp_path / "no-python")
    scoring = measured(by, answers, tmp_path / "ragas.jsonl", ("context_recall",), TOPICS)
    found = summarise(scoring.scores, "context_recall", skipped=scoring.skipped["context_recall"])
    assert (found.mean.n, found.mean.n_topics, found.missing, found.skipped) == (0, 1, {"nothing_given": 1}, 1)


def test_a_model_that_stays_away_ends_the_run(tmp_path: Path) -> None:
    answers, path = answers_file(tmp_path), tmp_path / "ragas.jsonl"
    script = Script(status=503)
    with scripted_server(script) as url, pytest.raises(GenerationFailed, match=r"is not there.*run again to go on"):
        measured(scorer(url, at_once=1, tries=1), answers, path)
    assert [one.cause for one in read_scores(path)] == ["unreachable"] * 5
    with scripted_server(Script(reply=replying())) as url:
        assert [one.score for one in measured(scorer(url), answers, path).scores] == [1.0] * 6


@pytest.mark.parametrize("content", ['{"topic_id": "t0", "kind": "ar"}\n', "notes of mine\n", "[]\n"])
def test_a_file_of_something_else_is_left_as_it_was(tmp_path: Path, content: str) -> None:
    path = tmp_path / "ragas.jsonl"
    path.write_text(content)
    by = scorer("http://127.0.0.1:9/v1", tmp_path / "no-python")
    with pytest.raises(UsageError, match=r"ragas\.jsonl:1: is no score of ragas"):
        measured(by, answers_file(tmp_path), path)
    assert path.read_text() == content
    with pytest.raises(UsageError, match="answers 't0', which the topics file does not ask so"):
        measured(by, answers_file(tmp_path), path, topics=ASKED[1:])


_KILLED = textwrap.dedent(
    """
    import sys
    from pathlib import Path
    from tests.evaluation.scripted_ragas import scorer
    from tests.evaluation.test_ragas_recorded import measured

    measured(scorer(sys.argv[1], at_once=1), Path(sys.argv[2]), Path(sys.argv[3]))
    """
)


def test_killed_and_resumed(tmp_path: Path) -> None:
    """No score is lost, only the one under way is asked again, and ragas does not outlive the run."""
    ragas_python()
    answers, path = answers_file(tmp_path), tmp_path / "ragas.jsonl"

    def slowly(_: Mapping[str, Any]) -> dict[str, int]:
        time.sleep(0.25)
        return {"rating": 2}

    script = Script(reply=replying(rating=slowly))
    with scripted_server(script) as url:
        command = [sys.executable, "-c", _KILLED, url, str(answers), str(path)]
        process = subprocess.Popen(command, cwd=ROOT)
        deadline = time.monotonic() + 120
        while (not path.exists() or path.read_bytes().count(b"\n") < 3) and time.monotonic() < deadline:
            assert process.poll() is None
            time.sleep(0.02)
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        ragas = [Path("/proc") / pid for pid in children.read_text().split()] if children.exists() else []
        process.send_signal(signal.SIGKILL)
        process.wait()
        with path.open("ab") as stream:
            stream.write(b'{"topic_id": "t4", "met')
        before = read_scores(path)
        assert len(before) >= 3
        subprocess.run(command, cwd=ROOT, check=True)
    after = read_scores(path)
    assert [one.topic_id for one in after] == [topic.topic_id for topic in ASKED]
    assert after[: len(before)] == before
    assert {one.score for one in after} == {0.5}
    # Two judges an answer, and at most both of the one under way again.
    assert 2 * len(ASKED) <= len(script.requests) <= 2 * len(ASKED) + 2
    assert not any(folder.exists() and b"worker.py" in (folder / "cmdline").read_bytes() for folder in ragas)


def test_the_manifest_says_who_measured_what(tmp_path: Path) -> None:
    answers, topics = answers_file(tmp_path), tmp_path / "topics.jsonl"
    topics.write_text('{"id": "t0", "question": "?"}\n')
    (tmp_path / "out").mkdir()
    write_manifest(tmp_path / "out", scorer("http://127.0.0.1:9/v1", tmp_path), answers, topics)
    record = json.loads((tmp_path / "out" / "ragas.json").read_text())
    assert (record["ragas"], record["llm"], record["answers"]["path"]) == ("0.4.3", "openai:x", "../answers.jsonl")
    assert len(record["prompts"]) == 5


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Any:
    """``monitoria eval ragas`` of a file of answers to `TOPICS`."""
    monkeypatch.setenv("MONITORIA_ENCODER__SOURCE", "carried")
    monkeypatch.setenv("MONITORIA_ENCODER__RUNTIME", "onnx-int8")
    topics = tmp_path / "topics.jsonl"
    asked = [{"id": t.topic_id, "question": t.question, "reference_answer": t.reference_answer} for t in TOPICS]
    topics.write_text("".join(json.dumps(one) + "\n" for one in asked), encoding="utf-8")
    answers = write_answers(tmp_path, [answer(topic) for topic in TOPICS])
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(eval_ragas)

    def call(*more: object) -> Any:
        arguments = [answers, "--topics", topics, "--out", tmp_path / "out", *more]
        return CliRunner().invoke(app, [str(one) for one in arguments])

    return call


def test_the_command_prints_each_metric_with_its_coverage(command: Any, tmp_path: Path) -> None:
    environment = ragas_python().parents[1]
    script = Script(reply=replying(usefulness="?"))
    with scripted_server(script) as url:
        options = ("--llm", "openai:x", "--base-url", url, "--environment", environment)
        shown = command(*options)
        again = command("--metrics", "faithfulness", *options)
    assert (shown.exit_code, shown.exception) == (0, None)
    told, *lines = shown.output.splitlines()
    # Three answers by two metrics, and the two with a reference by three.
    assert told.startswith("12 scores made now by ragas 0.4.3 with openai:x")
    assert [line.split()[:2] for line in lines] == [
        ["faithfulness", "n=3/3"], ["answer_relevancy", "n=3/3"], ["context_precision", "n=0/2"],
        ["context_recall", "n=2/2"], ["answer_accuracy", "n=2/2"],
    ]  # fmt: skip
    assert "0.67 [0.67, 0.67]" in lines[0]
    assert lines[2].endswith("missing: unreadable 2  nothing to measure: 1")
    assert again.output.startswith("0 scores made now")
    record = json.loads((tmp_path / "out" / "ragas.json").read_text(encoding="utf-8"))
    assert record["encoder"].endswith("onnx-int8")


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (("--metrics", "bleu"), "--metrics has 'bleu'; use one or more of faithfulness"),
        (("--metrics", ","), "--metrics has ','"),
        (("--environment", "nowhere", "--llm", "openai:x"), "make it with: make ragas"),
        (("--environment", "{here}", "--llm", "none"), "--llm none measures nothing"),
    ],
)
def test_wrong_use_is_told_plainly(command: Any, tmp_path: Path, more: Sequence[str], told: str) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    shown = command(*(str(tmp_path) if one == "{here}" else one for one in more))
    assert isinstance(shown.exception, UsageError)
    assert told in str(shown.exception)
    assert not (tmp_path / "out").exists()
