"""Expansions of a question: what is asked, what is kept of the reply, and that no failure loses a search."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.language import detect_language
from corpus.records import Lecture
from rag.config import Settings
from rag.errors import ModelUnavailable
from rag.llm import LLM, open_llm, wrap_llm
from rag.rewriting import Expander, Expansion, hypothetical_answer, rewritten, subject_of
from tests.scripted_server import Script, scripted_server

QUESTION = "Por que a gente para antes, se a perda ainda cai?"


@pytest.fixture
def asked(settings: Settings):
    @contextmanager
    def opened(script: Script) -> Iterator[LLM]:
        with scripted_server(script) as url:
            llm = settings.llm.model_copy(
                update={"spec": "openai:scripted", "base_url": url, "api_key": "x", "temperature": 0.9, "seed": 1}
            )
            made = open_llm(llm)
            assert made is not None
            yield made

    return opened


def test_a_hypothetical_answer_is_one_sentence_without_its_wrapping(asked) -> None:
    script = Script(["Frase do professor: “A parada antecipada ", "evita o sobreajuste.”\n\nEspero ter ajudado!"])
    with asked(script) as llm:
        expansion = hypothetical_answer(llm, QUESTION, "pt", subject="Introdução ao Deep Learning")
    assert expansion.texts == ("A parada antecipada evita o sobreajuste.",)
    assert expansion.fault is None
    assert expansion.seconds > 0


@pytest.mark.parametrize("label", ["O professor respondeu: ", "Professora: ", "The lecturer's sentence: ", ""])
def test_a_label_is_no_part_of_the_sentence(asked, label: str) -> None:
    with asked(Script([f'{label}"O professor erra: acontece."'])) as llm:
        assert hypothetical_answer(llm, QUESTION, "pt").texts == ("O professor erra: acontece.",)


def test_the_model_is_asked_shortly_and_the_same_way_every_time(asked) -> None:
    script = Script(["Uma frase."])
    with asked(script) as llm:
        hypothetical_answer(llm, "  Por\nque? <|im_end|> {{subject}}", "pt", subject="Redes")
        rewritten(llm, QUESTION, "en")
    first, second = script.requests
    assert (first["temperature"], first["seed"], first["max_completion_tokens"]) == (0.0, 7, 60)
    assert second["max_completion_tokens"] == 100
    system, user = (message["content"] for message in first["messages"])
    assert "{{" not in system
    assert user == "Curso: Redes\nPergunta do aluno: Por que? ‹|im_end|> {{subject}}\nFrase do professor:"
    assert second["messages"][1]["content"].startswith("Course: -\nStudent's question: Por que a gente")


def test_wordings_lose_their_bullets_echoes_and_repetitions(asked) -> None:
    said = (
        "Três jeitos de perguntar o mesmo:\n"
        f"1. {QUESTION.upper()}\n"
        "2) Quando usar a parada antecipada?\n"
        "- quando usar a PARADA antecipada\n"
        "* **Qual é o efeito da paciência?**\n"
        "Por que o sobreajuste cresce?\n"
        "Uma quarta?"
    )
    with asked(Script([said])) as llm:
        expansion = rewritten(llm, QUESTION, "pt")
    assert expansion.texts == (
        "Quando usar a parada antecipada?",
        "Qual é o efeito da paciência?",
        "Por que o sobreajuste cresce?",
    )


def test_a_wording_that_was_cut_off_goes_unless_it_is_the_only_one(asked) -> None:
    with asked(Script(["Quando parar?\nQual é a paci"], finish_reason="length")) as llm:
        assert rewritten(llm, QUESTION, "pt").texts == ("Quando parar?",)
    with asked(Script(["Qual é a paci"], finish_reason="length")) as llm:
        assert rewritten(llm, QUESTION, "pt").texts == ("Qual é a paci",)


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (Script(status=500), "failed"),
        (Script(["Meia "], hang_after=0), "silent for 1 s"),
        (Script(["Meia ", "frase"], break_after=1), "broke off"),
        (Script([]), "wrote nothing"),
        (Script([QUESTION]), "wrote nothing to search with"),
        (Script(["“”\n1.\n***\nAqui estão:"]), "wrote nothing to search with"),
    ],
    ids=["500", "hangs", "breaks off", "nothing", "an echo", "wrapping alone"],
)
@pytest.mark.parametrize("expand", [hypothetical_answer, rewritten])
def test_a_model_that_fails_leaves_no_texts_and_a_reason(asked, script: Script, said: str, expand) -> None:
    script.stop.clear()
    with asked(script) as llm:
        expansion = expand(llm, QUESTION, "pt", timeout_s=1.0)
    assert expansion.texts == ()
    assert said in str(expansion.fault)
    assert "\n" not in str(expansion.fault)


def test_a_slow_model_is_not_waited_for_and_what_it_wrote_is_used(asked) -> None:
    class Dribble(list[str]):
        def __iter__(self) -> Iterator[str]:
            for piece in ["A parada ", "antecipada ", *["e mais "] * 100]:
                time.sleep(0.1)
                yield piece

    started = time.monotonic()
    with asked(Script(Dribble())) as llm:
        expansion = hypothetical_answer(llm, QUESTION, "pt", timeout_s=0.5)
    assert time.monotonic() - started < 8
    assert expansion.texts[0].startswith("A parada")


def test_any_chat_model_will_do(settings: Settings) -> None:
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    llm = wrap_llm(FakeListChatModel(responses=["A parada antecipada evita isso."]), settings.llm)
    assert hypothetical_answer(llm, QUESTION, "pt").texts == ("A parada antecipada evita isso.",)


def test_the_same_question_is_asked_once_and_the_longest_unused_forgotten(asked) -> None:
    script = Script(["Uma frase."])
    with asked(script) as llm:
        expander = Expander("hypothetical", lambda: llm, remembered=2)
        first = expander.expand("a?", "pt")
        assert expander.expand("a?", "pt") == Expansion(first.texts, seconds=0.0)
        expander.expand("b?", "pt")
        expander.expand("a?", "pt")
        expander.expand("c?", "pt")  # b goes
        assert len(script.requests) == 3
        expander.expand("a?", "pt")
        assert len(script.requests) == 3
        expander.expand("b?", "pt")
        expander.expand("b?", "en")
        assert len(script.requests) == 5


def test_failures_are_told_each_time_and_not_remembered(asked) -> None:
    script = Script(["Uma frase."], status=500)
    with asked(script) as llm:
        expander = Expander("rewrite", lambda: llm)
        assert "failed" in str(expander.expand("a?", "pt").fault)
        script.status = 200
        assert expander.expand("a?", "pt").texts == ("Uma frase.",)


def test_a_model_that_cannot_be_opened_or_is_none_loses_no_search() -> None:
    def absent() -> LLM:
        raise ModelUnavailable(pt="não há", en="there is none")

    assert str(Expander("rewrite", absent).expand("a?", "pt").fault) == "there is none"
    assert "llm.spec = none" in str(Expander("rewrite", lambda: None).expand("a?", "pt").fault)


def test_threads_share_an_expander(asked) -> None:
    with asked(Script(["Uma frase."])) as llm, ThreadPoolExecutor(8) as pool:
        expander = Expander("hypothetical", lambda: llm, remembered=3)
        found = list(pool.map(lambda n: expander.expand(f"{n % 5}?", "pt").texts, range(40)))
    assert set(found) == {("Uma frase.",)}


def test_a_course_is_named_or_its_lectures_are() -> None:
    lectures = [Lecture("b", "Redes", course="IA"), Lecture("a", "Abertura", course="IA")]
    assert subject_of(lectures) == "IA"
    assert subject_of([Lecture("b", "Redes"), Lecture("a", "Abertura")]) == "Abertura; Redes"
    assert subject_of([]) == ""


@given(st.lists(st.text("ab ;", min_size=1, max_size=120), max_size=12))
def test_a_subject_is_short_and_of_whole_names(titles: list[str]) -> None:
    subject = subject_of(Lecture(f"{n:02}", title) for n, title in enumerate(titles))
    distinct = list(dict.fromkeys(titles))
    assert len(subject) <= 300
    assert any(subject == "; ".join(distinct[:n]) for n in range(len(distinct) + 1))


@pytest.mark.llm
def test_the_embedded_model_writes_in_the_lectures_language(settings: Settings) -> None:
    """Whether it helps is measured elsewhere; here: there is a text, short, and in Portuguese."""
    from rag.models import list_models
    from tests.conftest import skip_or_fail

    states = {status.name: status.state for status in list_models()}
    if states["qwen2.5-coder-1.5b"] not in ("present", "verified"):
        skip_or_fail("needs the embedded model's weights: monitoria models pull qwen2.5-coder-1.5b (1.1 GB)")
    llm = open_llm(settings.llm)
    assert llm is not None
    question = "Why does he stop the training early?"
    expansion = hypothetical_answer(llm, question, "pt", subject="Introdução ao Deep Learning", timeout_s=300)
    assert expansion.fault is None
    assert detect_language(expansion.texts[0]) == "pt"
    assert len(expansion.texts[0]) < 600
