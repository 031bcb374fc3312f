"""Suggested questions come from the course's own words, are answered by it, and are the same every time."""

from __future__ import annotations

from pathlib import Path

import pytest

from interfaces.service.suggestions import asked_about, first_questions, questions_after, subjects_of
from rag.config import Settings
from rag.encoder import Encoder
from rag.pipeline import Monitoria


@pytest.fixture(scope="module")
def firsts(course: Monitoria) -> list[str]:
    return first_questions(course)


def test_the_first_questions_are_answered_with_quotes_of_the_course(course: Monitoria, firsts: list[str]) -> None:
    assert len(firsts) == 3
    assert firsts == first_questions(course)
    for question in firsts:
        answer = course.ask(question)
        assert not answer.abstained
        assert answer.references


def test_titles_and_headings_are_taken_apart_into_what_the_lectures_say(course: Monitoria, encoder: Encoder) -> None:
    named = subjects_of(course.index, encoder)
    assert {"gradiente descendente", "retropropagação", "regularização"} <= set(named)
    assert not {"introdução", "história"} & set(named)
    assert all(course.index.lexical.cover(name) == 1.0 for name in named)


@pytest.fixture(scope="module")
def untitled(untitled_index: Path, encoder: Encoder, settings: Settings) -> Monitoria:
    quotes_alone = settings.model_copy(update={"llm": settings.llm.model_copy(update={"spec": "none"})})
    return Monitoria.open(untitled_index, settings=quotes_alone, encoder=encoder)


def test_a_course_without_titles_has_first_questions_and_next_ones_too(untitled: Monitoria, encoder: Encoder) -> None:
    firsts = first_questions(untitled)
    assert len(firsts) == 3
    answers = [untitled.ask(question) for question in firsts]
    assert not any(answer.abstained for answer in answers)
    assert len({answer.references[0].lecture_id for answer in answers}) == 3
    suggested = questions_after(untitled.index, encoder, answers[0])
    assert len(suggested) == 3
    assert firsts[0] not in suggested


def test_what_is_suggested_next_was_found_and_was_not_asked(course: Monitoria, encoder: Encoder) -> None:
    answer = course.ask("o que é gradiente descendente?")
    suggested = questions_after(course.index, encoder, answer)
    assert suggested
    assert suggested == questions_after(course.index, encoder, answer)
    assert not any("gradiente" in question for question in suggested)
    for question in suggested:
        assert course.search(question, k=1)


@pytest.mark.parametrize(
    ("subject", "pt", "en"),
    [
        ("redes convolucionais", "O que são redes convolucionais?", "What are redes convolucionais?"),
        ("viés", "O que é viés?", "What is viés?"),
        ("SGD", "O que é SGD?", "What is SGD?"),
        ("neural networks", "O que é neural networks?", "What are neural networks?"),
        ("loss", "O que é loss?", "What is loss?"),
    ],
)
def test_a_subject_becomes_a_question_in_its_lectures_language(subject: str, pt: str, en: str) -> None:
    assert (asked_about(subject, "pt"), asked_about(subject, "en")) == (pt, en)
