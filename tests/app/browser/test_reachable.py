"""Everybody can read and use it: axe-core finds nothing serious, in light and in dark, and each finds her own only."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from interfaces.history.database import History
from interfaces.history.people import ensure_person, set_password
from tests.app.browser.chatting import ASKED, SLOW, WORDS, answer_text, ask, wait_answered, window
from tests.app.browser.conftest import App


def serious(page: Page) -> list[str]:
    """What axe-core calls serious or critical, in words."""
    # What a run has not drawn anew yet is faded, and would be found too faint.
    page.wait_for_selector('[data-test-script-state="notRunning"]')
    page.wait_for_timeout(300)
    found = Axe().run(page).response["violations"]
    return [
        f"{entry['id']}: {node['html'][:200]}"
        for entry in found
        if entry["impact"] in ("serious", "critical")
        for node in entry["nodes"]
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser: Browser, app: App, scheme: str) -> None:
    context = window(browser, color_scheme=scheme, viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.goto(app.url)
    page.locator(".st-key-examples button").nth(2).wait_for(timeout=60_000)
    assert serious(page) == []
    ask(page)
    wait_answered(page)
    page.locator('[data-testid="stFeedback"] button').last.click()
    page.get_by_label("Por quê? (opcional)").wait_for()
    assert serious(page) == []
    page.get_by_role("link", name="Minha conta").click()
    page.get_by_role("button", name="Baixar tudo o que é meu (JSON)").wait_for()
    page.get_by_text("Apagar tudo o que é meu").click()
    page.get_by_text("Quero apagar tudo").click()
    expect(page.get_by_role("button", name="Apagar tudo", exact=True)).to_be_enabled()
    assert serious(page) == []
    context.close()


@pytest.fixture(scope="module")
def login_app(start_app: Callable[..., App], sample_index: Path) -> App:
    app = start_app(sample_index, MONITORIA_APP__LOGIN="password")
    history = History.open(app.folder / "monitoria.sqlite3")
    for name in ("ana", "bia"):
        person = ensure_person(history, f"{name}@example.org", name.title(), ["student"])
        set_password(history, person.person_id, f"a senha de {name}")
    history.close()
    return app


def signed_in(browser: Browser, app: App, name: str) -> Page:
    page = window(browser).new_page()
    page.goto(app.url)
    page.get_by_role("textbox", name="Usuário").fill(f"{name}@example.org")
    page.get_by_role("textbox", name="Senha").fill(f"a senha de {name}")
    page.get_by_role("textbox", name="Senha").press("Enter")
    page.locator(".st-key-examples").wait_for(timeout=60_000)
    return page


def test_two_people_ask_at_once_and_neither_sees_the_others(browser: Browser, login_app: App) -> None:
    login_app.script.pieces, login_app.script.pause_s = SLOW, 0.05
    ana, bia = signed_in(browser, login_app, "ana"), signed_in(browser, login_app, "bia")
    ask(ana)
    ask(bia, "como o gradiente descendente anda?")
    for page in (ana, bia):
        wait_answered(page)
        assert [word for word in WORDS if word.strip() not in answer_text(page).split()] == []
        assert page.locator(".st-key-conversations button").count() == 1
    address = ana.url
    ana.reload()
    wait_answered(ana)
    bia.goto(address)
    bia.get_by_text("esta conversa não é de bia").wait_for()
    assert bia.get_by_role("heading", level=2, name=ASKED).count() == 0
    ana.get_by_role("button", name="Sair").click()
    ana.get_by_role("textbox", name="Usuário").wait_for()
    ana.reload()
    ana.get_by_role("textbox", name="Usuário").wait_for()
    ana.context.close()
    bia.context.close()


def test_a_wrong_password_and_an_unknown_name_are_told_the_same(browser: Browser, login_app: App) -> None:
    page = window(browser).new_page()
    page.goto(login_app.url)
    for login in ("ana@example.org", "nobody@example.org"):
        page.get_by_role("textbox", name="Usuário").fill(login)
        page.get_by_role("textbox", name="Senha").fill("errada demais")
        page.get_by_role("textbox", name="Senha").press("Enter")
        page.get_by_text("Usuário ou senha não conferem.").wait_for()
    assert serious(page) == []
    page.context.close()
