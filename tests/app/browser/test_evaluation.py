"""A researcher's journey: a run over twenty questions, its report, twenty answers annotated with the keyboard, κ."""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from interfaces.history.database import History
from interfaces.history.people import ensure_person, set_password
from interfaces.pages.plain import JOINER
from tests.app.browser.conftest import App
from tests.app.browser.researching import BOX, at_rest, begin, open_form, part, press, question, signed_in
from tests.app.browser.test_reachable import serious
from tests.conftest import SAMPLE
from tests.interfaces.service.evaluated import judged_by_length

N = 20
WICKED = "O que é <script>window.hacked = 1</script> **dropout** :smile: $x$ [aqui](javascript:window.hacked=2)?"
_DRAWN = '[data-testid="stVegaLiteChart"] :is(canvas, svg)'


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


@pytest.fixture(scope="module")
def rita(browser: Browser, lab: App) -> Iterator[Page]:
    page = signed_in(browser, lab, "rita", f"{lab.url}/evaluation")
    page.get_by_text("Nova avaliação").wait_for()
    yield page
    page.context.close()


@pytest.fixture(scope="module")
def run(rita: Page, topics: Path) -> str:
    """The address of a run that is done."""
    begin(rita, topics, "Primeira")
    rita.get_by_role("heading", level=2, name="Totais").wait_for(timeout=180_000)
    return rita.url


def test_the_report_has_tables_plots_questions_and_every_file(rita: Page, run: str, lab: App) -> None:
    rita.goto(run)
    rita.get_by_role("heading", level=2, name="Recuperação").wait_for()
    expect(rita.get_by_text("AR (perguntas que as aulas respondem)").first).to_be_visible()
    rita.locator(_DRAWN).first.wait_for()
    assert serious(at_rest(rita)) == []
    part(rita, "Perguntas")
    rita.get_by_role("heading", level=2, name=re.compile("Pergunta s01")).wait_for()
    # Nobody annotated yet, so that nobody can disagree.
    assert rita.get_by_role("combobox", name="Discordam").count() == 0
    rita.get_by_role("combobox", name="Veredito").click()
    rita.get_by_role("option", name="—").click()
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
        page.locator(BOX).wait_for()
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
    rita.locator(BOX).wait_for()
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
    expect(agreement.get_by_role("cell", name=re.compile(r"^-?\d,\d\d \[-?\d,\d\d; ")).first).to_be_visible()
    assert serious(at_rest(rita)) == []
    assert rita.evaluate("window.hacked") is None
    part(rita, "Relatório")
    rita.get_by_role("heading", level=2, name="Até onde confiar no juiz").wait_for()
    # She had read what the judge says of each answer, question by question, before she began: that is told.
    expect(rita.get_by_text(f"{N} de {N} anotações feitas depois de ver")).to_be_visible()


def test_where_judge_and_people_disagree_is_found_and_seen_at_a_glance(rita: Page, run: str, lab: App) -> None:
    folder = lab.folder / "runs" / parse_qs(urlsplit(run).query)["run"][0]
    judged = {
        one["answer_sha256"]: one["verdict"]
        for one in map(json.loads, (folder / "judgements.jsonl").open(encoding="utf-8"))
        if one["kind"] == "ar"
    }
    people: dict[str, list[str]] = {}
    for one in map(json.loads, (folder / "annotations.jsonl").open(encoding="utf-8")):
        people.setdefault(one["answer_sha256"], []).append(one["verdict"])
    # Where two say different things, the worse counts.
    apart = [key for key, verdicts in people.items() if judged[key] != min(verdicts, key="IPC".index)]
    assert 0 < len(apart) < N
    rita.goto(f"{run}&part=questions")
    rita.get_by_role("combobox", name="Discordam").click()
    rita.get_by_role("option", name="juiz (relevância) e pessoas").click()
    rita.get_by_text(re.compile(f"^{len(apart)} perguntas?$")).wait_for()
    lines = at_rest(rita).get_by_text(re.compile(r"^Juiz, relevância \(AR\): [CPI] · ")).all_inner_texts()
    assert lines
    for line in lines:
        shown = dict(one.rsplit(": ", 1) for one in line.replace(JOINER, "").split(" · "))
        by_people = [verdict for name, verdict in shown.items() if "@" in name]
        assert shown["Juiz, relevância (AR)"] != min(by_people, key="IPC".index)


