"""What every page is given: what this process has open, who asks, and about which course."""

from __future__ import annotations

from dataclasses import dataclass

from interfaces.history.records import Person
from interfaces.service.courses import Course
from interfaces.service.desk import Desk


@dataclass(frozen=True, slots=True)
class Context:
    """``course`` is ``None`` where there is none to choose."""

    desk: Desk
    person: Person
    course: Course | None

    @property
    def about(self) -> Course:
        """The course, on a page that is only shown where there is one."""
        if self.course is None:
            raise AssertionError("a page without a course asked for it")
        return self.course
