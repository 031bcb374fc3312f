"""A researcher's journey with the embedded model alone: it answers and judges, is stopped, goes on, is reported on.

The model is the smallest there is. What it makes of an answer is not the point; that all of it is kept, counted over as
many as there are, and said alike by the page and the command line, is.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from rag.models import resolve_llm
from tests.app.browser.chatting import window
from tests.app.browser.conftest import App
from tests.app.browser.researching import BOX, at_rest, begin, part, press
from tests.conftest import SAMPLE
from tests.interfaces.test_cli import monitoria

# One that the lectures answer and one that they do not: what is right there is a rule's to say, not the model's.
ANSWERABLE, UNANSWERABLE = ASKED = ("s17", "s41")
# About 45 s of two idle cores in all; llama.cpp is many times slower on cores that others are busy on, too.
PATIENCE_MS = 500_000
MODEL = "embedded:SmolLM2-135M-Instruct.Q4_1"


@pytest.fixture(scope="module")
def lab(start_app: Callable[..., App], sample_index: Path) -> App:
    return start_app(
        sample_index,
        MONITORIA_LLM__SPEC="embedded",
        MONITORIA_LLM__MODEL_FILE=str(resolve_llm("smollm2-135m")),
        MONITORIA_LLM__BASE_URL="",
    )


@pytest.fixture(scope="module")
def rita(browser: Browser, lab: App) -> Iterator[Page]:
    context = window(browser, viewport={"width": 1200, "height": 900})
    page = context.new_page()
    page.goto(f"{lab.url}/evaluation")
    page.get_by_text("Nova avaliação").wait_for()
    yield page
    context.close()


def lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []


def records(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in lines(path)]


def totals_on_the_page(page: Page) -> list[list[str]]:
    at_rest(page).get_by_role("heading", level=2, name="Totais").wait_for()
    return page.locator('[data-testid="stTable"] table').first.evaluate(
        "table => [...table.tBodies[0].rows].map(row => [...row.cells].map(cell => cell.innerText.trim()))"
    )


def over_those_known(scores: list[float | None]) -> tuple[str, str]:
    known = [score for score in scores if score is not None]
    mean = f"{sum(known) / len(known):.2f}".replace(".", ",") if known else "—"
    return mean, f"{len(known)}/{len(scores)}"


def totals_in(report: str) -> list[list[str]]:
    """The rows of the first table under that heading, as the page has them: with commas, no interval of so few."""
    section = report.split("\n## Totais\n")[1].split("\n## ", maxsplit=1)[0]
    table = next(block for block in section.split("\n\n") if block.startswith("| "))
    cells = [[cell.strip().replace("\\", "") for cell in row.strip("|").split("|")] for row in table.splitlines()[2:]]
    return [[name, mean.replace(".", ","), read_by_people(span), over] for name, mean, span, over in cells]


def read_by_people(span: str) -> str:
    few = re.fullmatch(r"\[.+\] \(n = (\d+): nada diz\)", span)
    assert few is not None or span == "—"
    return "—" if few is None else f"(n = {few.group(1)}: pouco)"


def test_what_the_smallest_model_makes_is_kept_counted_and_said_alike_everywhere(
    rita: Page, lab: App, tmp_path: Path
) -> None:
    topics = tmp_path / "duas.jsonl"
    chosen = [line for line in lines(SAMPLE / "topics.jsonl") if json.loads(line)["id"] in ASKED]
    topics.write_text("\n".join(chosen) + "\n", encoding="utf-8")

    # Stopped in the middle of judging: what was answered and judged stays, and is not asked again.
    begin(rita, topics, "Duas", answers="")
    folder = lab.folder / "runs" / parse_qs(urlsplit(rita.url).query)["run"][0]
    rita.get_by_text(re.compile(r"Respondendo: [0-2] de 2|Julgando: 0 de \d")).wait_for()
    rita.get_by_text(re.compile(r"Julgando: [1-9] de \d+ · falta")).wait_for(timeout=PATIENCE_MS)
    rita.get_by_role("button", name="Parar").click()
    rita.get_by_text(re.compile(r"Parada com 2 de 2 respostas, [1-9] de [1-9] julgamentos;")).wait_for()
    answers, before = lines(folder / "answers.jsonl"), records(folder / "judgements.jsonl")
    assert [json.loads(line)["llm"] for line in answers] == [MODEL, MODEL]
    assert before
    at_rest(rita).get_by_role("button", name="Retomar").click()
    expect(rita.get_by_role("button", name="Retomar")).to_have_count(0)
    expect(at_rest(rita).get_by_role("button", name="Parar")).to_have_count(0, timeout=PATIENCE_MS)
    assert lines(folder / "answers.jsonl") == answers
    judged = records(folder / "judgements.jsonl")
    assert len(judged) > len(before)
    assert [one for one in before if one not in judged] == []

    # Every answer is judged by every kind that there is for it; each judgement has a verdict, or why it has none.
    assert {(one["topic_id"], one["kind"]) for one in judged} >= {
        (topic_id, kind) for topic_id in ASKED for kind in ("ar", "reference")
    }
    assert {one["judge"] for one in judged if one["kind"] == "ar"} == {MODEL}
    assert [one for one in judged if (one["verdict"] in {"C", "P", "I"}) == bool(one["cause"] and one["error"])] == []

    # The page's totals are of these judgements: a mean over those that have a score, and over how many that is.
    totals = {name: (mean, over) for name, mean, _, over in totals_on_the_page(rita)}
    relevance = [one["ar"] for one in judged if (one["kind"], one["topic_id"]) == ("ar", ANSWERABLE)]
    against = [one["ar"] for one in judged if one["kind"] == "reference"]
    assert totals["AR (perguntas que as aulas respondem)"] == over_those_known(relevance)
    assert totals["nota contra a referência (0–1)"] == over_those_known(against)

    # Annotated blind, with the keyboard; two verdicts that differ, so that kappa is defined where the judge has two.
    part(rita, "Anotar")
    rita.locator(BOX).wait_for()
    for key in "ci":
        press(rita, key)
    n = sum(one["kind"] == "ar" and one["verdict"] is not None for one in judged)
    judge = rita.locator(".st-key-agreement").get_by_role("row").filter(has_text="Juiz, relevância")
    expect(judge).to_contain_text(f"{n}/2")
    expect(judge).to_contain_text(re.compile(r"-?\d,\d\d \(n = 2: pouco\)") if n == 2 else "—")

    # The command line says the same of the folder, the annotations included.
    part(rita, "Relatório")
    rita.get_by_role("heading", level=2, name="Até onde confiar no juiz").wait_for()
    shown = totals_on_the_page(rita)
    printed = monitoria("eval", "report", folder, language="pt")
    assert (printed.code, printed.err) == (0, "")
    report = (folder / "report.md").read_text(encoding="utf-8")
    assert totals_in(report) == shown
    assert "corretas, por pessoas" in str(shown)
    assert "juiz e pessoas" in report
