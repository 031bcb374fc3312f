"""BM25: analysis by hand, scores against the formula written out, filters of the empty case."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from rag.errors import IndexDamaged
from rag.lexical import LexicalIndex, analyse, with_pairs

TEXTS = [
    "o gradiente desce e o erro desce também",
    "a rede convolucional olha a imagem em pedaços",
    "o gradiente some quando a rede é funda",
]


def test_accents_case_and_inflection_do_not_matter() -> None:
    assert analyse("Médias, REDES treinadas!", "pt") == analyse("media rede treinar", "pt")


def test_a_word_without_its_accents_is_looked_up_among_the_lectures_spellings() -> None:
    """Snowball makes ``regularizacao`` another stem than ``regularização``; the lectures know the spelling."""
    index = LexicalIndex.build(["a regularização ajuda", "o gradiente desce"], ["pt", "pt"])
    assert index.terms("regularizacao") == index.terms("Regularização") == ["regulariz"]


def test_english_is_stemmed_as_english() -> None:
    assert analyse("The networks were learning", "en") == ["network", "learn"]


def test_scores_are_bm25_as_published() -> None:
    """Lucene's BM25 (Robertson & Zaragoza 2009 with idf = ln(1 + (N - n + .5) / (n + .5))), worked here in full."""
    index = LexicalIndex.build(TEXTS, ["pt"] * 3, k1=1.5, b=0.75)
    documents = [with_pairs(analyse(text, "pt")) for text in TEXTS]
    average = sum(map(len, documents)) / 3
    (term,) = analyse("gradientes", "pt")
    containing = sum(term in document for document in documents)
    idf = math.log(1 + (3 - containing + 0.5) / (containing + 0.5))
    expected = []
    for document in documents:
        frequency = document.count(term)
        norm = 1.5 * (1 - 0.75 + 0.75 * len(document) / average)
        expected.append(idf * frequency / (frequency + norm))
    assert np.allclose(index.scores("gradientes"), expected, atol=1e-5)


def test_two_words_beside_each_other_count_more_than_apart() -> None:
    texts = ["a função de custo mede o erro", "o custo do erro depende da função", *TEXTS]
    index = LexicalIndex.build(texts, ["pt"] * len(texts))
    assert "funca cust" in index.terms("Qual é a função de custo?")
    together, apart = index.scores("função de custo")[:2]
    assert together > apart


def test_how_many_of_the_questions_words_the_lectures_hold() -> None:
    """Of gradiente, xilofone and rede the texts hold two; of an English question's words none."""
    index = LexicalIndex.build(TEXTS, ["pt"] * 3)
    assert index.cover("gradiente, xilofone, rede") == pytest.approx(2 / 3)
    assert index.cover("learning deep networks") == 0.0
    assert index.cover("?") == 0.0


def test_unknown_words_score_nothing() -> None:
    index = LexicalIndex.build(TEXTS, ["pt"] * 3)
    assert not index.scores("xilofone").any()
    assert not index.scores("???").any()


def test_a_course_in_two_languages_is_found_in_both() -> None:
    index = LexicalIndex.build([*TEXTS, "the networks are learning"], ["pt", "pt", "pt", "en"])
    assert int(np.argmax(index.scores("learned network"))) == 3
    assert int(np.argmax(index.scores("convoluções na imagem"))) == 1


def test_round_trip_without_pickles(tmp_path: Path) -> None:
    index = LexicalIndex.build(TEXTS, ["pt"] * 3)
    index.save(tmp_path)
    assert {path.suffix for path in tmp_path.iterdir()} == {".npy", ".json"}
    again = LexicalIndex.load(tmp_path, 3, ["pt"])
    assert np.array_equal(again.scores("gradiente rede"), index.scores("gradiente rede"))


def test_texts_without_a_single_term_make_an_index_that_finds_nothing(tmp_path: Path) -> None:
    index = LexicalIndex.build(["a o e", "..."], ["pt", "pt"])
    index.save(tmp_path)
    assert LexicalIndex.load(tmp_path, 2, ["pt"]).scores("gradiente").tolist() == [0.0, 0.0]


def test_a_damaged_index_is_refused(tmp_path: Path) -> None:
    LexicalIndex.build(TEXTS, ["pt"] * 3).save(tmp_path)
    (tmp_path / "data.csc.index.npy").write_bytes(b"not numpy")
    with pytest.raises(IndexDamaged, match="rebuild"):
        LexicalIndex.load(tmp_path, 3, ["pt"])
