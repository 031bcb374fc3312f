"""Who sees which course: everybody, or the members that the settings name and the staff; in every action."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from interfaces.access import LOCAL, AccessDenied
from interfaces.history.people import ensure_person
from interfaces.history.records import EvaluationRun, Person
from interfaces.service import annotating, chat, evaluating, health, inspecting, reporting, sifting
from interfaces.service.desk import Desk
from interfaces.service.evaluating import Questions
from interfaces.service.membership import check_members, courses_of, need_course, need_member
from interfaces.service.plans import Plan
from rag.config import load_settings
from rag.errors import SettingsError, UsageError


def with_members(desk: Desk, **members: list[str]) -> Desk:
    app = desk.settings.app.model_copy(update={"members": {name: tuple(logins) for name, logins in members.items()}})
    return replace(desk, settings=desk.settings.model_copy(update={"app": app}))


@pytest.fixture
def closed(desk: Desk, sample_index: Path) -> Desk:
    """A desk whose one course has a member and a domain."""
    return with_members(desk, **{sample_index.name: ["ana@example.org", "@exemplo.br"]})


def somebody(*roles: str, login: str = "x@example.org") -> Person:
    return replace(LOCAL, person_id="x", login=login, roles=frozenset(roles))  # type: ignore[arg-type]


def test_a_course_without_members_is_everybody_s_and_one_with_members_is_theirs(
    desk: Desk, closed: Desk, identity: str, ana: Person, bia: Person
) -> None:
    assert [one.course_id for one in courses_of(desk, bia)] == [identity]
    seen = {
        login: bool(courses_of(closed, somebody("student", "researcher", login=login)))
        for login in ("ana@example.org", "caio@exemplo.br", "caio@sub.exemplo.br", "exemplo.br", "bia@example.org")
    }
    assert seen == {
        "ana@example.org": True,
        "caio@exemplo.br": True,
        "caio@sub.exemplo.br": False,
        "exemplo.br": False,
        "bia@example.org": False,
    }
    for role, sees in (("student", False), ("researcher", False), ("instructor", True), ("admin", True)):
        assert bool(courses_of(closed, somebody(role))) == sees
    assert need_course(closed, ana, identity).course_id == identity
    with pytest.raises(AccessDenied, match=NOT_IN_IT):
        need_course(closed, bia, identity)
    with pytest.raises(UsageError, match="is not here"):
        need_course(closed, ana, "elsewhere-0")
    need_member(closed, bia, "elsewhere-0")


def test_a_course_is_named_by_its_folder_and_a_misspelt_one_is_an_error(
    desk: Desk, identity: str, sample_index: Path, bia: Person
) -> None:
    for name in (str(sample_index), f"{sample_index}/../{sample_index.name}", sample_index.name):
        ours = with_members(desk, **{name: []})
        check_members(ours)
        assert courses_of(ours, bia) == []
    check_members(desk)
    with pytest.raises(SettingsError, match=f"'redes', which is 0 of those here .*{sample_index}"):
        check_members(with_members(desk, redes=["bia@example.org"]))


def test_members_come_from_the_file_and_from_the_environment(tmp_path: Path) -> None:
    file = tmp_path / "monitoria.toml"
    file.write_text('[app.members]\nredes = ["Ana@Exemplo.br ", "@exemplo.br"]\n"/cursos/algebra" = "bia"\n')
    members = {"redes": ("ana@exemplo.br", "@exemplo.br"), "/cursos/algebra": ("bia",)}
    assert load_settings(file=file, environment={}).app.members == members
    told = {"MONITORIA_APP__MEMBERS": '{"redes": ["Ana@Exemplo.br"]}'}
    assert load_settings(environment=told).app.members == {"redes": ("ana@exemplo.br",)}
    with pytest.raises(SettingsError, match=r"app\.members"):
        load_settings(environment={"MONITORIA_APP__MEMBERS": "redes"})


NOT_IN_IT = "is not in this course"
PLAN = Plan("", ("ar",), "none")
ABOUT_A_COURSE: dict[str, Callable[[Desk, Person, str], object]] = {
    "ask": lambda desk, who, course: chat.ask(desk, who, course, "o que é dropout?"),
    "inspect": lambda desk, who, course: inspecting.inspect(desk, who, course, "dropout"),
    "segment": lambda desk, who, course: inspecting.segment_at(desk, who, course, 1),
    "health": health.health,
    "verify": health.verify,
    "start": lambda desk, who, course: evaluating.start(desk, who, course, Questions("q", ()), PLAN),
    "runs": evaluating.evaluations,
}


@pytest.mark.parametrize("act", ABOUT_A_COURSE.values(), ids=list(ABOUT_A_COURSE))
def test_no_action_on_a_course_is_open_to_who_does_not_see_it(closed: Desk, identity: str, act) -> None:
    stranger = ensure_person(closed.history, "rita@example.org", "Rita", ["student", "researcher"])
    with pytest.raises(AccessDenied, match=NOT_IN_IT):
        act(closed, stranger, identity)


def test_a_conversation_is_not_gone_on_with_once_the_course_is_closed(
    desk: Desk, closed: Desk, identity: str, bia: Person
) -> None:
    asked = chat.ask(desk, bia, identity, "o que é dropout?")
    with pytest.raises(AccessDenied, match=NOT_IN_IT):
        chat.ask(closed, bia, identity, "e no teste?", conversation_id=asked.conversation_id)
    with pytest.raises(AccessDenied, match=NOT_IN_IT):
        chat.ask(closed, bia, "elsewhere-0", "e no teste?", conversation_id=asked.conversation_id)
    with pytest.raises(AccessDenied, match=NOT_IN_IT):
        chat.ask_again(closed, bia, asked.turn_id)
    # What she asked is hers still.
    assert chat.conversation(closed, bia, asked.conversation_id).course == identity


ABOUT_A_RUN = {
    name: act
    for module in (evaluating, annotating, reporting, sifting)
    for name, act in inspect.getmembers(module, inspect.isfunction)
    if act.__module__ == module.__name__ and list(inspect.signature(act).parameters)[:3] == ["desk", "person", "run_id"]
    if not name.startswith("_")
}


def test_no_action_on_a_run_is_open_to_who_does_not_see_its_course(
    closed: Desk, sample_index: Path, run: EvaluationRun, rita: Person
) -> None:
    assert len(ABOUT_A_RUN) >= 12, sorted(ABOUT_A_RUN)
    for act in ABOUT_A_RUN.values():
        given = {"answer": "x", "verdict": "C", "name": "results.csv"}
        more = {key: given[key] for key in inspect.signature(act).parameters if key in given}
        with pytest.raises(AccessDenied, match=NOT_IN_IT):
            act(closed, rita, run.run_id, **more)
    ours = with_members(closed, **{sample_index.name: [rita.login]})
    assert evaluating.evaluation(ours, rita, run.run_id).run.run_id == run.run_id
