"""The README's pictures, made from the sample course where `MONITORIA_SCREENSHOTS=1` asks for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from tests.app.browser.chatting import ask, box, wait_answered, window
from tests.app.browser.conftest import App
from tests.app.browser.test_evaluation import at_rest, lab, part, rita, run, topics  # noqa: F401 - fixtures
from tests.app.browser.test_segments import look_for, settled

IMAGES = Path(__file__).parents[3] / "docs" / "images"

ANSWER = (
    "É sentir com o pé para que lado desce mais e dar um passo para esse lado [1]. ",
    "A derivada da perda em relação a cada peso diz para que lado andar [1][2].",
)

pytestmark = pytest.mark.skipif(
    os.environ.get("MONITORIA_SCREENSHOTS") != "1",
    reason="writes into docs/images; asked for by MONITORIA_SCREENSHOTS=1",
)


@pytest.mark.parametrize(
    ("name", "width", "height", "scheme"),
    [("app-chat", 1180, 880, "light"), ("app-chat-dark", 1180, 880, "dark"), ("app-chat-phone", 375, 780, "light")],
)
def test_the_chat(browser: Browser, app: App, name: str, width: int, height: int, scheme: str) -> None:
    app.script.pieces = list(ANSWER)
    context = window(browser, viewport={"width": width, "height": height}, color_scheme=scheme)
    page = context.new_page()
    page.goto(app.url)
    ask(page, "O que é gradiente descendente?")
    wait_answered(page)
    page.mouse.move(width - 1, height // 2)
    page.wait_for_timeout(700)
    IMAGES.mkdir(exist_ok=True)
    page.screenshot(path=IMAGES / f"{name}.png")
    context.close()


def test_the_empty_page_and_an_answer_as_it_is_written(browser: Browser, app: App) -> None:
    app.script.pieces, app.script.pause_s = [f"{word} " for word in " ".join(ANSWER).split()], 0.2
    context = window(browser, viewport={"width": 1180, "height": 760})
    page = context.new_page()
    page.goto(app.url)
    box(page).wait_for()
    page.wait_for_timeout(700)
    page.screenshot(path=IMAGES / "app-empty.png")
    ask(page, "O que é gradiente descendente?")
    for frame in range(1, 4):
        page.wait_for_timeout(200 if frame == 1 else 1500)
        page.screenshot(path=IMAGES / f"app-streaming-{frame}.png")
    wait_answered(page)
    context.close()


def test_the_segments(browser: Browser, app: App) -> None:
    context = window(browser, viewport={"width": 1180, "height": 980})
    page = context.new_page()
    page.goto(f"{app.url}/segments")
    look_for(page, "por que a rede decora em vez de aprender?")
    settled(page)
    page.screenshot(path=IMAGES / "app-segments.png")
    context.close()


def test_the_evaluation(rita: Page, run: str) -> None:  # noqa: F811 - fixtures
    rita.goto(run)
    rita.get_by_role("heading", level=2, name="Totais").wait_for()
    rita.locator('[data-testid="stVegaLiteChart"] :is(canvas, svg)').first.wait_for()
    rita.set_viewport_size({"width": 1200, "height": 1500})
    rita.wait_for_timeout(1500)
    at_rest(rita).screenshot(path=IMAGES / "app-evaluation.png")
    rita.set_viewport_size({"width": 1200, "height": 900})
    part(rita, "Anotar")
    at_rest(rita).screenshot(path=IMAGES / "app-annotation.png")


def test_what_is_asked_and_ones_account(browser: Browser, app: App) -> None:
    app.script.pieces, app.script.pause_s = list(ANSWER), 0.0
    context = window(browser, viewport={"width": 1180, "height": 1100})
    page = context.new_page()
    for question in (
        "por que a rede decora em vez de aprender?",
        "pra que serve o dropout?",
        "como sei a hora de parar o treino?",
        "o que a convolução procura na imagem?",
    ):
        page.goto(app.url)
        ask(page, question)
        wait_answered(page)
    page.goto(f"{app.url}/segments?s=asked")
    page.locator('[data-testid="stVegaLiteChart"] :is(canvas, svg)').first.wait_for()
    page.wait_for_timeout(1500)
    at_rest(page).screenshot(path=IMAGES / "app-asked.png")
    page.set_viewport_size({"width": 1180, "height": 640})
    page.goto(f"{app.url}/account")
    page.get_by_role("heading", level=1, name="Minha conta").wait_for()
    at_rest(page).screenshot(path=IMAGES / "app-account.png")
    context.close()
