"""Signing in with an identity provider: through it and back, with the settings' roles; what breaks is a sentence."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from interfaces.history.database import History
from interfaces.history.people import people
from tests.app.browser.chatting import window
from tests.app.browser.conftest import App
from tests.app.browser.test_reachable import serious
from tests.oidc_provider import DISCOVERY, Provider, oidc_provider

ROLES = {"rita@example.org": ["researcher"], "ines@example.org": "instructor"}
NOT_COMPLETED = "A entrada não se completou"
SECRET = "only the app and the provider know it"


@pytest.fixture(scope="module")
def started() -> Iterator[Provider]:
    with oidc_provider(Provider()) as provider:
        yield provider


@pytest.fixture
def provider(started: Provider) -> Provider:
    """The one provider, whole again: it lets in Ana, a student, and vouches for her address."""
    started.claims = {"email": "Ana@Example.org", "email_verified": True, "name": "Ana <b>Lima</b>"}
    started.broken, started.denies, started.client_secret = "", False, SECRET
    started.refused.clear()
    return started


@pytest.fixture(scope="module")
def institution(start_app: Callable[..., App], started: Provider, tmp_path_factory: pytest.TempPathFactory) -> App:
    """The app with its secrets in a file of their own, where `streamlit run` is told to look."""
    secrets = tmp_path_factory.mktemp("secrets") / "secrets.toml"
    told = {
        "redirect_uri": "http://127.0.0.1:{port}/oauth2callback",
        "cookie_secret": "0123456789abcdef" * 4,
        "client_id": started.client_id,
        "client_secret": SECRET,
        "server_metadata_url": started.url + DISCOVERY,
    }
    lines = [f"{name} = {json.dumps(value)}" for name, value in told.items()]
    secrets.write_text("\n".join(["[auth]", *lines, ""]), encoding="utf-8")
    app = start_app(
        MONITORIA_APP__LOGIN="oidc",
        MONITORIA_APP__ROLES=json.dumps(ROLES),
        MONITORIA_LLM__SPEC="none",
        MONITORIA_LLM__BASE_URL="",
        STREAMLIT_SECRETS_FILES=str(secrets),
    )
    started.returns_to = f"{app.url}/oauth2callback"
    return app


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser of its own, whose provider knows nobody yet."""
    context = window(browser)
    yield context.new_page()
    context.close()


def enter(page: Page) -> None:
    page.get_by_role("button", name="Entrar").click()


def fault(page: Page, says: str) -> None:
    """Nobody is let in, and this sentence says why."""
    page.get_by_role("alert").filter(has_text=says).wait_for()
    expect(page.get_by_role("button", name="Entrar")).to_be_visible()
    assert page.get_by_text("Você entrou como").count() == 0
    assert page.get_by_role("link", name="Minha conta").count() == 0
    assert "Traceback" not in page.content()


def logins(app: App) -> set[str]:
    history = History.open(app.folder / "monitoria.sqlite3")
    found = {person.login for person in people(history)}
    history.close()
    return found


def test_nobody_is_in_before_and_a_student_is_after_until_she_leaves(
    page: Page, provider: Provider, institution: App
) -> None:
    for address in ("/", "/account", "/segments"):
        page.goto(institution.url + address)
        page.get_by_role("button", name="Entrar").wait_for()
        assert page.get_by_role("link", name="Minha conta").count() == 0
    assert serious(page) == []
    given = provider.tokens_given
    page.goto(f"{institution.url}/account")
    enter(page)
    page.get_by_text("Você entrou como Ana <b>Lima</b>").wait_for()
    assert provider.tokens_given == given + 1
    assert provider.refused == []
    # Where she wanted to go, and as who she is.
    page.get_by_role("heading", level=1, name="Minha conta").wait_for()
    page.get_by_text("Papéis: estudante").wait_for()
    assert page.url == f"{institution.url}/account"
    page.reload()
    page.get_by_text("Você entrou como Ana").wait_for()
    page.get_by_role("link", name="Minha conta").wait_for()
    assert page.get_by_role("link", name="Trechos").count() == 0
    page.goto(f"{institution.url}/segments")
    page.get_by_role("alert").filter(has_text="docente, pesquisa, administração").wait_for()
    expect(page.get_by_role("dialog")).to_have_count(0)

    left = provider.signed_out
    page.get_by_role("button", name="Sair").click()
    page.get_by_role("button", name="Entrar").wait_for()
    assert provider.signed_out == left + 1
    page.goto(f"{institution.url}/account")
    page.get_by_role("button", name="Entrar").wait_for()


