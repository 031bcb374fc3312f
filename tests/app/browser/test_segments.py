"""An instructor's journey: look inside, correct and find again, add lectures, and be read by everybody."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from interfaces.service.courses import course_id
from rag.build import build_index
from rag.config import Settings
from rag.corrections import correct
from rag.encoder import Encoder
from rag.index import CourseIndex
from tests.app.browser.chatting import WORDS, answer_text, ask, said, wait_answered
from tests.app.browser.conftest import HOSTILE, App
from tests.app.browser.test_reachable import serious
from tests.rag.corrections.correcting import HEARD, SAID, srt

SECTIONS = ("Procurar", "Correções", "Perguntas", "Enviar", "Índice")
VTT = b"WEBVTT\n\n00:01.000 --> 00:30.000\nA fotossintese transforma luz em energia nas folhas.\n"


@pytest.fixture(scope="module")
def own_app(
    start_app: Callable[..., App], tmp_path_factory: pytest.TempPathFactory, encoder: Encoder, settings: Settings
) -> App:
    """An app over a course that these tests may change; a lecture is hostile, and a correction is in conflict."""
    lectures = tmp_path_factory.mktemp("aulas")
    (lectures / "aula-01.srt").write_text(srt(), encoding="utf-8")
    (lectures / "aula-02.srt").write_text(srt("Hoje falamos de convolução."), encoding="utf-8")
    (lectures / "hostil.vtt").write_text(f"WEBVTT\n\n00:20.000 --> 00:50.000\n{HOSTILE}\n", encoding="utf-8")
    listed = [{"lecture_id": "hostil", "title": "<b>Segurança</b> :smile: [x](y)"}]
    (lectures / "lectures.json").write_text(json.dumps(listed), encoding="utf-8")
    index = tmp_path_factory.mktemp("meu") / "index"
    build_index(index, [lectures], encoder, settings)
    opened = CourseIndex(index)
    heard = next(s for s in map(opened.segment, range(len(opened))) if "convolução" in s.text)
    correct(index, heard.segment_id, heard.text.replace("Hoje", "Agora"), by="alguém", encoder=encoder)
    (lectures / "aula-02.srt").write_text(srt("Hoje falamos bem de convolução."), encoding="utf-8")
    build_index(index, [lectures], encoder, settings)
    return start_app(index)


@pytest.fixture
def window(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address in a new browser window and waits for its heading."""
    contexts = []

    def open_at(url: str, **how: object) -> Page:
        context = browser.new_context(**{"viewport": {"width": 1200, "height": 900}} | how)
        context.set_default_timeout(90_000)
        contexts.append(context)
        page = context.new_page()
        page.goto(url)
        page.get_by_role("heading", level=1).wait_for(timeout=60_000)
        return page

    yield open_at
    for context in contexts:
        context.close()


def look_for(page: Page, question: str) -> None:
    box = page.get_by_role("textbox", name="Pergunta ou palavras")
    box.fill(question)
    box.press("Enter")
    page.locator('[class*="st-key-hit-"]').first.wait_for()


def settled(page: Page) -> None:
    """Until the page's run has ended and nothing of an earlier one is left, fading."""
    page.wait_for_function(
        "!document.querySelector('[data-stale=true], [data-testid=stApp][data-test-script-state=running]')"
    )
    page.wait_for_timeout(300)


def go_to(page: Page, section: str) -> None:
    page.locator(".st-key-sections").get_by_text(section, exact=True).click()


