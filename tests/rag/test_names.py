"""Names as recognisers hear them: taken apart, nearly right, and not every word that resembles one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.lexical import LexicalIndex
from rag.names import Ear, names_in, taken_apart

STOP_WORDS = ["o", "a", "e", "de", "que"]


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("vamos usar a fast api agora", "FastAPI"),
        ("a festa api é rápida", "FastAPI"),
        ("o sql alchemy conversa com o banco", "SQLAlchemy"),
        ("abre o git hub", "GitHub"),
    ],
)
def test_names_are_heard_where_they_are_taken_apart_or_nearly_right(said: str, name: str) -> None:
    assert Ear(["FastAPI", "SQLAlchemy", "GitHub"], STOP_WORDS).heard(said.split()) == [name]


@pytest.mark.parametrize("said", ["a festa de ontem", "fast food", "o FastAPI", "uma api qualquer", "e mails por dia"])
def test_other_words_and_names_that_are_written_right_are_left(said: str) -> None:
    assert Ear(["FastAPI", "EmailStr"], STOP_WORDS).heard(said.split()) == []


@given(st.lists(st.sampled_from("fast api festa o sql alchemy git hub rede".split()), max_size=30))
def test_no_word_is_heard_twice(words: list[str]) -> None:
    heard = Ear(["FastAPI", "SQLAlchemy", "GitHub"], STOP_WORDS).heard(words)
    assert 2 * len(heard) <= len(words)


def test_a_capital_at_the_beginning_alone_makes_no_name() -> None:
    assert names_in(["Hoje a API do Python e o NumPy", "PyTorch e OAuth2"]) == ["PyTorch"]


def test_a_text_without_names_stays_as_it_is() -> None:
    assert taken_apart("Aprender é lembrar, diz a API.") == "Aprender é lembrar, diz a API."


def test_a_question_finds_the_name_however_it_was_heard() -> None:
    texts = ["a gente liga a fest api no banco", "hoje tem festa na praça", "o fast api responde", "outra coisa"]
    index = LexicalIndex.build(texts, ["pt"] * 4, names=["FastAPI"])
    scores = index.scores("Para que serve o FastAPI?")
    assert scores[0] > 0
    assert scores[2] > 0
    assert scores[1] == scores[3] == 0
