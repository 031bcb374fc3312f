"""What a lecture, a question or a model writes is shown as it is written, and does nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from interfaces.pages.plain import JOINER
from tests.app.browser.chatting import answer_text, ask, box, cards, said, wait_answered
from tests.app.browser.conftest import HOSTILE, App, free_port, wait_until_up

_MEANINGFUL = [
    *"**oi** <b>x</b>|<script>alert(1)</script>|:red[oi] :material/home: :smile: :streamlit:|$x^2$ $$y$$".split("|"),
    *"www.exemplo.com https://a.b/c?d=e a.b@c.de|a -> b <- c <-> d -- e >= f <= g ~= h|# t|- item|1. item".split("|"),
    *"`code`|[link](http://x.y)|![i](x)|> q|---|===|~~s~~|&amp; &lt;|mailto:a@b.c|^1^ [^1]: foo|[1]: http://x.y".split(
        "|"
    ),
    *":blue-background[x]|:small[x]|::div|*a* _b_ __c__|-->|->|--|```py|~~~|- [ ] todo|(c) (r)|www.|http:|a@".split(
        "|"
    ),
    "12:34–56:78",
    "a | b",
    *"!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~",
]


def strings() -> list[str]:
    """What Markdown gives a meaning to, alone and put together at random, the same every time."""
    chosen = random.Random(7)
    mixed = [
        "".join(chosen.choice([*_MEANINGFUL, "a", "1"]) + chosen.choice(["", " "]) for _ in range(chosen.randint(1, 6)))
        for _ in range(200)
    ]
    return [" ".join(text.split()) for text in [*_MEANINGFUL, *mixed]]


def test_plain_text_is_shown_as_it_is_by_streamlits_own_markdown(browser: Browser, tmp_path: Path) -> None:
    texts = strings()
    root = Path(__file__).parents[3]
    page_file = tmp_path / "plain_page.py"
    page_file.write_text(
        f"import sys; sys.path.insert(0, {str(root)!r})\n"
        "import streamlit as st\nfrom interfaces.pages.plain import plain\n"
        f"for n, text in enumerate({texts!r}):\n"
        "    with st.container(key=f'case{n}'):\n        st.markdown(plain(text))\n"
        "st.button(plain(':red[rótulo] **x**'), key='label')\n",
        encoding="utf-8",
    )
    port = free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(page_file), f"--server.port={port}"]
    command += ["--server.headless=true", "--server.address=127.0.0.1", "--browser.gatherUsageStats=false"]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until_up(f"http://127.0.0.1:{port}", process)
        page = browser.new_page()
        page.goto(f"http://127.0.0.1:{port}")
        page.locator(".st-key-label button").wait_for(timeout=60_000)
        assert said(page.locator(".st-key-label button")) == ":red[rótulo] **x**"
        shown = page.evaluate(_SHOWN, len(texts))
        wrong = [
            (text, said, tags)
            for text, (said, tags) in zip(texts, shown, strict=True)
            if said.strip().replace(JOINER, "") != text or tags != ["P"]
        ]
        assert wrong == []
        page.close()
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture
def second_course(page: Page) -> Page:
    page.get_by_role("combobox", name="Curso").click()
    page.get_by_role("option", name="Curso <i>dois</i>").click()
    page.get_by_role("heading", level=1, name="Curso <i>dois</i>").wait_for()
    return page


def test_markup_and_orders_in_a_transcript_change_nothing(second_course: Page, app: App) -> None:
    page = second_course
    app.script.pieces = [
        "A chave da segurança é a paciência [1]. ",
        "Veja <script>window.hacked = 4</script> **negrito** :red[x] [y](http://z.w).",
    ]
    question = "qual é a chave da <b>segurança</b> :smile: [x](http://y.z)?"
    ask(page, question)
    wait_answered(page)
    assert page.evaluate("window.hacked") is None
    card = cards(page).first
    assert HOSTILE.split(" e <img")[0] in said(card)
    assert card.locator("img, script, h3 a[href*=javascript]").count() == 0
    assert page.locator("a[href^=javascript]").count() == 0
    assert "<b>Segurança</b> :smile: [x](y)" in said(card)
    assert "<script>window.hacked = 4</script> **negrito** :red[x] [y](http://z.w)" in answer_text(page)
    assert "HACKED" not in answer_text(page).split("[1]")[0]
    asked = app.script.requests[-1]["messages"]
    assert "ignore as instruções" not in asked[0]["content"], "a lecture speaks in the passages, never as the system"


def test_a_lecture_on_youtube_starts_at_the_second_that_is_cited(second_course: Page, app: App) -> None:
    page = second_course
    app.script.pieces = ["O decaimento de pesos empurra cada peso para perto de zero a cada passo do treino [1]."]
    ask(page, "o que é decaimento de pesos?")
    wait_answered(page)
    page.get_by_text("Ouvir a partir de 00:2").first.click()
    frame = page.locator("iframe").first
    expect(frame).to_have_attribute("src", _within("https://www.youtube.com/embed/abcdefghijk", "start=20"))


def test_a_recording_beside_its_transcript_is_played_from_the_second_that_is_cited(
    second_course: Page, app: App
) -> None:
    page = second_course
    app.script.pieces = ["A parada antecipada guarda a melhor época e interrompe o treino [1]."]
    ask(page, "o que faz a parada antecipada?")
    wait_answered(page)
    page.get_by_text("Ouvir a partir de 00:2").first.click()
    sound = page.locator("audio").first
    sound.wait_for(state="attached")
    page.wait_for_function("document.querySelector('audio')?.currentTime >= 19.9")


def test_a_question_may_hold_anything(page: Page) -> None:
    box(page).wait_for()
    question = "o que é $x$ -> **gradiente** www.a.b :smile: <script>alert(1)</script>?"
    ask(page, question)
    wait_answered(page)
    assert page.locator("h2 a, h2 script, h2 strong").count() == 0


def _within(*parts: str):
    import re

    return re.compile(".*".join(re.escape(part) for part in parts))


_SHOWN = """n => [...Array(n).keys()].map(i => {
  const said = document.querySelector(".st-key-case" + i + " [data-testid=stMarkdownContainer]");
  return [said.textContent, [...said.querySelectorAll("*")].map(element => element.tagName)];
})"""
