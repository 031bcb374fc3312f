"""People in the browser: a class is added, a password changed; who may not is told so, and all of it in Portuguese."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from interfaces.history.database import History
from interfaces.history.people import check_password, ensure_person, set_password
from interfaces.history.records import Role
from tests.app.browser.chatting import window
from tests.app.browser.conftest import App, enrol
from tests.app.browser.test_reachable import serious

ROLES: dict[str, Role] = {"sara": "admin", "ana": "student", "rita": "researcher"}
CLASS = "\ufefflogin;nome;papéis\r\ncaio@example.org;Caio Souza;\r\n;Sem login;\r\nana@example.org;Ana;docente\r\n"


@pytest.fixture(scope="module")
def school(start_app: Callable[..., App], sample_index: Path) -> App:
    app = start_app(
        sample_index, MONITORIA_APP__LOGIN="password", MONITORIA_LLM__SPEC="none", MONITORIA_LLM__BASE_URL=""
    )
    enrol(app, ROLES)
    return app


@pytest.fixture
def opened(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    contexts: list[BrowserContext] = []

    def open_one(**options: object) -> BrowserContext:
        contexts.append(window(browser, **options))
        return contexts[-1]

    yield open_one
    for context in contexts:
        context.close()


def sign_in(page: Page, address: str, name: str, password: str = "") -> Page:
    page.goto(address)
    page.get_by_role("textbox", name="Usuário").fill(f"{name}@example.org")
    page.get_by_role("textbox", name="Senha").fill(password or f"a senha de {name}")
    with page.expect_response("**/session"):
        page.get_by_role("textbox", name="Senha").press("Enter")
    expect(page.get_by_text("Você entrou como ")).to_contain_text(name.partition("-")[0].title())
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_class_is_added_and_its_passwords_open(
    opened: Callable[..., BrowserContext], school: App, tmp_path: Path, scheme: str
) -> None:
    page = sign_in(opened(color_scheme=scheme).new_page(), f"{school.url}/people", "sara")
    page.get_by_role("heading", level=1, name="Pessoas").wait_for()
    page.get_by_role("cell", name="Rita", exact=True).wait_for()
    assert serious(page) == []
    page.get_by_text("Acrescentar uma pessoa").click()
    page.get_by_role("textbox", name="Login").wait_for()
    assert serious(page) == []
    page.get_by_text("Acrescentar uma turma").click()
    file = tmp_path / "turma.csv"
    file.write_text(CLASS.replace("caio", f"caio-{scheme}"), encoding="utf-8")
    page.locator('input[type="file"]').set_input_files(file)
    page.get_by_text("turma.csv").wait_for()
    assert serious(page) == []
    page.get_by_role("button", name="Acrescentar a turma").click()
    page.get_by_text("Acrescentadas: 1. Já estavam aqui: 1. Recusadas: 1.").wait_for()
    page.get_by_text("o login está vazio").wait_for()
    with page.expect_download() as download:
        page.get_by_role("button", name="Baixar as senhas (CSV)").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text), delimiter=";")
    assert (row["login"], row["nome"]) == (f"caio-{scheme}@example.org", "Caio Souza")
    assert serious(page) == []
    student = sign_in(opened().new_page(), school.url, f"caio-{scheme}", row["senha"])
    expect(student.get_by_role("link", name="Minha conta")).to_be_visible()
    expect(student.get_by_role("link", name="Pessoas")).to_have_count(0)


def test_she_changes_her_password_and_stays_where_she_is_signed_in(
    opened: Callable[..., BrowserContext], school: App
) -> None:
    here, elsewhere = opened(), opened()
    page = sign_in(here.new_page(), f"{school.url}/account", "rita")
    other = sign_in(elsewhere.new_page(), f"{school.url}/account", "rita")
    page.get_by_text("Trocar a minha senha").click()
    page.get_by_label("Senha atual").fill("a senha de ana")
    page.get_by_label("Nova senha", exact=True).fill("outra senha de rita")
    page.get_by_label("Nova senha, outra vez").fill("outra senha de rita")
    page.get_by_role("button", name="Trocar senha").click()
    page.get_by_text("A senha atual não confere").wait_for()
    assert serious(page) == []
    page.get_by_label("Senha atual").fill("a senha de rita")
    with page.expect_response("**/session"):
        page.get_by_role("button", name="Trocar senha").click()
    page.get_by_text("A senha foi trocada").wait_for()
    expect(page.get_by_text("Você entrou como ")).to_contain_text("Rita")
    page.reload()
    expect(page.get_by_text("Você entrou como ")).to_contain_text("Rita")
    other.reload()
    other.get_by_role("textbox", name="Usuário").wait_for()
    history = History.open(school.folder / "monitoria.sqlite3")
    assert check_password(history, "rita@example.org", "outra senha de rita") is not None
    rita = ensure_person(history, "rita@example.org", "Rita")
    set_password(history, rita.person_id, "a senha de rita")
    history.close()


def test_a_page_of_another_role_says_which_one_and_an_unknown_address_that_there_is_none(
    opened: Callable[..., BrowserContext], school: App
) -> None:
    page = opened(locale="en-US").new_page()
    sign_in(page, f"{school.url}/segments", "ana")
    page.get_by_role("alert").filter(has_text="docente, pesquisa, administração").wait_for()
    page.get_by_role("heading", level=1, name="Trechos").wait_for()
    assert page.get_by_role("dialog").count() == 0
    for link in ("Trechos", "Avaliação", "Pessoas"):
        assert page.get_by_role("link", name=link).count() == 0
    assert serious(page) == []
    for address in ("evaluation", "people"):
        page.goto(f"{school.url}/{address}")
        page.get_by_role("alert").filter(has_text="peça à administração").wait_for()
    for address in ("nada", "segments/nada"):
        answer = page.goto(f"{school.url}/{address}")
        assert answer is not None
        assert answer.status == 404
        page.get_by_role("heading", name="Não há página neste endereço").wait_for()
        assert page.locator("html").get_attribute("lang") == "pt-BR"
    page.get_by_role("link", name="Ir para a Monitoria").click()
    page.get_by_role("link", name="Minha conta").wait_for()


def test_streamlit_s_own_words_are_portuguese_and_english_by_the_switch(
    opened: Callable[..., BrowserContext], school: App
) -> None:
    page = sign_in(opened(locale="en-US").new_page(), f"{school.url}/evaluation", "sara")
    upload = page.locator('[data-testid="stFileUploaderDropzone"] button')
    upload.wait_for()
    assert page.locator("html").get_attribute("lang") == "pt-BR"
    expect(upload).to_have_accessible_name(re.compile("Escolher arquivo$"))
    assert serious(page) == []
    skip = page.locator('[data-testid="stSkipToContent"]')
    expect(skip).to_have_text("Ir para o conteúdo")
    page.get_by_role("link", name="Perguntar").click()
    page.get_by_label("Só nestas aulas").click()
    page.get_by_role("option").first.wait_for()
    assert page.get_by_text("Select all").count() == 0
    page.keyboard.press("Escape")
    page.get_by_role("link", name="Minha conta").click()
    page.get_by_text("Trocar a minha senha").click()
    page.get_by_label("Senha atual").fill("a")
    hint = page.locator('[data-testid="InputInstructions"] > span').first
    shown = "hint => [getComputedStyle(hint).visibility, getComputedStyle(hint, '::after').content]"
    assert hint.evaluate(shown) == ["hidden", '"Enter envia"']
    page.get_by_text("English", exact=True).click()
    page.get_by_role("link", name="Ask", exact=True).wait_for()
    expect(skip).to_have_text("Skip to main content")
    assert page.locator("html").get_attribute("lang") == "en"
    page.get_by_role("link", name="Evaluation").click()
    expect(upload).to_have_accessible_name("Upload")
    page.reload()
    upload.wait_for()
    assert page.locator("html").get_attribute("lang") == "en"
