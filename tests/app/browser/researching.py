"""What a researcher does on the evaluation page, in words."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, expect

from tests.app.browser.conftest import App

BOX = '[class*="st-key-verdicts-"]'
_NEXT = """before => {
  const box = document.querySelector('[class*="st-key-verdicts-"]');
  if (!box) return !!document.querySelector('[class*="st-key-finished-"]');
  const step = /st-key-verdicts-(\\d+)/.exec(box.className)[1];
  return box.className !== before && !!box.querySelector(`.st-key-say-z-${step} button`);
}"""
_READY = """() => window.monitoriaKeys && !!document.querySelector('[class*="st-key-say-z-"] button')"""


def signed_in(browser: Browser, lab: App, name: str, address: str, **window: Any) -> Page:
    """A window in which this person stands at that address."""
    context = browser.new_context(**({"viewport": {"width": 1200, "height": 900}} | window))
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(lab.url)
    page.get_by_role("textbox", name="Usuário").fill(f"{name}@example.org")
    page.get_by_role("textbox", name="Senha").fill(f"a senha de {name}")
    page.get_by_role("textbox", name="Senha").press("Enter")
    # By this she stays signed in at the next address; scripts need not be able to see it.
    until = time.monotonic() + 60
    while not any(cookie.get("name") == "monitoria" for cookie in context.cookies()):
        assert time.monotonic() < until, "she was not signed in"
        page.wait_for_timeout(100)
    page.goto(address)
    return page


def open_form(page: Page, topics: Path) -> None:
    """The form of a new run, the file of questions given."""
    # It is open where there is no run yet, once it is drawn; a press would close it.
    if not at_rest(page).locator(".st-key-topics-file").is_visible():
        page.get_by_text("Nova avaliação").click()
    page.locator("input[type=file]").set_input_files(topics)
    n = len(topics.read_text(encoding="utf-8").splitlines())
    page.get_by_text(f"{n} perguntas, ").wait_for()


def begin(page: Page, topics: Path, name: str, answers: str = "none") -> None:
    """Fill in the form and start; unless ``answers`` names a model, answers are quotes."""
    open_form(page, topics)
    for label, text in (("Quem responde", answers), ("Nome desta avaliação", name)):
        field = page.get_by_role("textbox", name=label)
        field.fill(text)
        field.press("Enter")
        at_rest(page)
    page.get_by_role("button", name="Começar").click()
    page.get_by_role("heading", level=1, name=name).wait_for()


def part(page: Page, name: str) -> None:
    """Go to a part of the run that is looked at."""
    page.locator(".st-key-sections").get_by_text(name, exact=True).click()


def press(page: Page, key: str) -> None:
    """Press a key and wait for what comes next, its buttons included: before these are there no key counts."""
    page.wait_for_function(_READY)
    before = page.locator(BOX).get_attribute("class")
    page.keyboard.press(key)
    page.wait_for_function(_NEXT, arg=before)


def at_rest(page: Page) -> Page:
    """The page once nothing on it is about to change: what is, is paler meanwhile."""
    expect(page.locator('[data-testid="stApp"]')).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_function("!document.querySelector('[data-stale=true]')")
    page.wait_for_timeout(400)
    return page


def question(page: Page) -> str:
    """The question whose answer is to be annotated."""
    return page.locator('[class*="st-key-asked-"] h2').inner_text()
