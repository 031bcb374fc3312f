"""The command line in one language: help pages, complaints, counts of one, and an index that is not named."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from corpus.language import how_many, set_interface_language
from interfaces.course_folders import course_folders
from interfaces.spoken_help import wrong_use
from rag.config import Settings
from tests.interfaces.test_cli import monitoria

COMMANDS = [[], ["models"], ["models", "pull"], ["index"], ["search"], ["ask"], ["app"], ["eval"], ["people"]]
COMMANDS += [["eval", name] for name in ("retrieval", "judge", "ragas", "agreement", "report", "compare")]
COMMANDS += [["people", name] for name in ("add", "list", "roles", "password", "remove")]
_ENGLISH = re.compile(r"Usage|Options|Arguments|Commands|Show this|required|default|<str>|<path>|<int|COMMAND\b|\bor\b")


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_a_help_page_has_no_english_of_typers(command: list[str]) -> None:
    page = monitoria(*command, "--help", language="pt").out
    assert page.startswith("Uso: monitoria")
    assert "Mostra esta ajuda e sai." in page
    assert not _ENGLISH.findall(page)


def test_the_columns_of_a_help_page_stay_where_they_are() -> None:
    page = monitoria("app", "--help", language="pt").out
    rows = [re.match(r"  --(?:port|host|help)[^ ]*(?: \S+)? {2,}", line) for line in page.splitlines()]
    assert len({row.end() for row in rows if row is not None}) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["serch", "x"], "o comando 'serch' não existe; quis dizer 'search'?"),
        (["search", "x", "--indx", "y"], "a opção --indx não existe; parecidas: --index."),
        (["search", "x", "--index", "y", "-k", "many"], "o valor de '-k' não é um número inteiro."),
        (["app", "--port", "0"], "o valor de '--port' é menor que 1, o mínimo."),
        (["app", "--port", "99999"], "o valor de '--port' é maior que 65535, o máximo."),
        (["eval", "judge"], "falta o argumento 'RESPOSTAS'."),
        (["search", "a", "b", "--index", "i"], "sobrou b; ponha aspas em volta da pergunta."),
        (["search", "x", "--json=3", "--index", "i"], "a opção '--json' não leva valor."),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, list) else "",
)
def test_wrong_use_in_portuguese(arguments: list[str], said: str) -> None:
    shown = monitoria(*arguments, language="pt")
    assert shown.code == 2
    assert shown.err == f"monitoria: {said} Veja monitoria --help.\n"


def test_what_is_not_known_stays_as_it_came() -> None:
    set_interface_language("pt")
    assert wrong_use("Something\n  new.") == "Something new."
    set_interface_language(None)


def test_an_index_that_is_not_named_is_asked_for_with_the_one_that_is_here(
    tmp_path: Path, sample_index: Path, settings: Settings
) -> None:
    """The contract has ``--index`` as required; the app's rule says which one may be meant."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "index").symlink_to(sample_index)
    root = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-m", "interfaces.cli", "search", "x"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
        env=os.environ | {"MONITORIA_LANG": "pt", "PYTHONPATH": root},
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == (
        "monitoria: falta a opção '--index'. Aqui há um: --index demo/index. Veja monitoria --help.\n"
    )
    named = settings.model_copy(update={"app": settings.app.model_copy(update={"courses": (Path("a"), Path("b"))})})
    assert course_folders(named) == (Path("a"), Path("b"))


def test_settings_that_are_wrong_do_not_hide_what_is_missing() -> None:
    shown = monitoria("search", "x", MONITORIA_APP__LOGIN="segredo")
    assert shown.code == 2
    assert "Missing option '--index'" in shown.err


@pytest.mark.parametrize("question", ["", "   ?", "¿¡…!?"])
@pytest.mark.parametrize("command", ["ask", "search"])
def test_a_question_that_asks_nothing_is_refused(sample_index: Path, command: str, question: str) -> None:
    shown = monitoria(command, question, "--index", sample_index)
    assert (shown.code, shown.out) == (2, "")
    assert "has neither letter nor digit" in shown.err


def test_one_is_one_in_what_indexing_says(tmp_path: Path) -> None:
    (tmp_path / "aulas").mkdir()
    (tmp_path / "aulas" / "boa.txt").write_text("O gradiente desce a ladeira.", encoding="utf-8")
    (tmp_path / "aulas" / "aula3.docx").write_text("x", encoding="utf-8")
    (tmp_path / "aulas" / "lectures.json").write_text('[{"lecture_id": "boa", "titel": "Redes"}]', encoding="utf-8")
    shown = monitoria("index", tmp_path / "aulas", "--index", tmp_path / "i", language="pt")
    assert shown.out.startswith("1 aula, 1 segmento (gen-000001)\naulas: 1 nova, 0 mudadas, ")
    assert "ignorado: aula3.docx (formato que não se lê; salve como .txt ou .vtt)" in shown.err
    assert 'lectures.json:1: chave desconhecida "titel", ignorada; quis dizer "title"?' in shown.err
    assert "1 lecture, 1 segment (" in monitoria("index", tmp_path / "aulas", "--index", tmp_path / "i").out
    assert ", 1 segmento\n" in monitoria("index", "--verify", tmp_path / "i", language="pt").out


def test_one_question_answered_is_one(sample_index: Path, tmp_path: Path) -> None:
    topics, answers = tmp_path / "perguntas.txt", tmp_path / "respostas.jsonl"
    topics.write_text("O que é dropout?\n", encoding="utf-8")
    command = ["ask", "--topics", topics, "--answers", answers, "--index", sample_index, "--llm", "none"]
    assert monitoria(*command, language="pt").out.startswith("1 pergunta respondida agora (0 com erro")
    assert monitoria(*command, language="pt").out.startswith("0 perguntas respondidas agora")
    assert '"topic_id": "q001"' in answers.read_text(encoding="utf-8")


def test_none_is_many() -> None:
    assert [how_many(n, "aula", "aulas") for n in (0, 1, 2)] == ["0 aulas", "1 aula", "2 aulas"]
