"""Signing in with a password: a cookie that no script sees, and the page one wanted; another password ends it all."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Response, expect

from interfaces.history.database import History
from interfaces.history.people import person_by_login, set_password
from interfaces.history.records import Role
from tests.app.browser.chatting import window
from tests.app.browser.conftest import App, enrol

ROLES: dict[str, Role] = {"ana": "student", "bia": "student", "eva": "student", "rita": "researcher"}
_BRING = """word => fetch("/session", {
  method: "POST", headers: {"Content-Type": "application/json"}, body: JSON.stringify({ticket: word})
}).then(answer => answer.status)"""


@pytest.fixture(scope="module")
def door(start_app: Callable[..., App]) -> App:
    app = start_app(MONITORIA_APP__LOGIN="password", MONITORIA_LLM__SPEC="none", MONITORIA_LLM__BASE_URL="")
    enrol(app, ROLES)
    return app


@pytest.fixture
def opened(browser: Browser, door: App) -> Iterator[Callable[[], BrowserContext]]:
    """Opens browsers, each with cookies of its own."""
    contexts: list[BrowserContext] = []

    def open_one() -> BrowserContext:
        contexts.append(window(browser))
        return contexts[-1]

    yield open_one
    for context in contexts:
        context.close()


def sign_in(page: Page, name: str, password: str = "") -> Response:
    """Fill in the form; what the server answered to the ticket, by which the cookie is there."""
    page.get_by_role("textbox", name="Usuário").fill(f"{name}@example.org")
    page.get_by_role("textbox", name="Senha").fill(password or f"a senha de {name}")
    with page.expect_response("**/session") as answer:
        page.get_by_role("textbox", name="Senha").press("Enter")
    expect(here(page)).to_contain_text(name.title())
    return answer.value


def here(page: Page):
    return page.get_by_text("Você entrou como ")


def the_form(page: Page) -> None:
    page.get_by_role("textbox", name="Usuário").wait_for()
    assert here(page).count() == 0


def kept(context: BrowserContext) -> dict[str, object] | None:
    return next((dict(one) for one in context.cookies() if one["name"] == "monitoria"), None)


def test_no_script_sees_the_cookie_and_every_tab_of_the_browser_has_it(
    opened: Callable[[], BrowserContext], door: App
) -> None:
    context = opened()
    first = context.new_page()
    first.goto(door.url)
    the_form(first)
    assert kept(context) is None
    answer = sign_in(first, "ana")
    assert answer.status == 204
    cookie = kept(context)
    assert cookie is not None
    assert (cookie["httpOnly"], cookie["sameSite"], cookie["path"]) == (True, "Strict", "/")
    token = str(cookie["value"])
    assert "monitoria" not in first.evaluate("document.cookie")
    seen = first.evaluate(
        "JSON.stringify([document.documentElement.outerHTML, {...localStorage}, {...sessionStorage}])"
    )
    assert token not in seen
    assert token.rsplit(".", maxsplit=1)[-1] not in seen
    # The ticket is no use to whoever reads it afterwards.
    assert first.evaluate(_BRING, json.loads(answer.request.post_data or "")["ticket"]) == 410

    first.reload()
    expect(here(first)).to_contain_text("Ana")
    second = context.new_page()
    second.goto(f"{door.url}/account")
    expect(here(second)).to_contain_text("Ana")

    # Signed out of in one tab, it is over in the other and for every copy of the cookie.
    with second.expect_response("**/session"):
        second.get_by_role("button", name="Sair").click()
    the_form(second)
    assert kept(context) is None
    first.get_by_role("link", name="Minha conta").click()
    the_form(first)
    context.add_cookies([{"name": "monitoria", "value": token, "url": door.url}])
    first.reload()
    the_form(first)
    sign_in(first, "ana")
    second.reload()
    expect(here(second)).to_contain_text("Ana")


def test_the_address_that_was_opened_is_there_after_signing_in(opened: Callable[[], BrowserContext], door: App) -> None:
    researcher = opened().new_page()
    researcher.goto(f"{door.url}/evaluation?run=abc&part=report")
    the_form(researcher)
    assert researcher.get_by_role("link", name="Avaliação").count() == 0
    sign_in(researcher, "rita")
    shown = urlsplit(researcher.url)
    assert (shown.path, parse_qs(shown.query)) == ("/evaluation", {"run": ["abc"], "part": ["report"]})
    expect(researcher.get_by_role("link", name="Avaliação")).to_have_attribute("aria-current", "page")

    student = opened().new_page()
    student.goto(f"{door.url}/segments")
    the_form(student)
    sign_in(student, "ana")
    # She is told who may, there; and that she came in is kept even so.
    student.get_by_role("alert").filter(has_text="docente, pesquisa, administração").wait_for()
    assert urlsplit(student.url).path == "/segments"
    student.reload()
    student.get_by_role("link", name="Minha conta").wait_for()
    assert student.get_by_role("link", name="Trechos").count() == 0


def test_who_comes_next_finds_nothing_of_who_was_here(opened: Callable[[], BrowserContext], door: App) -> None:
    page = opened().new_page()
    page.goto(f"{door.url}/account?lang=pt&c=0123abcd")
    sign_in(page, "ana")
    assert "c=0123abcd" in page.url
    page.get_by_role("button", name="Sair").click()
    the_form(page)
    page.wait_for_url(lambda url: "0123abcd" not in url)
    assert "lang=pt" in page.url


def test_who_deletes_herself_is_told_so_and_is_out(opened: Callable[[], BrowserContext], door: App) -> None:
    context = opened()
    page = context.new_page()
    page.goto(f"{door.url}/account")
    sign_in(page, "eva")
    page.get_by_text("Apagar tudo o que é meu").click()
    page.get_by_text("Quero apagar tudo").click()
    with page.expect_response("**/session"):
        page.get_by_role("button", name="Apagar tudo", exact=True).click()
    page.get_by_text("Tudo foi apagado.").wait_for()
    the_form(page)
    assert kept(context) is None
    # And whoever comes next reads nothing of it.
    sign_in(page, "ana")
    page.get_by_role("heading", level=1, name="Minha conta").wait_for()
    assert page.get_by_text("Tudo foi apagado.").count() == 0


def test_another_password_ends_what_was_opened_with_the_old_one(
    opened: Callable[[], BrowserContext], door: App
) -> None:
    mine, somewhere, others = opened(), opened(), opened()
    pages = [context.new_page() for context in (mine, somewhere, others)]
    for page, name in zip(pages, ("ana", "ana", "bia"), strict=True):
        page.goto(f"{door.url}/account")
        sign_in(page, name)
    history = History.open(door.folder / "monitoria.sqlite3")
    ana = person_by_login(history, "ana@example.org")
    assert ana is not None
    set_password(history, ana.person_id, "outra senha")
    history.close()
    with pages[0].expect_response("**/session"):
        pages[0].get_by_role("link", name="Perguntar").click()
    the_form(pages[0])
    assert kept(mine) is None
    pages[1].reload()
    the_form(pages[1])
    pages[2].get_by_role("link", name="Perguntar").click()
    pages[2].reload()
    expect(here(pages[2])).to_contain_text("Bia")
    sign_in(pages[0], "ana", "outra senha")
    pages[0].reload()
    expect(here(pages[0])).to_contain_text("Ana")
    history = History.open(door.folder / "monitoria.sqlite3")
    set_password(history, ana.person_id, "a senha de ana")
    history.close()
