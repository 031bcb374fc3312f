"""Which corrections are a person's: to be taken along, or left without her name."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from interfaces.access import need
from interfaces.history.records import Person
from interfaces.service.desk import Desk
from rag.correction_log import read_log
from rag.corrections import forget_author

_WAIT_S = 5.0


def corrections_by(desk: Desk, person: Person) -> list[dict[str, Any]]:
    """Every change that the person made, of all courses, as JSON.

    Raises:
        IndexDamaged: a line of a course's corrections is not what was written.
    """
    need(person, "read own")
    return [
        {"course": course.course_id} | asdict(change)
        for course in desk.courses.listed()
        for change in read_log(course.folder)
        if change.by == person.person_id
    ]


def forget(desk: Desk, person: Person) -> int:
    """Take the person's name off her corrections in every course, which stay; returns off how many.

    Raises:
        IndexProblem: a course that names her is busy or damaged.
    """
    need(person, "read own")
    return sum(
        forget_author(course.folder, person.person_id, wait_s=_WAIT_S)
        for course in desk.courses.listed()
        if any(change.by == person.person_id for change in read_log(course.folder))
    )
