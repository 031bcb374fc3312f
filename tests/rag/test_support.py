"""What a claim rests on: worked by hand, sentence by sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.support import backing, cover, foreign_names, is_circular, level

SAID = "A tabela está vazia porque a gente não aplicou a migração, o Alembic só criou o arquivo no dia 3 de abril."
ASKED = "Que tabela é essa e por que está vazia?"


def support(claim: str, said: str = SAID, question: str = ASKED, *, strictly: bool = True) -> str:
    return level(backing(claim, said, "pt", question, strictly=strictly), 0.75)


@pytest.mark.parametrize(
    ("claim", "expected"),
    [
        ("a tabela está vazia porque a migração não foi aplicada.", "supported"),
        ("a tabela está vazia.", "not"),  # an echo claims nothing
        ("a tabela está vazia porque o disco encheu de lixo.", "not"),
        ("a migração foi aplicada pelo estagiário.", "partly"),
        ("o arquivo foi criado no dia 5 de abril.", "not"),  # another figure
        ("o arquivo foi criado no dia 3 de abril.", "supported"),
        ("a migração do Flyway não foi aplicada.", "not"),  # a name that nobody said
        ("", "not"),
    ],
)
def test_a_claim_against_what_was_said(claim: str, expected: str) -> None:
    assert support(claim) == expected


def test_what_was_asked_is_not_what_was_said() -> None:
    question = "Como exijo que a senha tenha uma letra maiúscula?"
    said = "a senha a gente guarda de um jeito seguro"
    claim = "uma letra maiúscula na senha segura"
    assert support(claim, said, question, strictly=True) == "partly"
    assert support(claim, said, question, strictly=False) == "supported"


def test_what_a_quote_leaves_open_is_not_for_the_model_to_end() -> None:
    """The lecturer went on: "ainda não comitou". Five of six words are hers, the one that says what is done is not."""
    said = "leitura suja é quando você lê um dado que outra transação ainda"
    claim = "leitura suja é quando se lê um dado que outra transação ainda está escrevendo."
    assert support(claim, said, "o que é uma leitura?") == "not"
    assert support(claim, said, "o que é uma leitura?", strictly=False) == "supported"
    assert support("leitura suja é ler um dado de outra transação.", said, "o que é uma leitura?") == "supported"


def test_names_are_found_however_a_recogniser_splits_them() -> None:
    assert foreign_names("Use o FastAPI", "a gente usa fast API aqui") == set()
    assert foreign_names("Use o conftest.py com pytest", "põe no conftest py") == set()
    assert foreign_names("Segundo a Marília, vale", "a Marina falou") == {"Marília"}


@given(st.text(max_size=80), st.text(max_size=80))
def test_cover_is_a_share_and_a_text_covers_itself(claim: str, source: str) -> None:
    assert 0.0 <= cover(claim, source, "pt") <= 1.0
    assert cover(claim, claim, "pt") in (0.0, 1.0)


def test_circles_are_told_from_speech() -> None:
    assert is_circular("roda o teste agora e roda o teste agora e roda o teste agora")
    assert not is_circular(SAID)
