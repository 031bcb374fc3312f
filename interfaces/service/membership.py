"""Which courses a person sees: those without named members, those whose members she is among, as staff every one.

``app.members`` names a course by its index folder, as ``app.courses`` does, or by that folder's name: what the course
is called may change with its lectures, and must not open it to everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from interfaces.access import AccessDenied, may, need
from interfaces.history.records import EvaluationRun, Person
from interfaces.history.runs import run
from interfaces.service.courses import Course
from interfaces.service.desk import Desk
from rag.errors import SettingsError


def courses_of(desk: Desk, person: Person) -> list[Course]:
    """The courses that the person sees, in their order."""
    return [course for course in desk.courses.listed() if sees(desk, person, course)]


def sees(desk: Desk, person: Person, course: Course) -> bool:
    """Whether the person sees the course."""
    members = _members(desk, course)
    return members is None or may(person, "see every course") or _names(members, person.login)


def need_course(desk: Desk, person: Person, course_id: str) -> Course:
    """The course, for whoever sees it.

    Raises:
        UsageError: there is none of that id here.
        AccessDenied: she is not among its members.
    """
    course = desk.courses.course(course_id)
    if not sees(desk, person, course):
        raise AccessDenied(
            pt=f"{person.login} não está neste curso; peça à administração que acrescente você a ele",
            en=f"{person.login} is not in this course; ask an admin to be added to it",
        )
    return course


def need_member(desk: Desk, person: Person, course_id: str) -> None:
    """Pass if she sees the course, or if it is not here (any more), so that nothing is known of its members.

    Raises:
        AccessDenied: she is not among its members.
    """
    if any(course.course_id == course_id for course in desk.courses.listed()):
        need_course(desk, person, course_id)


def run_of(desk: Desk, person: Person, run_id: str) -> EvaluationRun:
    """A run of a course that the person sees.

    Raises:
        NotKept: there is none of that id.
        AccessDenied: she is not among the course's members.
    """
    found = run(desk.history, run_id)
    need_member(desk, person, found.course)
    return found


def members_of(desk: Desk, person: Person) -> list[tuple[Course, tuple[str, ...] | None]]:
    """Every course with whom the settings name as its members; ``None`` where it is everybody's.

    Raises:
        AccessDenied: the person may not manage people.
    """
    need(person, "manage people")
    return [(course, _members(desk, course)) for course in desk.courses.listed()]


def check_members(desk: Desk) -> None:
    """Pass if every course of ``app.members`` is here: a misspelt one would be open to everybody.

    Raises:
        SettingsError: one is not, or its name is that of several.
    """
    courses = desk.courses.listed()
    for named in desk.settings.app.members:
        found = [course for course in courses if _is(course, named)]
        if len(found) != 1:
            here = ", ".join(str(course.folder) for course in courses)
            raise SettingsError(
                pt=f"app.members fala do curso {named!r:.200}, que é {len(found)} dos que estão aqui ({here}); escreva "
                "a pasta do índice de um deles, ou só o nome dela",
                en=f"app.members speaks of the course {named!r:.200}, which is {len(found)} of those here ({here}); "
                "write the index folder of one of them, or that folder's name alone",
            )


def _members(desk: Desk, course: Course) -> tuple[str, ...] | None:
    return next((members for named, members in desk.settings.app.members.items() if _is(course, named)), None)


def _is(course: Course, named: str) -> bool:
    return named == course.folder.name or Path(named).resolve() == course.folder.resolve()


def _names(members: Sequence[str], login: str) -> bool:
    """Whether a login is named, or its domain as ``@example.org``."""
    return login in members or (login.rpartition("@")[1] == "@" and f"@{login.rpartition('@')[2]}" in members)
