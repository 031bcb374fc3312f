"""How a lecture is named where its id and its title say the same, in part or whole."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from interfaces.render import lecture_label


@pytest.mark.parametrize(
    ("lecture_id", "title", "label"),
    [
        ("aula-03", "Regularização", "Aula 03 · Regularização"),
        ("Aula01 transacoes", "Transações", "Aula01 transacoes"),
        ("redes/aula-01-redes-neurais", "Redes neurais", "Aula 01 redes neurais"),
        ("transacoes", "Transações", "Transações"),
        ("transacoes", "Aula 1: Transações", "Aula 1: Transações"),
        ("notas", "Notas", "Notas"),
        ("aula-03", "Aula 03: Dropout", "Aula 03: Dropout"),
        ("a", "Como a rede aprende", "A · Como a rede aprende"),
        ("net", "A internet", "Net · A internet"),
        ("aula-05", "", "Aula 05"),
        ("aula-05", "***", "Aula 05 · ***"),
    ],
)
def test_an_id_and_a_title_that_say_the_same_are_said_once(lecture_id: str, title: str, label: str) -> None:
    assert lecture_label(lecture_id, title) == label


@given(words=st.lists(st.sampled_from(["aula", "árvores", "rede", "2", "B-tree"]), min_size=1, max_size=4))
def test_no_word_of_either_is_lost(words: list[str]) -> None:
    lecture_id, title = "-".join(words[: len(words) // 2 + 1]), " ".join(words[len(words) // 2 :])
    label = lecture_label(lecture_id, title).casefold()
    for word in words:
        assert all(part in label for part in word.casefold().split("-"))
