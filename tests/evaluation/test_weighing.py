"""The reference kind weighed: a model's odds of three words beside the reference's words, and what comes of both."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.judging.asking import Patience
from eval.judging.judge import Judge
from eval.judging.judgements import Judgement
from eval.judging.weighing import (
    YARDSTICK,
    Compared,
    Weighed,
    Words,
    Yardstick,
    marking,
    marking_hashes,
    reading_of,
    words_found,
)
from eval.topics import Topic
from rag.config import Settings
from rag.llm import LLM, open_llm
from tests.scripted_server import Script, scripted_server

TOPIC = Topic("t1", "O que é a mediana?", True, "A mediana é o valor do meio dos dados ordenados.")


@contextmanager
def weighing(
    settings: Settings, chances: Callable[[str], Mapping[str, float]] | None, **script: Any
) -> Iterator[Judge]:
    """A judge whose model begins its reply as ``chances`` says, and goes on from a beginning as llama.cpp does."""
    with scripted_server(Script(chances=chances, **script)) as url:
        update = {"spec": "openai:x", "base_url": url, "api_key": "x", "profile": "small"}
        llm = open_llm(settings.llm.model_copy(update=update))
        assert isinstance(llm, LLM)
        patience = Patience(timeout_s=2.0, tries=2, sleep=lambda _: None)
        yield Judge(replace(llm, takes_grammar=True), patience=patience)


def judged(judge: Judge, answer: str, topic: Topic = TOPIC) -> Judgement:
    found = judge.judge("reference", {"topic_id": topic.topic_id, "question": topic.question, "answer": answer}, topic)
    assert found is not None
    return found


def test_words_by_hand() -> None:
    # "mediana" is the question's; "o", "do", "dos", "é" say nothing; "dado" and "dados" are one word.
    found = words_found(Compared(TOPIC.question, TOPIC.reference_answer or "", "fica no meio do dado", "pt"))
    assert found == Words(("meio", "dados"), ("valor", "ordenados"))


@pytest.mark.parametrize(
    ("reference", "answer", "found"),
    [
        ("Antes de dezembro. | No outono.", "foi no outono", (("outono",), ())),  # one version is enough
        ("É a mediana.", "a mediana", (("mediana",), ())),  # a reference with no word of its own keeps its words
        ("Não.", "não, nunca", (("Não",), ())),  # nor one that has stop words alone
        ("", "qualquer coisa", ((), ())),
    ],
)
def test_words_where_there_are_few(reference: str, answer: str, found: tuple[tuple[str, ...], ...]) -> None:
    words = words_found(Compared(TOPIC.question, reference, answer, "pt"))
    assert (words.present, words.absent) == found


@given(st.text(max_size=80), st.text(max_size=80), st.text(max_size=40))
def test_a_reference_covers_itself_and_coverage_is_a_share(reference: str, answer: str, question: str) -> None:
    assert 0.0 <= words_found(Compared(question, reference, answer, "pt")).coverage <= 1.0
    assert words_found(Compared(question, reference, reference, "pt")).absent == ()


def test_a_yardstick_by_hand() -> None:
    yardstick = Yardstick(0.1, 0.5, 2.0, (0.5, 1.0, 2.0))
    # 0.1 + 0.5 * 1.5 + 2 * 0.5 = 1.85: above two of the cuts.
    assert yardstick.score(1.5, 0.5) == 2
    assert (yardstick.score(0.0, 0.0), yardstick.score(3.0, 1.0)) == (0, 3)


def test_the_yardstick_in_use_rises_with_odds_and_words() -> None:
    assert YARDSTICK.odds > 0
    assert YARDSTICK.coverage > 0
    assert list(YARDSTICK.cuts) == sorted(YARDSTICK.cuts)
    assert (YARDSTICK.score(0.0, 0.0), YARDSTICK.score(3.0, 1.0)) == (0, 3)


def test_the_judgement_says_what_was_found(settings: Settings) -> None:
    odds = {"cor": math.log(0.5), "par": math.log(0.25), "err": math.log(0.125), "x": math.log(0.125)}
    with weighing(settings, lambda _: odds) as judge:
        found = judged(judge, "O valor do meio dos dados ordenados.")
    assert found.supporting_evidence == (
        "A resposta tem todas as 4 palavras da referência que contam: valor, meio, dados, ordenados. "
        "O modelo dá 57% de chance a “correta”, 29% a “parcialmente correta” e 14% a “errada”."
    )
    assert found.criteria == f"O que a resposta precisa dizer: {TOPIC.reference_answer}"
    assert json.loads(found.raw or "") == {"I": 0.1429, "P": 0.2857, "C": 0.5714}
    assert found.score == YARDSTICK.score(3 * 4 / 7 + 1.5 * 2 / 7, 1.0)
    assert found.prompt_sha256 == marking_hashes()["reference.pt"]


@pytest.mark.parametrize(
    ("reference", "answer", "told"),
    [
        ("O valor do meio.", "sei lá", "A resposta não tem nenhuma das 2 palavras da referência que contam: "
         "valor, meio."),
        ("O meio.", "é o meio", "A resposta tem a única palavra da referência que conta: meio."),
        ("O meio.", "sei lá", "A resposta não tem a única palavra da referência que conta: meio."),
        ("O valor do meio dos dados.", "o meio", "Das 3 palavras da referência que contam, a resposta tem 1 (meio); "
         "faltam 2 (valor, dados)."),
        ("O valor do meio.", "o meio", "Das 2 palavras da referência que contam, a resposta tem 1 (meio); "
         "falta 1 (valor)."),
        ("", "qualquer", "A referência não tem palavra que se possa procurar na resposta."),
    ],
)  # fmt: skip
def test_reasons_in_portuguese_count_what_they_name(reference: str, answer: str, told: str) -> None:
    compared = Compared(TOPIC.question, reference, answer, "pt")
    found = reading_of(Weighed((0.2, 0.3, 0.5), words_found(compared)), compared)
    assert found.supporting_evidence.startswith(told + " O modelo dá 50% ")


def test_the_model_has_a_say_and_so_have_the_words(settings: Settings) -> None:
    with weighing(settings, lambda asked: {"cor": -0.01} if "certo" in asked else {"err": -0.01}) as judge:
        liked, disliked = (judged(judge, f"valor do meio {word}").ar or 0.0 for word in ("certo", "torto"))
        full, empty = (judged(judge, text).ar or 0.0 for text in ("valor do meio dos dados ordenados", "sei lá"))
    assert liked > disliked
    assert full > empty == 0.0


def test_a_model_that_begins_none_of_the_words_has_no_score(settings: Settings) -> None:
    with weighing(settings, lambda _: {"Olá": -0.1}) as judge:
        found = judged(judge, "O valor do meio.")
    assert (found.score, found.verdict, found.cause) == (None, None, "unreadable")
    assert "Olá" in (found.error or "")


@pytest.mark.parametrize(("script", "cause"), [({"status": 500}, "unreachable")])
def test_a_model_that_fails_has_no_score(settings: Settings, script: dict[str, Any], cause: str) -> None:
    with weighing(settings, lambda _: {"cor": -0.1}, **script) as judge:
        found = judged(judge, "O valor do meio.")
    assert (found.score, found.cause) == (None, cause)


def test_what_decides_is_in_the_hash() -> None:
    prompt = marking(Compared("O que é?", "Isso.", "Isso. <|im_end|>", "pt"))
    assert prompt.sha256 == marking_hashes()["reference.pt"] != marking_hashes()["reference.en"]
    assert "<|im_end|>" not in prompt.user


def test_a_judge_may_be_told_to_reason(settings: Settings) -> None:
    reply = json.dumps({"criteria": "o meio", "supporting_evidence": "diz o meio", "score": 3})
    with scripted_server(Script([reply])) as url:
        update = {"spec": "openai:x", "base_url": url, "api_key": "x", "profile": "small"}
        llm = open_llm(settings.llm.model_copy(update=update))
        assert llm is not None
        judge = Judge(replace(llm, takes_grammar=True), weighs=False)
        assert judged(judge, "O valor do meio.").supporting_evidence == "diz o meio"
    assert Judge(llm).weighs is False  # a model that is no llama.cpp of ours writes its reasons
