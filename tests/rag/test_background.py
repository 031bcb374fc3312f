"""Background questions: from the course's own words, the same whatever the order, none from nothing."""

from __future__ import annotations

from rag.background import background_questions

TEXTS = [
    "o gradiente desce a ladeira",
    "o gradiente some na ladeira",
    "a rede aprende",
    "outra coisa",
    "the network learns",
]


def test_questions_are_about_words_that_are_neither_rare_nor_everywhere() -> None:
    languages = ["pt", "pt", "pt", "pt", "en"]
    questions = [query.text for query in background_questions(TEXTS, languages)]
    assert questions
    assert all("gradiente" in q or "ladeira" in q for q in questions)
    assert all(q.endswith("?") for q in questions)


def test_the_order_of_texts_does_not_matter() -> None:
    one = background_questions(TEXTS, ["pt"] * 5)
    assert one == background_questions(TEXTS[::-1], ["pt"] * 5)


def test_nothing_to_ask_about() -> None:
    assert background_questions([], []) == []
    assert background_questions(["um texto só"], ["pt"]) == []
