"""What a run is asked to be: kept, read again, refused where it means nothing, done as the command line does it."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eval.judging.judgements import VerdictRule
from eval.judging.recorded import read_judgements
from eval.judging.rubrics import rubric_hashes
from eval.judging.weighing import marking_hashes
from interfaces.history.records import Person
from interfaces.service import evaluating
from interfaces.service.desk import Desk
from interfaces.service.plans import Plan, folder_of, read_plan
from rag.errors import UsageError
from rag.models import resolve_llm
from tests.interfaces.service.evaluated import PLAN, judged_by_length, run_of, sample_questions, until
from tests.interfaces.test_cli import monitoria
from tests.scripted_server import Script


def test_a_plan_is_read_as_it_was_written_and_a_broken_one_is_refused(desk: Desk, identity: str, rita: Person) -> None:
    run = run_of(desk, rita, identity, 1)
    folder = folder_of(desk.settings, run)
    assert read_plan(folder) == replace(PLAN, name="topics.jsonl", language="en")
    (folder / "run.json").write_text('{"name": "x", "what": 1}', encoding="utf-8")
    assert evaluating.evaluation(desk, rita, run.run_id).plan is None
    with pytest.raises(UsageError, match="start another"):
        read_plan(folder)


def test_a_plan_of_an_older_version_is_what_it_was(desk: Desk, identity: str, rita: Person) -> None:
    folder = folder_of(desk.settings, run_of(desk, rita, identity, 1))
    older = {"name": "perguntas.csv", "kinds": ["ar"], "judge": "embedded", "judge_at_server": False, "llm": "none",
             "language": "pt", "annotators": []}  # fmt: skip
    (folder / "run.json").write_text(json.dumps(older), encoding="utf-8")
    plan = read_plan(folder)
    assert (plan.repeat, plan.rule, plan.reasoned) == (1, VerdictRule(), False)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"repeat": 0}, "would be asked 0 times; choose 1 to 10"),
        ({"repeat": 11}, "would be asked 11 times"),
        ({"correct_from": 1}, "the least scores of P and C are P 2, C 1"),
        ({"partial_from": 0}, "they must rise"),
    ],
)
def test_options_that_mean_nothing_are_refused_before_anything_is_kept(
    desk: Desk, identity: str, rita: Person, wrong: dict[str, float], said: str
) -> None:
    with pytest.raises(UsageError, match=said):
        evaluating.start(desk, rita, identity, sample_questions(desk, rita), replace(PLAN, **wrong))
    assert evaluating.evaluations(desk, rita, identity) == []
    assert not (desk.settings.app.folder / "runs").exists()


def test_a_judge_asked_several_times_under_a_rule_of_ones_own_is_as_on_the_command_line(
    desk: Desk, identity: str, rita: Person, script: Script, tmp_path: Path
) -> None:
    plan = replace(PLAN, repeat=2, correct_from=2, partial_from=1)
    run = run_of(desk, rita, identity, 4, plan)
    folder = folder_of(desk.settings, run)
    n = len(script.requests)
    url = desk.settings.llm.base_url
    judged = monitoria(
        "eval", "judge", folder / "answers.jsonl", "--topics", folder / "topics.jsonl", "--out", tmp_path,
        "--kinds", "ar,reference", "--judge", "openai:judge", "--base-url", url,
        "--repeat", 2, "--correct-from", 2, "--partial-from", 1,
    )  # fmt: skip
    assert (judged.code, judged.err) == (0, "")
    assert len(script.requests) == 2 * n
    for name in ("judgements.jsonl", "judgements-2.jsonl"):
        ours, theirs = (list(read_judgements(place / name)) for place in (folder, tmp_path))
        assert ours == theirs
        assert len(ours) == 8
    ours, theirs = (json.loads((place / "judging.json").read_text()) for place in (folder, tmp_path))
    assert ours["verdicts"] == theirs["verdicts"] == {"C": 2, "P": 1}
    twos = [one for one in read_judgements(folder / "judgements.jsonl") if one.score == 2 and one.judge != "rule"]
    assert {one.verdict for one in twos} == {"C"}


def test_a_run_stopped_in_the_second_time_goes_on_there(
    desk: Desk, identity: str, rita: Person, script: Script
) -> None:
    once = run_of(desk, rita, identity, 3)
    first = len(script.requests)
    second_time = 2 * first

    def reply(asked: dict[str, Any]) -> str:
        if len(script.requests) > second_time:
            script.stop.wait(20)
        return judged_by_length(asked)

    script.reply = reply
    questions = evaluating.questions_from_run(desk, rita, once.run_id)
    run = evaluating.start(desk, rita, identity, questions, replace(PLAN, repeat=2))
    until(lambda: len(script.requests) > second_time)
    progress = desk.evaluations.progress(run.run_id)
    assert progress is not None
    assert progress.of == 12
    assert progress.done >= 6
    evaluating.cancel(desk, rita, run.run_id)
    assert desk.evaluations.wait(run.run_id, 5)
    folder = folder_of(desk.settings, run)
    first_time = (folder / "judgements.jsonl").read_bytes()
    asked_before = len(script.requests)
    script.reply = judged_by_length
    evaluating.resume(desk, rita, run.run_id)
    assert desk.evaluations.wait(run.run_id, 30)
    # Nothing of the first time is asked again; on a busy machine one of the second may be, where a reply was slow.
    assert 0 < len(script.requests) - asked_before < 2 * first
    assert (folder / "judgements.jsonl").read_bytes() == first_time
    assert len(read_judgements(folder / "judgements-2.jsonl")) == 6


@pytest.mark.parametrize("reasoned", [False, True])
def test_the_embedded_judge_is_weighed_unless_it_is_to_write_reasons(
    desk: Desk, identity: str, rita: Person, reasoned: bool
) -> None:
    own = {"spec": "embedded", "base_url": None, "model_file": resolve_llm("smollm2-135m")}
    local = replace(desk, settings=desk.settings.model_copy(update={"llm": desk.settings.llm.model_copy(update=own)}))
    plan = Plan("", kinds=("reference",), judge="embedded", llm="none", reasoned=reasoned)
    # Of a question that the lectures do not answer a rule decides: the judge is opened, and nothing is waited for.
    question = {"id": "a", "question": "Quanto custou a placa?", "answerable": False}
    asked = evaluating.questions_from_upload(local, rita, "a.jsonl", json.dumps(question).encode())
    run = evaluating.start(local, rita, identity, asked, plan)
    assert local.evaluations.wait(run.run_id, 120)
    folder = folder_of(local.settings, run)
    assert [one.verdict is not None for one in read_judgements(folder / "judgements.jsonl")] == [True]
    rubrics = json.loads((folder / "judging.json").read_text())["rubrics"]
    assert rubrics == rubric_hashes() | ({} if reasoned else marking_hashes())
