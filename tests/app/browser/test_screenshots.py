"""The README's pictures, made from the sample course where `MONITORIA_SCREENSHOTS=1` asks for them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.app.browser.chatting import ask, wait_answered, window
from tests.app.browser.conftest import App

IMAGES = Path(__file__).parents[3] / "docs" / "images"

pytestmark = pytest.mark.skipif(
    os.environ.get("MONITORIA_SCREENSHOTS") != "1",
    reason="writes into docs/images; asked for by MONITORIA_SCREENSHOTS=1",
)


@pytest.mark.parametrize(
    ("name", "width", "height", "scheme"),
    [("app-chat", 1180, 880, "light"), ("app-chat-dark", 1180, 880, "dark"), ("app-chat-phone", 375, 780, "light")],
)
def test_the_chat(browser: Browser, app: App, name: str, width: int, height: int, scheme: str) -> None:
    app.script.pieces = [
        "É sentir com o pé para que lado desce mais e dar um passo para esse lado [1]. ",
        "A derivada da perda em relação a cada peso diz para que lado andar [1][2].",
    ]
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
