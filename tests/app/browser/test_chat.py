"""A student's journey: one click to a cited answer, a reload in the middle of one, a stop, a second thought."""

from __future__ import annotations

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import TimeoutError as PressTooLate

from rag.models import resolve_llm
from tests.app.browser.chatting import ASKED, BACKED, SLOW, WORDS, answer_text, ask, box, cards, wait_answered, window
from tests.app.browser.conftest import App


def test_a_first_time_user_reaches_a_cited_answer_with_one_click(page: Page) -> None:
    page.locator(".st-key-examples").get_by_role("button", name="O que é gradiente descendente?").click()
    wait_answered(page)
    link = page.locator('[class*="st-key-answer-"] a', has_text="[1]").first
    target = page.locator(link.get_attribute("href") or "")
    link.click()
    expect(target).to_be_in_viewport()
    expect(cards(page).first.get_by_role("heading", level=3)).to_contain_text("[1]")
    expect(cards(page).first.get_by_role("link", name=re.compile("Abrir em"))).to_have_attribute(
        "href", re.compile(r"^https://videos\.example\.org/.*\?t=\d+$")
    )


def test_passages_are_on_screen_soon_after_enter(page: Page, app: App, record_property) -> None:
    app.script.hang_after = 0
    took_ms = []
    for question in (ASKED, "o que é viés?", "como se calcula a perda?"):
        page.get_by_role("button", name="Nova conversa").click()
        page.locator(".st-key-examples").wait_for()
        box(page).fill(question)
        page.evaluate(_STOPWATCH)
        box(page).press("Enter")
        cards(page).first.wait_for()
        took_ms.append(page.evaluate("window.shownAt - window.askedAt"))
        page.get_by_role("button", name="Parar").click()
    app.script.stop.set()
    record_property("passages_ms", took_ms)
    # The goal is 500 ms; a machine that does something else beside may take twice that.
    assert min(took_ms) < 1000, took_ms


def test_a_reload_in_the_middle_of_an_answer_loses_nothing(page: Page, app: App) -> None:
    app.script.pieces, app.script.pause_s = SLOW, 0.05
    ask(page)
    page.get_by_text("palavra5").wait_for()
    page.reload()
    page.get_by_text("palavra30").wait_for()
    wait_answered(page)
    shown = answer_text(page)
    assert [word for word in WORDS if word.strip() not in shown.split()] == []
    assert page.get_by_role("heading", level=2).count() == 1


def test_feedback_a_second_tab_and_another_language_in_the_middle_lose_nothing(page: Page, app: App) -> None:
    ask(page)
    wait_answered(page)
    app.script.pieces, app.script.pause_s = SLOW, 0.05
    ask(page, "como funciona o gradiente descendente?")
    page.get_by_text("palavra3").wait_for()
    second = page.context.new_page()
    second.goto(page.url)
    second.get_by_text("palavra8").wait_for()
    page.locator('[data-testid="stFeedback"] button').first.click()
    page.get_by_label("Por quê? (opcional)").wait_for()
    page.get_by_text("English", exact=True).click()
    page.get_by_role("button", name="Answer again").nth(1).wait_for()
    wait_answered(second, 2)
    for tab in (page, second):
        shown = answer_text(tab).split()
        assert [word for word in WORDS if word.strip() not in shown] == []
    second.close()


def test_a_stop_keeps_what_is_written_and_offers_to_try_again(page: Page, app: App) -> None:
    app.script.pieces, app.script.pause_s = [BACKED, "Depois ", *WORDS * 20], 0.05
    ask(page)
    page.get_by_text("palavra5").wait_for()
    page.get_by_role("button", name="Parar").click()
    page.get_by_text("Você parou esta resposta.").wait_for()
    assert "palavra5" in answer_text(page)
    app.script.pieces = [BACKED]
    page.get_by_role("button", name="Tentar de novo").click()
    wait_answered(page)
    page.reload()
    wait_answered(page)
    page.get_by_text("2ª resposta de 2").wait_for()
    page.get_by_role("button", name="Resposta anterior").click()
    page.get_by_text("Você parou esta resposta.").wait_for()
    page.get_by_text("1ª resposta de 2").wait_for()
    assert "palavra5" in answer_text(page)
    page.get_by_role("button", name="Resposta seguinte").click()
    wait_answered(page)
    expect(page.get_by_text("Você parou esta resposta.")).to_have_count(0)


def test_a_follow_up_is_shown_as_understood_and_may_be_corrected(page: Page, app: App) -> None:
    ask(page)
    wait_answered(page)
    ask(page, "e como ele funciona?")
    wait_answered(page, 2)
    page.get_by_text("Entendi como: ").wait_for()
    page.get_by_role("button", name="Corrigir").click()
    page.get_by_role("textbox", name="A pergunta inteira").fill("como funciona a retropropagação?")
    page.get_by_role("button", name="Perguntar assim").click()
    page.get_by_role("heading", level=2, name="como funciona a retropropagação?").wait_for()
    wait_answered(page, 2)
    assert page.get_by_role("heading", level=2).count() == 2


