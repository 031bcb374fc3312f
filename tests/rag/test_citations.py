"""Citations: parsing by hand, numbers that point nowhere, sentences tied to their second."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.records import Cue, Lecture, Segment
from rag.citations import (
    CitationChecker,
    cited_numbers,
    is_refusal,
    split_sentences,
    strip_citations,
    timed_url,
)
from rag.pipeline import Monitoria
from rag.records import Hit
from rag.support import cover


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("Vale [1].", [1]),
        ("Vale [1][3].", [1, 3]),
        ("Vale [2, 1].", [2, 1]),
        ("Vale [1-3].", [1, 2, 3]),
        ("Vale [1–2] e [2].", [1, 2]),
        ("Nenhuma.", []),
        ("O vetor x[0] e a nota [12345].", [0]),
    ],
)
def test_citation_numbers(text: str, numbers: list[int]) -> None:
    assert cited_numbers(text) == numbers


def test_an_absurd_span_is_not_spelt_out() -> None:
    assert cited_numbers("[1-9999]") == [1, 9999]


def test_sentences_keep_the_citations_that_follow_them() -> None:
    text = "A taxa é 0,35. [1] Com 0.5 a rede não aprende! [2][3]\n- Outra coisa [1]"
    assert split_sentences(text) == ["A taxa é 0,35. [1]", "Com 0.5 a rede não aprende! [2][3]", "- Outra coisa [1]"]


def test_an_opening_is_read_with_its_first_item() -> None:
    assert split_sentences("As notas são:\n- Prova: 30 [1]\n- Trabalho: 20 [1]") == [
        "As notas são: - Prova: 30 [1]",
        "- Trabalho: 20 [1]",
    ]


@given(st.text(max_size=200))
def test_splitting_loses_nothing_but_space(text: str) -> None:
    assert "".join("".join(split_sentences(text)).split()) == "".join(text.split())


@given(st.text(alphabet="ab [],-–;123.\n", max_size=60))
def test_what_is_stripped_cites_nothing(text: str) -> None:
    assert cited_numbers(strip_citations(text)) == [] or "[" in strip_citations(text)


def test_cover_counts_stems_and_insists_on_figures() -> None:
    source = "a gente usa dropout de 0,35 na camada final"
    assert cover("o dropout da camada final", source, "pt") == 1.0
    assert cover("o dropout de 0,5 na camada final", source, "pt") == 0.0


def test_words_echoed_from_the_question_claim_nothing() -> None:
    source, question = "o dropout é de 0,35", "Qual foi o desempenho final do diagnóstico?"
    echo = "O desempenho final do diagnóstico foi o dropout"
    assert cover(echo, source, "pt") < 0.5
    assert cover(echo, source, "pt", question) == 1.0
    assert cover("O desempenho final do diagnóstico foi azul", source, "pt", question) == 0.0
    assert cover("O desempenho foi o final do diagnóstico.", "o desempenho final do diagnóstico", "pt", question) == 0.0


@pytest.mark.parametrize(
    ("url", "second", "expected"),
    [
        ("https://x.org/v", 754.9, "https://x.org/v?t=754"),
        ("https://x.org/v?id=3", 2570.0, "https://x.org/v?id=3&t=2570"),
        ("https://x.org/v#notas", 1.0, "https://x.org/v?t=1#notas"),
        ("https://x.org/v", None, "https://x.org/v"),
        (None, 3.0, None),
    ],
)
def test_addresses_carry_the_second(url: str | None, second: float | None, expected: str | None) -> None:
    assert timed_url(url, second) == expected


@pytest.fixture
def passages() -> list[Hit]:
    lecture = Lecture("aula-04", "Regularização", "https://x.org/a4")
    cues = (
        Cue("Hoje tem prova, gente, guardem o celular.", 100.0, 110.0),
        Cue("No laboratório o dropout da camada final é de 0,35.", 110.0, 120.0),
        Cue("Com metade desligada a rede nem aprendia o treino.", 120.0, 130.0),
    )
    segment = Segment(7, "aula-04", 100.0, 130.0, " ".join(c.text for c in cues), cues)
    other = Segment(8, "aula-05", 5.0, 9.0, "O ônibus sai às sete.", (Cue("O ônibus sai às sete.", 5.0, 9.0),))
    return [Hit(segment, lecture, 1, 0.9), Hit(other, Lecture("aula-05", "Visão"), 2, 0.8)]


@pytest.fixture
def checker(course: Monitoria) -> CitationChecker:
    return CitationChecker(course.retriever.segments)


def test_the_link_starts_where_the_sentence_was_said(checker: CitationChecker, passages: list[Hit]) -> None:
    attached = checker.attach("O dropout da camada final é de 0,35 [1].", passages)
    (reference,) = attached.references
    assert (reference.n, reference.start_s, reference.url) == (1, 110.0, "https://x.org/a4?t=110")
    assert reference.quote == "No laboratório o dropout da camada final é de 0,35."


def test_a_number_that_points_nowhere_is_removed(checker: CitationChecker, passages: list[Hit]) -> None:
    attached = checker.attach("O dropout da camada final é de 0,35 [1][9].", passages)
    assert [s.citations for s in attached.sentences] == [(1,)]


def test_a_claim_without_a_number_is_given_its_passage(checker: CitationChecker, passages: list[Hit]) -> None:
    attached = checker.attach("O ônibus sai às sete.", passages)
    assert [(r.n, r.lecture_id) for r in attached.references] == [(1, "aula-05")]


def test_references_are_numbered_as_they_are_mentioned(checker: CitationChecker, passages: list[Hit]) -> None:
    attached = checker.attach("O ônibus sai às sete [2]. O dropout da camada final é de 0,35 [1].", passages)
    assert [s.citations for s in attached.sentences] == [(1,), (2,)]
    assert [(r.n, r.lecture_id) for r in attached.references] == [(1, "aula-05"), (2, "aula-04")]


def test_an_invented_figure_is_not_supported(checker: CitationChecker, passages: list[Hit]) -> None:
    attached = checker.attach("O dropout da camada final é de 0,8 [1].", passages)
    assert [(s.citations, s.supported) for s in attached.sentences] == [((), False)]
    assert attached.references == ()


def test_an_english_claim_rests_on_a_portuguese_passage(checker: CitationChecker, course: Monitoria) -> None:
    hits = course.search("por que a taxa de dropout do laboratório é 0,35?", k=2)
    attached = checker.attach(
        "In the lab they use a dropout of 0.35 because half the units was too much [1].", hits[:1]
    )
    assert len(attached.sentences) == 1


@pytest.mark.parametrize(
    "sentence",
    [
        "As aulas não respondem a essa pergunta.",
        "Os trechos não mencionam a carga horária.",
        "Nenhum dos trechos fala disso.",
        "O professor não diz isso nos trechos.",
        "Não sei.",
        "The lectures do not answer this question.",
        "The provided passages do not contain this information.",
        "The lecture doesn't mention it.",
        "There is no information about this in the lectures.",
    ],
)
def test_refusals_in_other_words(sentence: str) -> None:
    assert is_refusal(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "Os trechos falam que o ônibus do passeio sai às 7h30 do portão 3.",
        "Segundo o trecho, o ônibus não sai às 8h; sai às 7h30.",
        "As aulas falam de dropout.",
        "Não há dropout na camada de saída, segundo a aula 4.",
        "The lecture says that dropout is not used at test time.",
    ],
)
def test_claims_that_only_look_like_refusals(sentence: str) -> None:
    assert not is_refusal(sentence)


def test_a_refusal_is_tied_to_no_passage(checker: CitationChecker, passages: list[Hit]) -> None:
    attached = checker.attach("The provided passages do not contain this information.", passages)
    assert attached.refusals == {0}
    assert attached.references == ()


def test_decimals_are_one_figure_in_both_notations(checker: CitationChecker, passages: list[Hit]) -> None:
    attached = checker.attach("O dropout da camada final é de 0.35 [1].", passages)
    assert attached.sentences[0].supported


def test_what_answers_is_nearer_to_the_question_than_what_was_said_of_something_else(
    checker: CitationChecker, course: Monitoria
) -> None:
    question = "Que horas sai o passeio a campo e que roupa preciso usar?"
    hits = course.search(question)
    answers = checker.relevance("o ônibus sai às sete, e é para ir de calça comprida e bota.", question, hits)
    strays = checker.relevance("a acurácia da rede caiu seis pontos.", question, hits)
    assert answers > 0.65 > strays
    assert checker.relevance("o ônibus sai às sete.", question, []) == 0.0
