"""Multiple choice: what a model is asked, what of its reply counts, what comes of a model that fails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.choosing import LETTERS, letter_grammar, read_letters
from rag.config import Settings
from rag.encoder import Encoder
from rag.llm import WRITING, ModelOnDemand, open_llm
from rag.models import resolve_llm
from rag.pipeline import Monitoria
from rag.retriever import SegmentRetriever
from tests.scripted_server import Script, scripted_server

QUESTION = "Que horas sai o ônibus do passeio a campo?"
CHOICES = ["Às seis", "Às sete", "Às oito", "Ao meio-dia"]


@pytest.fixture
def course_with(course: Monitoria, encoder: Encoder, settings: Settings):
    """The sample course with a model on script; as llama.cpp where it takes a grammar."""

    @contextmanager
    def opened(script: Script, *, takes_grammar: bool = False) -> Iterator[Monitoria]:
        with scripted_server(script) as url:
            profile = "small" if takes_grammar else "large"
            update = {"spec": "openai:x", "base_url": url, "api_key": "x", "profile": profile, "timeout_s": 1.0}
            changed = settings.model_copy(update={"llm": settings.llm.model_copy(update=update)})
            llm = open_llm(changed.llm)
            assert llm is not None
            model = ModelOnDemand(changed.llm, replace(llm, takes_grammar=takes_grammar))
            yield Monitoria(SegmentRetriever(course.index, encoder, settings.retrieval), changed, model)

    return opened


def test_it_is_asked_with_quotes_and_lettered_choices(course_with, course: Monitoria) -> None:
    script = Script(["C"])
    answer = course.ask(QUESTION)
    with course_with(script) as asked:
        chosen = asked.choose(answer, CHOICES)
    assert (chosen.places, chosen.cause, chosen.failed) == ((2,), None, False)
    [request] = script.requests
    system, user = (message["content"] for message in request["messages"])
    assert "Uma alternativa está certa" in system
    assert user.endswith(
        f"Pergunta: {QUESTION}\nA) Às seis\nB) Às sete\nC) Às oito\nD) Ao meio-dia\n\nLetra da alternativa certa:"
    )
    said = " ".join(hit.segment.text for hit in answer.hits)
    quotes = user.removeprefix("Trechos das aulas:\n").split("\n\nPergunta:")[0].split("\n\n")
    assert quotes
    assert all(quote in " ".join(said.split()) for quote in quotes)


def test_llama_cpp_is_held_to_letters(course_with, course: Monitoria) -> None:
    answer = course.ask(QUESTION)
    for several, grammar in ((False, 'root ::= "A" | "B" | "C" | "D"'), (True, letter_grammar(4, several=True))):
        script = Script(["A"])
        with course_with(script, takes_grammar=True) as asked:
            assert asked.choose(answer, CHOICES, several=several).places == (0,)
        [request] = script.requests
        assert (request["grammar"], request["id_slot"]) == (grammar, WRITING)


def test_several_may_be_right_where_it_is_said(course_with, course: Monitoria) -> None:
    answer = course.ask("What time does the bus for the field trip leave?")
    script = Script(["D, A"])
    with course_with(script) as asked:
        assert asked.choose(answer, CHOICES, several=True).places == (0, 3)
    assert "More than one choice is right" in script.requests[0]["messages"][0]["content"]


@pytest.mark.parametrize("reply", ["Depende.", "A, B", "E", "A melhor é a segunda"])
def test_what_is_no_letter_is_asked_for_once_more(course_with, course: Monitoria, reply: str) -> None:
    script = Script([reply])
    with course_with(script) as asked:
        chosen = asked.choose(course.ask(QUESTION), CHOICES)
    assert chosen.places is None
    assert not chosen.failed
    assert repr(reply) in (chosen.cause or "")
    assert chosen.prompt_sha256 is not None
    first, second = (request["messages"] for request in script.requests)
    assert second[:2] == first
    assert [message["content"] for message in second[2:]] == [
        reply,
        "Isso não é só a letra pedida. Responda de novo: só letras das alternativas acima, sem mais nada.",
    ]


@pytest.mark.parametrize("script", [Script(status=500), Script(hang_after=0), Script([" "])])
def test_a_model_that_fails_is_no_exception(course_with, course: Monitoria, script: Script) -> None:
    with course_with(script) as asked:
        chosen = asked.choose(course.ask(QUESTION), CHOICES)
    assert (chosen.places, chosen.failed) == (None, True)
    assert chosen.cause


def test_without_a_model_nobody_chooses(course: Monitoria) -> None:
    chosen = course.choose(course.ask(QUESTION), CHOICES)
    assert (chosen.places, chosen.failed) == (None, False)
    assert chosen.cause == "no model chooses with llm.spec = none"


def test_without_passages_nothing_is_chosen(course_with, course: Monitoria) -> None:
    script = Script(["A"])
    with course_with(script) as asked:
        chosen = asked.choose(replace(course.ask(QUESTION), hits=()), CHOICES)
    assert (chosen.places, chosen.failed) == (None, False)
    assert chosen.cause == "there is no passage of the lectures to choose by"
    assert not script.requests


FRAMEWORKS = ["Django", "Flask", "FastAPI", "`__init__`"]


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("B", (1,)),
        ("**b**", (1,)),
        ("(B).", (1,)),
        ("Alternativa B", (1,)),
        ("Letra: c, porque é rápido", (2,)),
        ("Resposta: alternativa (C)", (2,)),
        ("The correct answer", None),
        ("Answer: D", (3,)),
        ("b) é o mais leve, e o Django não", (1,)),
        ("d) __init__", (3,)),
        ("B – Flask, que é leve", (1,)),
        ("B e D", (1, 3)),
        ("B, C and D.", (1, 2, 3)),
        ("(A), (C)", (0, 2)),
        ("D; A", (0, 3)),
        ("A E", None),
        ("A e D", (0, 3)),
        # Plain words, another letter, another's text, a letter too many.
        ("A melhor é Flask", None),
        ("A", (0,)),
        ("A. Einstein", None),
        ("E", None),
        ("B) ou C)", None),
        ("B ou C", None),
        ("Alternativas B e D, porque sim", None),
        ("Option A is wrong", None),
        ("B) Django", None),
        ("Resposta: A capital", None),
        ("", None),
        ("letra", None),
        ("Alternativamente, B)", None),
        ("AB", None),
        ("Bom", None),
    ],
)
def test_letters_are_read_strictly(text: str, places: tuple[int, ...] | None) -> None:
    assert read_letters(text, FRAMEWORKS) == places


@given(st.sets(st.integers(0, 5), min_size=1), st.sampled_from([", ", " e ", " and ", "; ", "/"]), st.booleans())
def test_letters_come_back_however_they_are_joined(places: set[int], joint: str, closed: bool) -> None:
    written = joint.join(f"({LETTERS[n]})" if closed else LETTERS[n] for n in sorted(places, reverse=True))
    assert read_letters(written, ["x"] * 6) == tuple(sorted(places))


@given(st.text(alphabet="ABcde ,.()éporque", max_size=12))
def test_any_text_is_places_or_nothing(text: str) -> None:
    places = read_letters(text, ["um", "dois", "três"])
    assert places is None or (places == tuple(sorted(set(places))) and set(places) <= {0, 1, 2})


def test_a_small_real_model_keeps_to_the_letters(course: Monitoria, encoder: Encoder, settings: Settings) -> None:
    """SmolLM2 shows that llama.cpp reads the grammars; whether it is right is another matter."""
    update = {"model_file": resolve_llm("smollm2-135m"), "spec": "embedded"}
    small = settings.model_copy(update={"llm": settings.llm.model_copy(update=update)})
    asked = Monitoria(SegmentRetriever(course.index, encoder, settings.retrieval), small)
    answer = course.ask(QUESTION)
    for several in (False, True):
        chosen = asked.choose(answer, CHOICES, several=several)
        assert chosen.cause is None
        assert chosen.places is not None
        assert several or len(chosen.places) == 1