def test_a_run_is_stopped_and_resumed_and_compared_with_another(rita: Page, run: str, topics: Path, lab: App) -> None:
    rita.get_by_role("button", name="Avaliações").click()
    rita.get_by_role("heading", level=2, name="Avaliações").wait_for()
    assert serious(at_rest(rita)) == []
    lab.script.hang_after = 0
    begin(rita, topics, "Segunda")
    rita.get_by_text("Julgando: ").wait_for(timeout=180_000)
    rita.get_by_role("button", name="Parar").click()
    # All are answered, and few are judged: both are told.
    rita.get_by_text(re.compile(rf"Parada com {N} de {N} respostas, \d+ de \d+ julgamentos;")).wait_for()
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


def test_what_most_leave_as_it_is_can_be_reached_and_set_by_keyboard(rita: Page, topics: Path, lab: App) -> None:
    rita.goto(f"{lab.url}/evaluation")
    rita.get_by_text("Nova avaliação").wait_for()
    open_form(rita, topics)
    rita.get_by_text("Mais opções").click()
    # Away from it: what is pointed at is drawn darker.
    rita.mouse.move(0, 0)
    rita.get_by_text("C: de 3 em diante; P: de 2 até menos de 3; I: menos de 2.").wait_for()
    assert serious(at_rest(rita)) == []
    least_of_p, least_of_c = rita.get_by_role("slider").all()
    least_of_p.press("ArrowLeft")
    rita.get_by_text("P: de 1,5 até menos de 3; I: menos de 1,5.").wait_for()
    at_rest(rita)
    least_of_c.press("ArrowLeft")
    rita.get_by_text("C: de 2,5 em diante; P: de 1,5 até menos de 2,5;").wait_for()


def test_a_phone_in_the_dark_annotates_with_a_finger(browser: Browser, lab: App, run: str) -> None:
    window = {"viewport": {"width": 375, "height": 740}, "is_mobile": True, "has_touch": True, "color_scheme": "dark"}
    phone = signed_in(browser, lab, "olga", f"{run}&part=annotate", **window)
    phone.locator(BOX).wait_for(timeout=60_000)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    for button in phone.locator(f"{BOX} button").all():
        expect(button).to_be_in_viewport()
    assert serious(at_rest(phone)) == []
    before = question(phone)
    phone.get_by_role("button", name="P · parcial").tap()
    phone.get_by_text(f"2 de {N} lidas").wait_for()
    phone.get_by_text("(1 das suas 2 anotações)").wait_for()
    assert question(phone) != before
    part(phone, "Perguntas")
    # She looked on another day, on another machine: she is not asked again, and it is not forgotten.
    phone.get_by_role("heading", level=2, name=re.compile("Pergunta s01")).wait_for()
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375
    assert serious(at_rest(phone)) == []
    # Two runs side by side, every column of it.
    phone.goto(f"{lab.url}/evaluation?part=compare")
    phone.locator('[data-testid="stTable"]').wait_for()
    wider = "[...document.querySelectorAll('[data-testid=stTable]')].map(one => one.scrollWidth - one.clientWidth)"
    assert at_rest(phone).evaluate(wider) == [0]
    phone.context.close()


def test_a_run_opens_from_the_list_each_time_it_is_pressed(rita: Page, run: str, lab: App) -> None:
    for _ in range(2):
        rita.goto(f"{lab.url}/evaluation")
        rita.get_by_role("button", name="Primeira", exact=True).click()
        rita.get_by_role("heading", level=1, name="Primeira").wait_for()
