"""Suggested questions come from the course's own words, are answered by it, and are the same every time."""

from __future__ import annotations

import pytest

from interfaces.service.suggestions import asked_about, first_questions, questions_after, topics_of
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


def test_topics_are_names_of_things_that_the_lectures_say(course: Monitoria) -> None:
    topics = topics_of(course.index)
    assert {"gradiente descendente", "retropropagação", "Regularização"} <= set(topics)
    assert not {"Introdução", "história"} & set(topics)
    assert all(course.index.lexical.cover(topic) == 1.0 for topic in topics)


def test_what_is_suggested_next_was_found_and_was_not_asked(course: Monitoria) -> None:
    answer = course.ask("o que é gradiente descendente?")
    suggested = questions_after(course.index, answer)
    assert suggested
    assert suggested == questions_after(course.index, answer)
    assert not any("gradiente" in question for question in suggested)
    for question in suggested:
        assert course.search(question, k=1)


@pytest.mark.parametrize(
    ("topic", "pt", "en"),
    [
        ("Redes convolucionais", "O que são redes convolucionais?", "What are redes convolucionais?"),
        ("viés", "O que é viés?", "What is viés?"),
        ("SGD", "O que é SGD?", "What is SGD?"),
        ("neural networks", "O que é neural networks?", "What are neural networks?"),
        ("loss", "O que é loss?", "What is loss?"),
    ],
)
def test_a_topic_becomes_a_question_in_its_lectures_language(topic: str, pt: str, en: str) -> None:
    assert (asked_about(topic, "pt"), asked_about(topic, "en")) == (pt, en)
