"""What a list shows of a segment: around the words that were asked for, whole words, never too long."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interfaces.service.snippets import snippet

FILLER = "Bom dia a todos, vamos começar a aula de hoje com calma. " * 6


def test_around_what_was_asked_for() -> None:
    text = f"{FILLER}O dropout sorteia neurônios. {FILLER}"
    shown = snippet(text, "o que é dropout?", "pt", 100)
    assert "O dropout sorteia neurônios." in shown
    assert shown.startswith("… ")
    assert shown.endswith(" …")


def test_where_most_different_words_are_and_not_where_one_is_often() -> None:
    text = f"Dropout, dropout, dropout! {FILLER}No treino o dropout sorteia neurônios. {FILLER}"
    assert "sorteia neurônios" in snippet(text, "o dropout sorteia neurônios?", "pt", 100)


def test_the_beginning_where_none_of_the_words_is() -> None:
    assert snippet(FILLER, "o que é dropout?", "pt", 40).startswith("Bom dia a todos,")
    assert snippet("curto\n texto", "?", "pt", 40) == "curto texto"


def test_words_are_compared_by_their_stems() -> None:
    assert "redes treinadas" in snippet(f"{FILLER}As redes treinadas. {FILLER}", "treinar a rede", "pt", 60)


@given(st.text("ab çé.\n", max_size=200), st.text("abçé ?", max_size=20), st.integers(5, 60))
def test_it_is_a_part_of_the_text_of_whole_words_and_fits(text: str, question: str, n: int) -> None:
    whole = " ".join(text.split())
    shown = snippet(text, question, "pt", n)
    bare = shown.removeprefix("… ").removesuffix(" …")
    assert bare in whole
    assert len(bare) <= n
    if max(map(len, whole.split()), default=0) < n // 2:
        assert not set(bare.split()) - set(whole.split())