@pytest.mark.parametrize(
    ("login", "role", "links"),
    [
        ("rita@example.org", "pesquisa", {"Perguntar", "Trechos", "Avaliação", "Minha conta"}),
        ("INES@example.org", "docente", {"Perguntar", "Trechos", "Minha conta"}),
    ],
)
def test_roles_are_those_of_the_settings_where_nothing_is_said_of_the_address(
    page: Page, provider: Provider, institution: App, login: str, role: str, links: set[str]
) -> None:
    provider.claims = {"email": login, "name": "Quem for"}
    page.goto(f"{institution.url}/segments?lang=pt&tab=abc")
    enter(page)
    page.get_by_text("Você entrou como Quem for").wait_for()
    asked = urlsplit(page.url)
    assert (asked.path, parse_qs(asked.query)) == ("/segments", {"lang": ["pt"], "tab": ["abc"]})
    for link in ("Perguntar", "Trechos", "Avaliação", "Minha conta"):
        expect(page.get_by_role("link", name=link)).to_have_count(int(link in links))
    page.get_by_role("link", name="Minha conta").click()
    page.get_by_text(f"Papéis: {role}").wait_for()


def test_an_address_that_nobody_verified_takes_nobodys_roles(page: Page, provider: Provider, institution: App) -> None:
    provider.claims = {"email": "rosa@example.org", "email_verified": False, "name": "Rita"}
    page.goto(institution.url)
    enter(page)
    fault(page, "o provedor não verificou o endereço rosa@")
    page.goto(f"{institution.url}/segments")
    fault(page, "o provedor não verificou o endereço rosa@")
    assert "rosa@example.org" not in logins(institution)
    # With an account that is hers she comes in at once.
    provider.claims = {"email": "rosa@example.org", "email_verified": True, "name": "Rosa"}
    enter(page)
    page.get_by_text("Você entrou como Rosa").wait_for()
    assert "rosa@example.org" in logins(institution)


@pytest.mark.parametrize("breaks", ["nobody", "nothing", "denied", "secret", "token", "keys", "discovery", "away"])
def test_a_provider_that_breaks_is_told_in_a_sentence(
    page: Page, provider: Provider, institution: App, breaks: str
) -> None:
    match breaks:
        case "nobody":
            provider.claims = {"sub": ""}
        case "nothing":
            provider.claims = {"sub": None, "aud": None}
        case "denied":
            provider.denies = True
        case "secret":
            provider.client_secret = "another"
        case _:
            provider.broken = {"token": "/token", "keys": "/jwks", "discovery": DISCOVERY, "away": "*"}[breaks]
    page.goto(institution.url)
    enter(page)
    fault(page, "o provedor não disse quem você é" if breaks == "nobody" else NOT_COMPLETED)
    assert provider.refused == (["client"] if breaks == "secret" else [])
    provider.claims = {"sub": "7", "name": "Sete"}
    provider.broken, provider.denies, provider.client_secret = "", False, SECRET
    enter(page)
    page.get_by_text("Você entrou como Sete").wait_for()


def test_without_authlib_the_sentence_says_what_to_install(
    start_app: Callable[..., App], page: Page, tmp_path: Path
) -> None:
    """The package is hidden behind a folder of its name that cannot be imported."""
    (tmp_path / "authlib").mkdir()
    (tmp_path / "authlib" / "__init__.py").write_text("raise ModuleNotFoundError(name='authlib')\n", encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    app = start_app(MONITORIA_APP__LOGIN="oidc", MONITORIA_LLM__SPEC="none", PYTHONPATH=path)
    page.goto(app.url)
    enter(page)
    fault(page, "pip install 'monitoria[app]'")
