"""Annotating blind: an order of one's own, nothing of what others say, and κ only at the end."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict

import pytest

from eval.annotations import Annotation, read_annotations, write_annotations
from eval.grading import Verdict
from interfaces.access import AccessDenied
from interfaces.history.annotating import annotations_of
from interfaces.history.people import ensure_person
from interfaces.history.records import EvaluationRun, Person
from interfaces.service import annotating, reporting, sifting
from interfaces.service.account import delete_all
from interfaces.service.annotating import StillAnnotating
from interfaces.service.desk import Desk
from interfaces.service.plans import folder_of
from rag.errors import UsageError


@pytest.fixture
def olga(desk: Desk) -> Person:
    return ensure_person(desk.history, "olga@example.org", "Olga", ["researcher"])


def say_of_all(desk: Desk, person: Person, run_id: str, verdicts: str) -> list[str]:
    """Annotate whatever comes next until nothing does; the order in which it came."""
    order = []
    while (item := annotating.annotating(desk, person, run_id).item) is not None:
        verdict: Verdict = verdicts[len(order) % len(verdicts)]  # type: ignore[assignment]
        annotating.annotate(desk, person, run_id, item.answer_sha256, verdict)
        order.append(item.answer_sha256)
    return order


def test_each_annotator_has_an_order_of_her_own_and_goes_on_where_she_left(
    desk: Desk, run: EvaluationRun, rita: Person, olga: Person
) -> None:
    first = annotating.annotating(desk, rita, run.run_id).item
    assert first is not None
    annotating.annotate(desk, rita, run.run_id, first.answer_sha256, "C", "  boa \n resposta ")
    standing = annotating.annotating(desk, rita, run.run_id)
    assert (standing.done, standing.of) == (1, 8)
    assert standing.item != first
    assert standing.last is not None
    assert standing.last.note == "boa resposta"
    hers = [first.answer_sha256, *say_of_all(desk, rita, run.run_id, "CPI")]
    others = say_of_all(desk, olga, run.run_id, "CPI")
    assert sorted(hers) == sorted(others)
    assert hers != others


def test_an_item_tells_nothing_of_what_anybody_says(desk: Desk, run: EvaluationRun, rita: Person, olga: Person) -> None:
    say_of_all(desk, olga, run.run_id, "I")
    item = annotating.annotating(desk, rita, run.run_id).item
    assert item is not None
    assert set(asdict(item)) == {
        "answer_sha256", "topic_id", "question", "reference_answer", "answerable", "answer", "abstained", "references",
    }  # fmt: skip
    assert "olga" not in str(item)


def test_what_is_skipped_comes_again_at_the_end(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    skipped: list[str] = []
    for _ in range(8):
        item = annotating.annotating(desk, rita, run.run_id, skipped).item
        assert item is not None
        assert item.answer_sha256 not in skipped
        skipped.append(item.answer_sha256)
    last = annotating.annotating(desk, rita, run.run_id, skipped).item
    assert last is not None
    assert last.answer_sha256 == skipped[0]


def test_the_last_word_is_taken_back_and_its_answer_comes_next(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    assert annotating.undo(desk, rita, run.run_id) is None
    item = annotating.annotating(desk, rita, run.run_id).item
    assert item is not None
    annotating.annotate(desk, rita, run.run_id, item.answer_sha256, "I")
    assert annotating.undo(desk, rita, run.run_id) == item.answer_sha256
    assert annotating.annotating(desk, rita, run.run_id).item == item


def test_what_others_say_is_shown_only_when_all_is_read_or_on_demand(
    desk: Desk, run: EvaluationRun, rita: Person, olga: Person
) -> None:
    say_of_all(desk, olga, run.run_id, "CPI")
    assert reporting.report(desk, rita, run.run_id).sections
    item = annotating.annotating(desk, rita, run.run_id).item
    assert item is not None
    annotating.annotate(desk, rita, run.run_id, item.answer_sha256, "C")
    hidden = (
        lambda: annotating.agreement(desk, rita, run.run_id),
        lambda: reporting.report(desk, rita, run.run_id),
        lambda: sifting.questions(desk, rita, run.run_id),
        lambda: sifting.offered(desk, rita, run.run_id),
        lambda: reporting.files(desk, rita, run.run_id),
        lambda: reporting.file(desk, rita, run.run_id, "results.csv"),
        lambda: reporting.file(desk, rita, run.run_id, "annotations.jsonl"),
        lambda: reporting.archive(desk, rita, run.run_id),
    )
    for act in hidden:
        with pytest.raises(StillAnnotating, match="1 of 8"):
            act()
    assert reporting.file(desk, rita, run.run_id, "answers.jsonl")
    # What was refused was not seen: it leaves no trace.
    assert annotating.annotating(desk, rita, run.run_id).look is None
    annotating.insist(desk, rita, run.run_id)
    for act in hidden:
        assert act()
    say_of_all(desk, rita, run.run_id, "CPI")
    found = annotating.agreement(desk, rita, run.run_id)
    assert [(one.whom, one.kind) for one in found] == [
        ("openai:judge", "ar"),
        ("openai:judge", "reference"),
        ("olga@example.org", None),
    ]
    assert all(one.agreement.n > 0 for one in found)
    assert found[-1].agreement.n == 8


def say_of_some(desk: Desk, person: Person, run_id: str, n: int) -> None:
    for _ in range(n):
        item = annotating.annotating(desk, person, run_id).item
        assert item is not None
        annotating.annotate(desk, person, run_id, item.answer_sha256, "C")


def test_what_is_annotated_after_looking_is_known_as_not_blind(
    desk: Desk, run: EvaluationRun, rita: Person, olga: Person
) -> None:
    say_of_some(desk, rita, run.run_id, 3)
    annotating.insist(desk, rita, run.run_id)
    say_of_some(desk, rita, run.run_id, 5)
    say_of_all(desk, olga, run.run_id, "CPI")
    standing = annotating.annotating(desk, rita, run.run_id)
    assert (standing.done, standing.not_blind) == (8, 5)
    # The folder has it, of those alone, and the report says it of her alone.
    reporting.file(desk, rita, run.run_id, "report.md")
    folder = folder_of(desk.settings, run)
    kept = [json.loads(line) for line in (folder / "annotations.jsonl").read_text().splitlines()]
    assert [one["annotator"] for one in kept if "blind" in one] == [rita.login] * 5
    assert {one["blind"] for one in kept if "blind" in one} == {False}
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert "rita@example.org: 5 of 8 annotations made after seeing what the judge or others say" in report
    assert "olga@example.org: " not in report
    assert read_annotations(folder / "annotations.jsonl") == annotations_of(desk.history, run.run_id)
    # A spreadsheet has it too.
    table = reporting.file(desk, rita, run.run_id, "annotations.csv").decode()
    assert table.splitlines()[0].endswith(",note,blind")
    assert sum(line.endswith(",false") for line in table.splitlines()) == 5


@pytest.mark.parametrize(
    ("seen", "not_blind"),
    [
        # Means and counts say nothing of a single answer; the other three do.
        (reporting.report, 0),
        (lambda desk, rita, run_id: reporting.file(desk, rita, run_id, "answers.jsonl"), 0),
        (sifting.questions, 8),
        (lambda desk, rita, run_id: reporting.file(desk, rita, run_id, "judgements.jsonl"), 8),
        (reporting.archive, 8),
    ],
)
def test_who_saw_what_is_said_of_each_answer_before_she_began_was_never_blind(
    desk: Desk, run: EvaluationRun, rita: Person, seen: Callable[[Desk, Person, str], object], not_blind: int
) -> None:
    assert seen(desk, rita, run.run_id)
    say_of_all(desk, rita, run.run_id, "CPI")
    assert annotating.annotating(desk, rita, run.run_id).not_blind == not_blind


def test_to_have_seen_before_beginning_is_not_to_want_to_see_in_the_middle(
    desk: Desk, run: EvaluationRun, rita: Person
) -> None:
    sifting.questions(desk, rita, run.run_id)
    say_of_some(desk, rita, run.run_id, 1)
    with pytest.raises(StillAnnotating):
        sifting.questions(desk, rita, run.run_id)


def test_a_word_changed_after_kappa_was_seen_is_not_blind(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    say_of_all(desk, rita, run.run_id, "CPI")
    annotating.agreement(desk, rita, run.run_id)
    assert annotating.annotating(desk, rita, run.run_id).not_blind == 0
    annotating.undo(desk, rita, run.run_id)
    say_of_some(desk, rita, run.run_id, 1)
    assert annotating.annotating(desk, rita, run.run_id).not_blind == 1


def test_the_report_on_the_page_says_nothing_of_single_answers(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    titles = [section.title for section in reporting.report(desk, rita, run.run_id).sections]
    whole = reporting.file(desk, rita, run.run_id, "report.md").decode()
    every = [line.removeprefix("## ") for line in whole.splitlines() if line.startswith("## ")]
    assert [title for title in every if title not in titles] == ["Questions", "Other judgements"]
    assert "Totals" in titles


def test_two_who_say_the_same_agree_in_full(desk: Desk, run: EvaluationRun, rita: Person, olga: Person) -> None:
    by_answer: dict[str, Verdict] = {}
    for person in (rita, olga):
        while (item := annotating.annotating(desk, person, run.run_id).item) is not None:
            verdict: Verdict = by_answer.setdefault(item.answer_sha256, "CPI"[len(by_answer) % 3])  # type: ignore[arg-type]
            annotating.annotate(desk, person, run.run_id, item.answer_sha256, verdict)
    with_olga = annotating.agreement(desk, rita, run.run_id)[-1].agreement
    assert with_olga.measures["kappa (quadratic)"].value == pytest.approx(1.0)


def test_annotations_are_written_beside_the_judgements_and_go_with_the_person(
    desk: Desk, run: EvaluationRun, rita: Person, olga: Person
) -> None:
    path = folder_of(desk.settings, run) / "annotations.jsonl"
    say_of_all(desk, olga, run.run_id, "CPI")
    say_of_all(desk, rita, run.run_id, "C")
    reporting.file(desk, rita, run.run_id, "report.md")
    assert {one.annotator for one in read_annotations(path)} == {"rita@example.org", "olga@example.org"}
    # What somebody put there by hand is not the app's to take away.
    program = Annotation("s01", "0" * 64, "um-programa", "program", "C")
    write_annotations(path, [*read_annotations(path), program])
    delete_all(desk, olga)
    assert {one.annotator for one in read_annotations(path)} == {"rita@example.org", "um-programa"}
    left = "".join(file.read_text(encoding="utf-8") for file in path.parent.iterdir())
    assert "olga" not in left


def test_what_is_no_answer_of_the_run_is_not_annotated(desk: Desk, run: EvaluationRun, rita: Person) -> None:
    with pytest.raises(UsageError, match="not of this evaluation"):
        annotating.annotate(desk, rita, run.run_id, "0" * 64, "C")


def test_a_student_annotates_nothing(desk: Desk, run: EvaluationRun, ana: Person) -> None:
    for act in (
        lambda: annotating.annotating(desk, ana, run.run_id),
        lambda: annotating.annotate(desk, ana, run.run_id, "0" * 64, "C"),
        lambda: annotating.undo(desk, ana, run.run_id),
        lambda: annotating.agreement(desk, ana, run.run_id),
        lambda: annotating.insist(desk, ana, run.run_id),
    ):
        with pytest.raises(AccessDenied):
            act()
