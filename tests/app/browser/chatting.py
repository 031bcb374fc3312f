"""What a student does on the page, in words."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Locator, Page

from interfaces.pages.plain import JOINER

ASKED = "o que é gradiente descendente?"
# Said so in the sample course, so that the answer stands; then words that no lecture has, to be counted.
BACKED = "Você sente com o pé pra que lado desce mais e dá um passo pra esse lado [1]. "
WORDS = [f"palavra{n} " for n in range(60)]
SLOW = [BACKED, "Depois ", *WORDS]


def window(browser: Browser, **options: Any) -> BrowserContext:
    """A browser window of one's own, patient with a machine that does something else beside."""
    context = browser.new_context(**options)
    context.set_default_timeout(60_000)
    return context


def box(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Pergunte sobre as aulas")


def ask(page: Page, question: str = ASKED) -> None:
    questions = page.get_by_role("heading", level=2)
    box(page).wait_for()
    before = questions.count()
    box(page).fill(question)
    box(page).press("Enter")
    questions.nth(before).wait_for()
    assert said(questions.nth(before)) == question


def wait_answered(page: Page, times: int = 1) -> None:
    """Until so many answers are whole."""
    page.get_by_role("button", name="Responder de novo").nth(times - 1).wait_for()


def said(place: Locator) -> str:
    """What stands there, the joiners that keep Markdown away taken out."""
    return place.inner_text().replace(JOINER, "").strip()


def answer_text(page: Page, nth: int = -1) -> str:
    """What an answer's container says."""
    answers = page.locator('[class*="st-key-answer-"]')
    return said(answers.nth(nth if nth >= 0 else answers.count() + nth))


def cards(page: Page) -> Locator:
    return page.locator('[class*="st-key-card-"]')