def test_a_correction_is_found_at_once_and_stops_nobody(
    own_app: App, window: Callable[..., Page], record_property: Callable[[str, object], None]
) -> None:
    own_app.script.pieces, own_app.script.pause_s = [HEARD[:-1] + " [1]. ", "Depois ", *WORDS], 0.05
    student = window(own_app.url)
    page = window(f"{own_app.url}/segments")
    look_for(page, "o que a Festa API responde?")
    first = page.locator('[class*="st-key-hit-"]').first
    expect(first).to_contain_text("A fala mais próxima (00:30)")
    expect(first.locator("mark, span").filter(has_text="Festa").first).to_be_visible()
    ask(student, "o que a Festa API responde?")
    first.get_by_role("button", name="Corrigir o texto").click()
    editor = page.get_by_role("textbox", name="O que foi dito")
    editor.fill(editor.input_value().replace(HEARD, SAID))
    page.get_by_role("textbox", name="Por que muda").fill("o nome é outro")
    started = time.monotonic()
    page.get_by_role("button", name="Gravar").click()
    page.get_by_text("A próxima pergunta já encontra este texto.").wait_for()
    # The goal is ten seconds. It is not asserted: every file is forced to the disk, which others may keep busy.
    record_property("live_s", time.monotonic() - started)
    expect(page.locator("del").filter(has_text="Festa API").first).to_be_visible()
    page.get_by_text("o nome é outro").wait_for()
    page.get_by_role("button", name="Voltar").click()
    look_for(page, "FastAPI responde em JSON")
    expect(page.locator('[class*="st-key-hit-"]').first).to_contain_text(SAID)
    wait_answered(student)
    assert [word for word in WORDS if word.strip() not in answer_text(student).split()] == []
    go_to(page, "Correções")
    page.get_by_text("você · em uso").wait_for()
    page.get_by_role("button", name="Abrir").first.click()
    page.get_by_role("button", name="Restaurar o texto da fonte").click()
    page.get_by_text("É o texto da fonte, sem correção.").wait_for()
    go_to(page, "Perguntas")
    page.get_by_text("A resposta que foi dada").first.click()
    given = page.locator('[class*="st-key-given-"]').first
    given.get_by_role("heading", level=3).first.wait_for()
    assert "palavra59" in answer_text(page)
    given.get_by_role("link", name="[1]").first.click()
    expect(given.get_by_role("heading", level=3).first).to_be_in_viewport()
    settled(page)
    assert serious(page) == []
    labels = page.locator('[data-testid="stVegaLiteChart"] .role-axis-label text')
    expect(labels.filter(has_text="Aula 01")).to_have_count(1)
    page.get_by_role("button", name="Ver os trechos").first.click()
    expect(page.get_by_role("textbox", name="Pergunta ou palavras")).to_have_value("o que a Festa API responde?")
    page.locator('[class*="st-key-hit-"]').first.wait_for()


def test_a_broken_file_beside_a_good_one_is_named_the_good_one_is_found_and_taken_back(
    own_app: App, window: Callable[..., Page]
) -> None:
    page = window(f"{own_app.url}/segments?s=upload")
    page.locator("input[type=file]").set_input_files(
        [
            {"name": "folhas.vtt", "mimeType": "text/vtt", "buffer": VTT},
            {"name": "quebrado.json", "mimeType": "application/json", "buffer": b'{"segments": [}'},
            {"name": "aula-01.vtt", "mimeType": "text/vtt", "buffer": VTT},
        ]
    )
    page.get_by_text("Títulos e endereços").click()
    page.get_by_role("textbox", name="Título").first.fill("Folhas")
    page.get_by_role("button", name="Enviar 3 arquivos").click()
    page.get_by_text("Entrou 1 de 3 arquivos no curso.").wait_for()
    rows = page.locator('[data-testid="stTable"] tbody tr')
    rows.nth(2).wait_for()
    assert [said(row).split("\t")[1].strip() for row in rows.all()] == ["nova", "ilegível", "recusada"]
    expect(rows.nth(2)).to_contain_text("'aula-01' já é de aula-01.srt")
    assert str(own_app.folder) not in said(page.locator('[data-testid="stMain"]'))
    go_to(page, "Procurar")
    look_for(page, "o que é fotossíntese?")
    expect(page.locator('[class*="st-key-hit-"] h3').first).to_contain_text("Folhas")
    go_to(page, "Enviar")
    page.get_by_text("Já enviados (1)").click()
    chosen = page.get_by_role("combobox", name="Retirar do curso")
    settled(page)
    chosen.click()
    page.get_by_role("option", name="folhas.vtt").wait_for()
    chosen.press("Enter")
    page.get_by_role("button", name="Retirar", exact=True).click()
    page.get_by_text("folhas.vtt saiu do curso.").wait_for()
    expect(page.get_by_text("Entrou 1 de 3 arquivos no curso.")).to_have_count(0)
    expect(page.get_by_text("Já enviados")).to_have_count(0)
    go_to(page, "Procurar")
    look_for(page, "o que é fotossíntese?")
    expect(page.locator('[class*="st-key-hit-"] h3').filter(has_text="Folhas")).to_have_count(0)
    go_to(page, "Índice")
    page.get_by_role("button", name="Conferir todos os bytes").click()
    page.get_by_text("todos como foram gravados").wait_for()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(own_app: App, window: Callable[..., Page], scheme: str) -> None:
    page = window(f"{own_app.url}/segments", color_scheme=scheme)
    look_for(page, "o que a Festa API responde?")
    page.get_by_text("Trecho inteiro e vizinhos").first.click()
    settled(page)
    assert serious(page) == []
    page.get_by_role("button", name="Corrigir o texto").first.click()
    page.get_by_role("button", name="Gravar").wait_for()
    expect(page.locator('[class*="st-key-hit-"]')).to_have_count(0)
    settled(page)
    assert serious(page) == []
    waits = dict(zip(SECTIONS[1:], ("Usar este texto", "As perguntas", "Upload", "Conferir"), strict=True))
    # The others have no colours in the dark that these have not.
    for section, waited in waits.items() if scheme == "light" else [("Perguntas", waits["Perguntas"])]:
        go_to(page, section)
        page.locator("button, h2").filter(has_text=waited).first.wait_for()
        settled(page)
        assert (section, serious(page)) == (section, [])