def test_a_suggested_question_is_asked_in_the_same_conversation(page: Page) -> None:
    ask(page)
    wait_answered(page)
    suggested = page.locator('[class*="st-key-follow-ups-"] button')
    assert suggested.count() == 3
    question = suggested.first.inner_text()
    suggested.first.click()
    page.get_by_role("heading", level=2, name=question).wait_for()
    wait_answered(page, 2)


def test_when_the_lectures_do_not_answer_it_says_so_with_the_closest_passages(page: Page, app: App) -> None:
    app.script.pieces = ["As aulas não respondem a essa pergunta."]
    ask(page, "qual é a capital da Mongólia?")
    wait_answered(page)
    shown = answer_text(page)
    assert "As aulas não respondem" in shown
    assert "O que dizem de mais próximo" in shown
    assert cards(page).count() == 3


def test_a_conversation_is_renamed_exported_and_deleted(page: Page) -> None:
    ask(page)
    wait_answered(page)
    page.get_by_role("button", name="Conversa", exact=True).click()
    page.get_by_role("textbox", name="Título").fill("Sobre **gradientes**")
    page.get_by_role("textbox", name="Título").press("Enter")
    page.locator(".st-key-conversations").get_by_role("button", name="Sobre").wait_for()
    for name, wanted in (("Markdown", "# Sobre"), ("JSON", '"references"')):
        with page.expect_download() as download:
            page.get_by_role("button", name=f"Baixar em {name}").click()
        assert wanted in Path(download.value.path()).read_text(encoding="utf-8")
    page.get_by_text("Quero apagar esta conversa").click()
    page.get_by_role("button", name="Apagar", exact=True).click()
    page.locator(".st-key-examples").wait_for()
    expect(page.locator(".st-key-conversations").get_by_role("button", name="Sobre")).to_have_count(0)


def test_the_keyboard_alone_is_enough(page: Page) -> None:
    box(page).wait_for()
    for _ in range(40):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.tagName") == "TEXTAREA":
            break
    page.keyboard.type(ASKED)
    page.keyboard.press("Enter")
    wait_answered(page)


def test_a_phone_shows_everything_without_scrolling_sideways(browser: Browser, app: App) -> None:
    context = window(browser, viewport={"width": 375, "height": 740}, is_mobile=True, has_touch=True)
    phone = context.new_page()
    phone.goto(app.url)
    ask(phone)
    wait_answered(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    for card in cards(phone).all():
        place = card.bounding_box()
        assert place is not None
        assert place["x"] >= 0
        assert place["x"] + place["width"] <= 375
    context.close()


def test_only_the_lectures_chosen_are_searched(page: Page) -> None:
    page.get_by_role("combobox", name="Só nestas aulas").click()
    page.get_by_role("option", name=re.compile("Redes convolucionais e visão")).click()
    page.keyboard.press("Escape")
    ask(page)
    wait_answered(page)
    for heading in cards(page).get_by_role("heading", level=3).all():
        expect(heading).to_contain_text("Aula 05")


def test_the_language_stays_when_one_looks_at_another_page(page: Page) -> None:
    page.get_by_text("English", exact=True).click()
    page.get_by_role("link", name="My account").click()
    page.get_by_role("heading", level=1, name="My account").wait_for()
    page.reload()
    page.get_by_role("heading", level=1, name="My account").wait_for()


def test_the_embedded_model_answers_and_its_writing_can_be_stopped(
    browser: Browser, start_app: Callable[..., App], sample_index: Path
) -> None:
    app = start_app(
        sample_index,
        MONITORIA_LLM__SPEC="embedded",
        MONITORIA_LLM__MODEL_FILE=str(resolve_llm("smollm2-135m")),
        MONITORIA_LLM__BASE_URL="",
    )
    context = window(browser)
    page = context.new_page()
    page.goto(app.url)
    ask(page, "o que é gradiente descendente?")
    cards(page).first.wait_for()
    page.get_by_role("button", name="Responder de novo").wait_for(timeout=120_000)
    assert cards(page).count() >= 1
    ask(page, "o que é retropropagação?")
    # So small a model may be done before the press; then there is nothing left to press.
    with suppress(PressTooLate):
        page.get_by_role("button", name="Parar").click(timeout=10_000)
    page.get_by_text("Você parou esta resposta.").or_(
        page.get_by_role("button", name="Responder de novo").nth(1)
    ).wait_for()
    context.close()


_STOPWATCH = """() => {
  window.askedAt = window.shownAt = null;
  const card = () => document.querySelector('[class*="st-key-card-"] h3');
  document.addEventListener("keydown", e => { if (e.key === "Enter") window.askedAt = performance.now(); },
                            {once: true, capture: true});
  const seen = new MutationObserver(() => {
    if (window.askedAt && card()) { window.shownAt = performance.now(); seen.disconnect(); }
  });
  seen.observe(document.body, {childList: true, subtree: true});
}"""
