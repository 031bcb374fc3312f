"""A researcher's journey: a run over twenty questions, its report, twenty answers annotated with the keyboard, κ."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from interfaces.history.database import History
from interfaces.history.people import ensure_person, set_password
from tests.app.browser.conftest import App
from tests.app.browser.test_reachable import serious
from tests.conftest import SAMPLE
from tests.interfaces.service.evaluated import judged_by_length

N = 20
WICKED = "O que é <script>window.hacked = 1</script> **dropout** :smile: $x$ [aqui](javascript:window.hacked=2)?"
_DRAWN = '[data-testid="stVegaLiteChart"] :is(canvas, svg)'
_NEXT = """before => {
  const box = document.querySelector('[class*="st-key-verdicts-"]');
  if (!box) return !!document.querySelector('[class*="st-key-finished-"]');
  const step = /st-key-verdicts-(\\d+)/.exec(box.className)[1];
  return box.className !== before && !!box.querySelector(`.st-key-say-z-${step} button`);
}"""
_READY = """() => window.monitoriaKeys && !!document.querySelector('[class*="st-key-say-z-"] button')"""
_BOX = '[class*="st-key-verdicts-"]'


@pytest.fixture(scope="module")
def lab(start_app: Callable[..., App], sample_index: Path) -> App:
    app = start_app(sample_index, MONITORIA_APP__LOGIN="password")
    app.script.reply = judged_by_length
    history = History.open(app.folder / "monitoria.sqlite3")
    for name in ("rita", "olga"):
        person = ensure_person(history, f"{name}@example.org", name.title(), ["researcher"])
        set_password(history, person.person_id, f"a senha de {name}")
    history.close()
    return app


@pytest.fixture(scope="module")
def topics(tmp_path_factory: pytest.TempPathFactory) -> Path:
    lines = (SAMPLE / "topics.jsonl").read_text(encoding="utf-8").splitlines()[: N - 1]
    wicked = {"id": "w", "question": WICKED, "answerable": True, "reference_answer": "Apagar <b>neurônios</b>."}
    path = tmp_path_factory.mktemp("perguntas") / "perguntas.jsonl"
    path.write_text("\n".join([*lines, json.dumps(wicked, ensure_ascii=False)]) + "\n", encoding="utf-8")
    return path


def signed_in(browser: Browser, lab: App, name: str, address: str, **window: Any) -> Page:
    """A window in which this person stands at that address."""
    context = browser.new_context(**({"viewport": {"width": 1200, "height": 900}} | window))
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.goto(lab.url)
    page.get_by_role("textbox", name="Usuário").fill(f"{name}@example.org")
    page.get_by_role("textbox", name="Senha").fill(f"a senha de {name}")
    page.get_by_role("textbox", name="Senha").press("Enter")
    # By this she stays signed in at the next address.
    page.wait_for_function("document.cookie.includes('monitoria=')", timeout=60_000)
    page.goto(address)
    return page


@pytest.fixture(scope="module")
def rita(browser: Browser, lab: App) -> Iterator[Page]:
    page = signed_in(browser, lab, "rita", f"{lab.url}/evaluation")
    page.get_by_text("Nova avaliação").wait_for()
    yield page
    page.context.close()


def begin(page: Page, topics: Path, name: str) -> None:
    """Fill in the form and start; answers are quotes, without a model."""
    if not page.locator(".st-key-topics-file").is_visible():
        page.get_by_text("Nova avaliação").click()
    page.locator("input[type=file]").set_input_files(topics)
    page.get_by_text(f"{N} perguntas, ").wait_for()
    for label, text in (("Quem responde", "none"), ("Nome desta avaliação", name)):
        field = page.get_by_role("textbox", name=label)
        field.fill(text)
        field.press("Enter")
        at_rest(page)
    page.get_by_role("button", name="Começar").click()
    page.get_by_role("heading", level=1, name=name).wait_for()


def part(page: Page, name: str) -> None:
    page.locator(".st-key-parts").get_by_text(name, exact=True).click()


@pytest.fixture(scope="module")
def run(rita: Page, topics: Path) -> str:
    """The address of a run that is done."""
    begin(rita, topics, "Primeira")
    rita.get_by_role("heading", level=2, name="Totais").wait_for(timeout=180_000)
    return rita.url


def press(page: Page, key: str) -> None:
    """Press a key and wait for what comes next, its buttons included: before these are there no key counts."""
    page.wait_for_function(_READY)
    before = page.locator(_BOX).get_attribute("class")
    page.keyboard.press(key)
    page.wait_for_function(_NEXT, arg=before)


def at_rest(page: Page) -> Page:
    """The page once nothing on it is about to change: what is, is paler meanwhile."""
    expect(page.locator('[data-testid="stApp"]')).to_have_attribute("data-test-script-state", "notRunning")
    page.wait_for_function("!document.querySelector('[data-stale=true]')")
    page.wait_for_timeout(400)
    return page


def question(page: Page) -> str:
    return page.locator('[class*="st-key-asked-"] h2').inner_text()


def test_the_report_has_tables_plots_questions_and_every_file(rita: Page, run: str, lab: App) -> None:
    rita.goto(run)
    rita.get_by_role("heading", level=2, name="Recuperação").wait_for()
    expect(rita.get_by_text("AR (perguntas que as aulas respondem)").first).to_be_visible()
    rita.locator(_DRAWN).first.wait_for()
    assert serious(at_rest(rita)) == []
    part(rita, "Perguntas")
    rita.get_by_role("heading", level=2, name=re.compile("Pergunta s01")).wait_for()
    rita.get_by_role("combobox", name="Discordam").click()
    rita.get_by_role("option", name="juiz e pessoas").click()
    rita.get_by_text("Nenhuma pergunta é assim.").wait_for()
    part(rita, "Baixar")
    with rita.expect_download() as download:
        rita.get_by_role("button", name="Baixar tudo").click()
    names = set(zipfile.ZipFile(download.value.path()).namelist())
    assert {"report.md", "report.html", "results.csv", "results.jsonl", "answers.jsonl", "run.trec"} <= names


def test_two_annotators_have_orders_of_their_own_and_see_nothing_of_each_other(
    browser: Browser, rita: Page, run: str, lab: App
) -> None:
    olga = signed_in(browser, lab, "olga", f"{run}&part=annotate")
    rita.goto(f"{run}&part=annotate")
    orders = []
    for page in (olga, rita):
        page.locator(_BOX).wait_for()
        orders.append([question(page)])
        for _ in range(2):
            press(page, "s")
            orders[-1].append(question(page))
    assert orders[0] != orders[1]
    press(olga, "i")
    shown = rita.locator('[data-testid="stMain"]').inner_text()
    assert "olga" not in shown
    assert "o que diz" not in shown  # the judge's reasons
    # In the middle of it, what others say is asked for twice.
    part(olga, "Relatório")
    at_rest(olga).get_by_text("você leu 1 de 20 respostas").filter(visible=True).wait_for()
    assert olga.get_by_role("heading", level=2, name="Totais").count() == 0
    olga.get_by_role("button", name="Ver assim mesmo").click()
    olga.get_by_role("heading", level=2, name="Totais").wait_for()
    olga.context.close()


def test_twenty_are_annotated_with_the_keyboard_and_kappa_is_seen(rita: Page, run: str) -> None:
    rita.goto(f"{run}&part=annotate")
    rita.locator(_BOX).wait_for()
    assert serious(at_rest(rita)) == []
    first = question(rita)
    press(rita, "c")
    press(rita, "z")
    assert question(rita) == first
    # Written letters are a note, and not verdicts.
    rita.get_by_role("textbox", name="Nota (opcional)").fill("cpi")
    rita.get_by_role("textbox", name="Nota (opcional)").press("Enter")
    assert question(rita) == first
    rita.get_by_role("heading", level=1).click()
    for number in range(N):
        rita.get_by_text(f"{number} de {N} lidas").wait_for()
        press(rita, "cpi"[number % 3])
    agreement = rita.locator(".st-key-agreement")
    agreement.wait_for()
    expect(agreement.get_by_role("cell", name=re.compile("Juiz, relevância"))).to_be_visible()
    expect(agreement.get_by_role("cell", name=f"{N}/{N}").first).to_be_visible()
    expect(agreement.get_by_role("cell", name=re.compile(r"^-?\d\.\d\d \[")).first).to_be_visible()
    assert serious(at_rest(rita)) == []
    assert rita.evaluate("window.hacked") is None
    part(rita, "Relatório")
    rita.get_by_role("heading", level=2, name="Até onde confiar no juiz").wait_for()


def test_a_run_is_stopped_and_resumed_and_compared_with_another(rita: Page, run: str, topics: Path, lab: App) -> None:
    rita.get_by_role("button", name="Avaliações").click()
    rita.get_by_role("heading", level=2, name="Avaliações").wait_for()
    assert serious(at_rest(rita)) == []
    lab.script.hang_after = 0
    begin(rita, topics, "Segunda")
    rita.get_by_text("Julgando: ").wait_for(timeout=180_000)
    rita.get_by_role("button", name="Parar").click()
    rita.get_by_text(f"Parada com {N} de {N} perguntas respondidas").wait_for()
    lab.script.hang_after = None
    rita.get_by_role("button", name="Retomar").click()
    expect(rita.get_by_role("button", name="Retomar")).to_have_count(0, timeout=60_000)
    expect(at_rest(rita).get_by_role("button", name="Parar")).to_have_count(0, timeout=180_000)
    rita.get_by_role("heading", level=2, name="Totais").wait_for()
    at_rest(rita).get_by_role("button", name="Avaliações").click()
    expect(rita.locator(".st-key-overview").get_by_text("pronta")).to_have_count(2, timeout=60_000)
    rita.get_by_role("button", name="Comparar duas").click()
    rita.get_by_role("heading", level=1, name="Comparar duas avaliações").wait_for()
    expect(rita.get_by_role("cell", name="nota contra a referência")).to_be_visible()
    rita.locator(_DRAWN).first.wait_for()
    assert serious(at_rest(rita)) == []


def test_a_phone_in_the_dark_annotates_with_a_finger(browser: Browser, lab: App, run: str) -> None:
    window = {"viewport": {"width": 375, "height": 740}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"}
    phone = signed_in(browser, lab, "olga", f"{run}&part=annotate", **window)
    phone.locator(_BOX).wait_for(timeout=60_000)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    for button in phone.locator(f"{_BOX} button").all():
        expect(button).to_be_in_viewport()
    assert serious(at_rest(phone)) == []
    before = question(phone)
    phone.get_by_role("button", name="P · parcial").tap()
    phone.get_by_text(f"2 de {N} lidas").wait_for()
    assert question(phone) != before
    part(phone, "Perguntas")
    phone.get_by_role("button", name="Ver assim mesmo").click()
    phone.get_by_role("heading", level=2, name=re.compile("Pergunta s01")).wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    assert serious(at_rest(phone)) == []
    phone.context.close()