def test_a_phone_shows_every_section_without_scrolling_sideways(own_app: App, window: Callable[..., Page]) -> None:
    page = window(f"{own_app.url}/segments", viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True)
    look_for(page, "o que a Festa API responde?")
    for section in SECTIONS:
        go_to(page, section)
        settled(page)
        wide = page.evaluate(
            "[document.documentElement, document.querySelector('[data-testid=stMain]')]"
            ".map(e => e.scrollWidth - e.clientWidth)"
        )
        assert (section, wide) == (section, [0, 0])
    assert serious(page) == []


def test_what_a_lecture_says_is_text_wherever_it_is_shown(own_app: App, window: Callable[..., Page]) -> None:
    page = window(f"{own_app.url}/segments")
    look_for(page, "a segurança da rede :red[vermelho] <img src=x onerror=window.hacked=4>")
    page.get_by_text("Trecho inteiro e vizinhos").first.click()
    whole = page.locator('[class*="st-key-hit-"]').first.locator('[data-testid="stExpanderDetails"]')
    assert HOSTILE in " ".join(said(whole).split())
    page.get_by_role("button", name="Corrigir o texto").first.click()
    page.get_by_role("textbox", name="O que foi dito").wait_for()
    go_to(page, "Índice")
    page.get_by_text("<b>Segurança</b>").first.wait_for()
    assert page.evaluate("window.hacked") is None
    assert page.locator('[data-testid="stMain"] img, [data-testid="stMain"] a[href^=javascript]').count() == 0


def test_moments_are_told_by_the_browsers_own_clock(own_app: App, window: Callable[..., Page]) -> None:
    told = []
    for zone in ("America/Sao_Paulo", "Asia/Tokyo"):
        page = window(f"{own_app.url}/segments?s=index", timezone_id=zone)
        page.get_by_text("Criada em").wait_for()
        found = re.search(r"\d\d/\d\d/\d{4} \d\d:\d\d", said(page.locator('[data-testid="stMain"]')))
        assert found is not None
        told.append(datetime.strptime(found.group(), "%d/%m/%Y %H:%M"))  # noqa: DTZ007 - as it is read
    assert told[1] - told[0] == timedelta(hours=12)


def test_who_corrects_can_listen_to_a_recording_beside_the_transcript(
    app: App, lecture_index: Path, window: Callable[..., Page]
) -> None:
    page = window(f"{app.url}/segments?course={course_id(lecture_index)}")
    look_for(page, "quando a parada antecipada interrompe o treino?")
    page.get_by_text("Ouvir a partir de").first.click()
    page.locator("audio").first.wait_for(state="attached")
    page.get_by_role("button", name="Corrigir o texto").first.click()
    page.get_by_role("button", name="Gravar").wait_for()
    expect(page.get_by_text("Ouvir a partir de")).to_be_visible()
