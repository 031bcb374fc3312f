"""Filters: partial dates, one lecture as a string, languages by prefix, and what means nothing refused."""

from __future__ import annotations

from typing import Any

import pytest

from corpus.records import Lecture
from rag.errors import UsageError
from rag.index import Filters


def lecture(**more: Any) -> Lecture:
    known: dict[str, Any] = {
        "lecture_id": "aula-04",
        "title": "Aula 4",
        "language": "pt",
        "kind": "spoken",
        "source": "aula-04.srt",
        "source_sha256": "0" * 64,
    }
    return Lecture(**(known | more))


@pytest.mark.parametrize(
    ("date_from", "date_to", "date", "passes"),
    [
        (None, "2026-03", "2026-03-31", True),
        (None, "2026-03", "2026-04-01", False),
        (None, "2026", "2026-12-31", True),
        (None, "2025", "2026-01-01", False),
        (None, "2026-03-10", "2026-03-10", True),
        (None, "2026-03-10", "2026-03-11", False),
        ("2026-03", None, "2026-03-01", True),
        ("2026-03", None, "2026-02-28", False),
        ("2026", "2026", "2026-07-15", True),
        ("2026-03", "2026-03", None, False),
    ],
)
def test_dates_are_inclusive_to_the_end_of_what_is_given(
    date_from: str | None, date_to: str | None, date: str | None, passes: bool
) -> None:
    assert Filters(date_from=date_from, date_to=date_to).allows(lecture(date=date)) is passes


@pytest.mark.parametrize("name", ["date_from", "date_to"])
@pytest.mark.parametrize(
    "value", ["10/03/2026", "2026-3", "2026-02-30", "2026-13", "March", "", "0000", "20260310", 2026]
)
def test_what_is_no_date_is_refused(name: str, value: Any) -> None:
    with pytest.raises(UsageError, match=f"{name} is {value!r}; write YYYY"):
        Filters(**{name: value})


@pytest.mark.parametrize("lectures", ["aula-04", ["aula-04"], ("aula-04",)])
def test_a_lecture_may_be_named_alone(lectures: Any) -> None:
    filters = Filters(lectures=lectures)
    assert filters == Filters(lectures=("aula-04",))
    assert hash(filters) == hash(Filters(lectures=("aula-04",)))
    assert filters.allows(lecture())
    assert not filters.allows(lecture(lecture_id="aula"))


@pytest.mark.parametrize(("given", "meant"), [("pt-BR", "pt"), ("en-US", "en"), ("PT", "pt"), ("en", "en")])
def test_languages_go_by_their_prefix(given: str, meant: str) -> None:
    assert Filters(language=given).language == meant


@pytest.mark.parametrize("language", ["fr", "", "klingon"])
def test_another_language_is_refused(language: str) -> None:
    with pytest.raises(UsageError, match="use pt or en"):
        Filters(language=language)
