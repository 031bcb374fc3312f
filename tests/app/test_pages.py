"""The small things of the pages, without a browser: where nothing is yet, and where something went wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import streamlit
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from corpus.language import set_interface_language
from interfaces.access import LOCAL
from interfaces.history.conversations import add_turn, fail_abandoned, start_conversation
from interfaces.history.database import History
from interfaces.history.locating import database_of
from interfaces.pages.answer import _in_two
from interfaces.pages.media import media_of
from interfaces.pages.plain import JOINER, marked, plain, with_links
from interfaces.service.courses import course_id
from rag.config import load_settings
from tests.conftest import ROOT

Opened = Callable[..., AppTest]


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Opens the app over these index folders, with a database of its own and no model."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONITORIA_ENCODER__SOURCE", "carried")
    monkeypatch.setenv("MONITORIA_ENCODER__RUNTIME", "onnx-int8")
    monkeypatch.setenv("MONITORIA_LLM__SPEC", "none")
    monkeypatch.setenv("MONITORIA_APP__FOLDER", str(tmp_path / "app"))

    def open_app(*indexes: Path, **query: str) -> AppTest:
        monkeypatch.setenv("MONITORIA_APP__COURSES", ":".join(map(str, indexes)))
        streamlit.cache_resource.clear()
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_app


def test_without_a_course_it_says_how_to_make_one(opened: Opened) -> None:
    app = opened()
    assert not app.exception
    assert app.title[0].value == "Nenhum curso ainda"
    assert "monitoria app --index" in app.code[0].value
    assert opened(lang="en").title[0].value == "No course yet"


def test_a_course_that_cannot_be_opened_shows_the_command_that_mends_it(opened: Opened, tmp_path: Path) -> None:
    app = opened(tmp_path / "nada")
    assert "monitoria index" in app.error[0].value.replace("\\", "")


def test_an_empty_page_says_what_to_ask_and_who_one_is(opened: Opened, sample_index: Path) -> None:
    app = opened(sample_index)
    assert not app.exception
    assert len([button for button in app.button if (button.key or "").startswith("example-")]) == 3
    assert any("você tem todos os papéis" in caption.value for caption in app.sidebar.caption)


def test_without_a_model_the_quotes_are_the_answer(opened: Opened, sample_index: Path) -> None:
    app = opened(sample_index)
    app.button(key="example-0").click().run()
    assert not app.exception
    while not any("Responder de novo" in button.label for button in app.button):
        app.run()
    assert len(app.subheader) >= 3
    numbers = [int(part.value[2 : part.value.index("\\]")]) for part in app.subheader]
    assert numbers[:3] == sorted(numbers[:3])
    assert numbers[3:] == sorted(numbers[3:])


def answered_again(app: AppTest, times: int) -> AppTest:
    """The app once so many answers to its last question are there, asked one press after another."""
    for _ in range(times):
        while not any("Responder de novo" in button.label for button in app.button):
            app.run()
        next(button for button in app.button if button.label == "Responder de novo").click().run()
    while not any("Responder de novo" in button.label for button in app.button):
        app.run()
    assert not app.exception
    return app


def test_one_goes_back_to_an_earlier_answer_which_kept_its_thumb(opened: Opened, sample_index: Path) -> None:
    app = opened(sample_index)
    app.button(key="example-0").click().run()
    while not any("Responder de novo" in button.label for button in app.button):
        app.run()
    app.get("feedback")[0].set_value(0).run()
    assert not [caption for caption in app.caption if "resposta de" in caption.value]
    app = answered_again(app, 2)

    def pressed(label: str) -> str:
        next(button for button in app.button if button.label == label).click().run()
        assert not app.exception
        return where()

    def where() -> str:
        return next(caption.value for caption in app.caption if "resposta de" in caption.value)

    def enabled() -> list[bool]:
        return [not button.disabled for button in app.button if button.label.startswith("Resposta ")]

    assert (where(), enabled()) == ("3ª resposta de 3", [True, False])
    assert app.get("feedback")[0].value is None
    assert (pressed("Resposta anterior"), enabled()) == ("2ª resposta de 3", [True, True])
    assert (pressed("Resposta anterior"), enabled()) == ("1ª resposta de 3", [False, True])
    assert app.get("feedback")[0].value == 0
    assert pressed("Resposta seguinte") == "2ª resposta de 3"
    assert answered_again(app, 1) is app
    assert where() == "4ª resposta de 4", "a new answer is seen at once"


def test_cards_go_by_number_the_cited_ones_first() -> None:
    references = [{"n": n} for n in (1, 2, 3, 4, 5)]
    written = {"mode": "generated", "references": references, "sentences": [{"citations": [4]}, {"citations": [2, 4]}]}
    assert numbers_of(written, []) == ([2, 4], [1, 3, 5])
    assert numbers_of(written | {"sentences": [{"citations": []}]}, [3, 1, 2, 4, 5]) == ([3], [1, 2, 4, 5])
    quoted = written | {"mode": "quotes"}
    assert numbers_of(quoted, [1, 3, 2, 4, 5]) == ([1, 2, 3], [4, 5])
    assert numbers_of(quoted, [5, 1, 3, 2, 4]) == ([1, 3, 5], [2, 4])
    assert numbers_of(quoted, []) == ([1, 2, 3], [4, 5])
    assert numbers_of(quoted | {"references": []}, []) == ([], [])


def numbers_of(record: dict[str, Any], order: list[int]) -> tuple[list[int], list[int]]:
    first, rest = _in_two(record, order)
    return [one["n"] for one in first], [one["n"] for one in rest]


@given(
    n=st.integers(0, 8),
    mode=st.sampled_from(["quotes", "generated"]),
    cited=st.lists(st.integers(1, 12)),
    data=st.data(),
)
def test_no_card_is_lost_and_numbers_only_rise(n: int, mode: str, cited: list[int], data: st.DataObject) -> None:
    references = [{"n": k} for k in range(1, n + 1)]
    order = data.draw(st.permutations(range(1, n + 1)))
    first, rest = numbers_of({"mode": mode, "references": references, "sentences": [{"citations": cited}]}, order)
    assert sorted(first + rest) == list(range(1, n + 1))
    assert (first, rest) == (sorted(first), sorted(rest))
    if mode == "generated" and set(cited) & set(first + rest):
        assert set(first) == set(cited) & set(first + rest)


def test_a_turn_whose_process_died_says_so_and_offers_to_try_again(
    opened: Opened, sample_index: Path, tmp_path: Path
) -> None:
    settings = load_settings({"app": {"folder": tmp_path / "app"}})
    dead = History.open(database_of(settings.app))
    about = start_conversation(dead, LOCAL.person_id, course_id(sample_index), "t")
    add_turn(dead, about.conversation_id, "o que é gradiente descendente?")
    dead.close()
    living = History.open(database_of(settings.app))
    set_interface_language("pt")
    fail_abandoned(living, 0)
    living.close()
    app = opened(sample_index, c=about.conversation_id)
    assert "terminou antes da resposta" in app.error[0].value.replace("\\", "")
    (again,) = [button for button in app.button if button.label == "Tentar de novo"]
    again.click().run()
    assert not app.exception
    assert not app.error


def test_a_conversation_that_is_gone_is_told_and_the_page_goes_on(opened: Opened, sample_index: Path) -> None:
    app = opened(sample_index, c="0" * 32)
    assert app.error
    assert app.title[0].value.replace(JOINER, "") == "Introdução ao Deep Learning"


def test_citations_become_links_and_lists_stay_lists() -> None:
    written = with_links("Isto vale [1][2].\n- um [1, 3]\n- dois", lambda n: f"#ref-{n}" if n < 3 else None)
    assert written == (
        r"Isto vale [\[1\]](#ref-1)[\[2\]](#ref-2)\." + "\n\n" + r"- um [\[1\]](#ref-1)\[3\]" + "\n" + "- dois"
    )


def test_a_quote_is_marked_where_it_stands() -> None:
    assert marked("antes disso foi depois", "disso foi") == "antes :blue-background[disso foi] depois"
    assert marked("outro texto", "disso foi") == "outro texto"
    assert "]" not in plain("a]b").replace(r"\]", "")


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "", None, "ftp://a/b"]
)
def test_only_addresses_of_the_web_are_opened(url: str | None) -> None:
    assert media_of(url) is None


def test_a_recording_beside_its_transcript_is_found(tmp_path: Path) -> None:
    source = tmp_path / "aula-01.vtt"
    assert media_of(None, str(source)) is None
    (tmp_path / "aula-01.mp3").write_bytes(b"")
    found = media_of("https://example.org/aula-01", str(source))
    assert found is not None
    assert (found.kind, found.place) == ("audio", str(tmp_path / "aula-01.mp3"))
