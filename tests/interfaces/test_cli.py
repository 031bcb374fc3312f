"""The command line as CONTRACTS has it: exit codes, streams, JSON, one-sentence errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.conftest import SAMPLE
from tests.scripted_server import Script, scripted_server


class Result(NamedTuple):
    code: int
    out: str
    err: str


def monitoria(*arguments: object, language: str = "en", **variables: str) -> Result:
    environment = os.environ | {
        "MONITORIA_ENCODER__SOURCE": "carried",
        "MONITORIA_ENCODER__RUNTIME": "onnx-int8",
        "MONITORIA_LANG": language,
        "COLUMNS": "100",
    }
    done = subprocess.run(
        [sys.executable, "-m", "interfaces.cli", *map(str, arguments)],
        capture_output=True, text=True, env=environment | variables, timeout=300, check=False,
    )  # fmt: skip
    return Result(done.returncode, done.stdout, done.stderr)


COMMANDS = [[], ["models", "pull"], ["models", "list"], ["index"], ["search"], ["ask"], ["eval", "retrieval"]]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_has_help_with_an_example_and_a_version(command: list[str]) -> None:
    shown = monitoria(*command, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert not command or "Example: monitoria " + command[0] in shown.out
    assert monitoria(*command, "--version").out.startswith("monitoria 0.")


def test_help_speaks_portuguese_first() -> None:
    assert "Exemplo:" in monitoria("ask", "--help", language="pt").out
    assert "Example:" in monitoria("ask", "--help", "--lang", "en", language="pt").out


@pytest.mark.parametrize(
    "arguments",
    [
        ["fly"],
        ["search", "x"],
        ["search", "--index", "nowhere"],
        ["search", "a", "--topics", "b", "--index", "c"],
        ["ask", "--topics", "t.jsonl", "--index", "c"],
        ["index"],
        ["index", "missing-folder", "--index", "x"],
        ["--lang", "fr", "ask"],
        ["search", "x", "--index", "y", "-k", "many"],
    ],
    ids=" ".join,
)
def test_wrong_use_is_exit_2_and_one_sentence(arguments: list[str], tmp_path: Path) -> None:
    shown = monitoria(*arguments)
    assert shown.code == 2
    assert shown.out == ""
    assert len(shown.err.strip().splitlines()) == 1
    assert "Traceback" not in shown.err


def test_a_missing_index_is_exit_1_with_the_command_that_makes_it(tmp_path: Path) -> None:
    shown = monitoria("search", "x", "--index", tmp_path / "none")
    assert shown.code == 1
    assert "monitoria index SOURCE --index" in shown.err


def test_an_unknown_setting_is_exit_2(sample_index: Path) -> None:
    shown = monitoria("search", "x", "--index", sample_index, MONITORIA_RETRIEVAL__KK="3")
    assert shown.code == 2
    assert "retrieval.kk" in shown.err


def test_search_prints_json_without_topic_id(sample_index: Path) -> None:
    shown = monitoria("search", "o que é dropout?", "--index", sample_index, "-k", 4, "--json", "--mode", "dense")
    hits = json.loads(shown.out)
    assert [hit["rank"] for hit in hits] == [1, 2, 3, 4]
    assert {"rank", "score", "segment_id", "lecture_id", "start_s", "end_s", "text"} <= hits[0].keys()
    assert "topic_id" not in hits[0]


def test_a_run_over_topics_then_its_measures(sample_index: Path, tmp_path: Path) -> None:
    topics = SAMPLE / "topics.jsonl"
    run, trec = tmp_path / "run.jsonl", tmp_path / "run.trec"
    for target in (run, trec):
        shown = monitoria("search", "--topics", topics, "--run", target, "--index", sample_index, "-k", 20)
        assert shown.code == 0, shown.err
    lines = [json.loads(line) for line in run.read_text(encoding="utf-8").splitlines()]
    assert len(lines) == 48 * 20
    assert {line["topic_id"] for line in lines} == {f"s{n:02d}" for n in range(1, 49)}
    columns = [line.split(" ") for line in trec.read_text(encoding="utf-8").splitlines()]
    assert all(len(column) == 6 and column[1] == "Q0" for column in columns)
    assert [c[2] for c in columns] == [str(line["segment_id"]) for line in lines]
    measures = json.loads(monitoria("eval", "retrieval", run, "--topics", topics, "--json").out)
    assert measures["hit@5"]["n"] == 40
    assert 0 <= measures["hit@1"]["value"] <= measures["hit@5"]["value"] <= 1


def test_ask_without_a_model_prints_quotes_and_references(sample_index: Path) -> None:
    shown = monitoria("ask", "que horas sai o ônibus?", "--index", sample_index, "--llm", "none")
    assert (shown.code, shown.err) == (0, "")
    assert "[1] Aula" in shown.out
    assert "?t=" in shown.out


def test_ask_json_is_the_contracts_object(sample_index: Path) -> None:
    shown = monitoria("ask", "que horas sai o ônibus?", "--index", sample_index, "--llm", "none", "--json")
    answer = json.loads(shown.out)
    promised = {
        "topic_id", "question", "answer", "abstained", "references", "hits", "llm", "prompt_sha256",
        "index_generation", "timings_ms", "error",
    }  # fmt: skip
    assert promised <= answer.keys()
    assert answer["timings_ms"].keys() == {"retrieve", "first_token", "total"}
    assert answer["mode"] == "quotes"
    named = {"n", "segment_id", "lecture_id", "title", "url", "start_s", "end_s", "quote"}
    assert all(named <= reference.keys() for reference in answer["references"])


def test_a_model_that_fails_leaves_exit_0_and_a_sentence(sample_index: Path) -> None:
    with scripted_server(Script(status=500)) as url:
        shown = monitoria(
            "ask", "o que é dropout?", "--index", sample_index, "--llm", "openai:x", "--base-url", url, "--json"
        )
    assert shown.code == 0
    assert "the lecture passages stand in place of its answer" in json.loads(shown.out)["error"]
    assert len(shown.err.strip().splitlines()) == 1


def test_batch_answers_resume_and_retry_failures(sample_index: Path, tmp_path: Path) -> None:
    topics = tmp_path / "topics.csv"
    topics.write_text("id,question\na,o que é dropout?\nb,que horas sai o ônibus?\n", encoding="utf-8")
    answers = tmp_path / "answers.jsonl"
    command = ["ask", "--topics", topics, "--answers", answers, "--index", sample_index, "--llm", "openai:x"]
    with scripted_server(Script(status=500)) as url:
        assert "2 with a model error" in monitoria(*command, "--base-url", url).out
    script = Script(["As aulas não respondem a essa pergunta."])
    with scripted_server(script) as url:
        assert "2 topics answered now (0 with" in monitoria(*command, "--base-url", url).out
        with answers.open("a", encoding="utf-8") as stream:
            stream.write('{"topic_id": "c", "torn')
        assert "0 topics answered now" in monitoria(*command, "--base-url", url).out
    records = [json.loads(line) for line in answers.read_text(encoding="utf-8").splitlines()]
    assert [record["topic_id"] for record in records] == ["a", "b"]
    assert len(script.requests) == 2


def test_indexing_reports_what_it_did(tmp_path: Path) -> None:
    source = tmp_path / "aulas"
    source.mkdir()
    (source / "boa.txt").write_text("O gradiente desce a ladeira.", encoding="utf-8")
    (source / "ruim.srt").write_bytes(b"\x00\xff\x00\xff")
    shown = monitoria("index", source, "--index", tmp_path / "i")
    assert shown.code == 0
    assert "ruim.srt" in shown.err
    assert "1 new" in shown.out
    (source / "boa.txt").unlink()
    assert monitoria("index", source, "--index", tmp_path / "j").code == 1
    assert monitoria("index", "--verify", tmp_path / "i").code == 0
    assert "Boa" in monitoria("index", "--info", tmp_path / "i").out


def test_two_files_with_one_id_are_refused(tmp_path: Path) -> None:
    for name in ("aula.txt", "aula.md"):
        (tmp_path / name).write_text("texto", encoding="utf-8")
    shown = monitoria("index", tmp_path, "--index", tmp_path / "i")
    assert shown.code == 2
    assert "aula.txt" in shown.err
    assert "aula.md" in shown.err


def test_output_to_a_closed_pipe_is_quiet(sample_index: Path) -> None:
    command = f"{sys.executable} -m interfaces.cli search dropout --index {sample_index} | head -1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr


def test_control_characters_of_a_transcript_do_not_reach_the_terminal(tmp_path: Path) -> None:
    source = tmp_path / "aula.txt"
    source.write_text("dropout \x1b[2J\x1b]0;owned\x07 desliga neurônios <script>alert(1)</script>", encoding="utf-8")
    monitoria("index", source, "--index", tmp_path / "i")
    shown = monitoria("ask", "dropout?", "--index", tmp_path / "i", "--llm", "none")
    assert "\x1b" not in shown.out
    assert "\x07" not in shown.out


def test_help_is_in_one_language() -> None:
    english = monitoria("search", "--lang=en", "--help", language="pt").out
    assert "the index folder" in english
    assert "pasta" not in english
    portuguese = monitoria("search", "--help", language="pt").out
    assert "pasta do índice" in portuguese
    assert "the index folder" not in portuguese


def test_wrong_use_is_said_in_portuguese() -> None:
    assert "falta a opção '--index'" in monitoria("search", "x", language="pt").err
    assert "o comando 'voar' não existe" in monitoria("voar", language="pt").err


def test_nothing_at_all_shows_the_help() -> None:
    shown = monitoria()
    assert shown.code == 2
    assert "Usage: monitoria" in shown.out


def test_a_terminal_without_utf8_gets_question_marks(sample_index: Path) -> None:
    shown = monitoria(
        "ask", "o que é dropout?", "--index", sample_index, "--llm", "none", PYTHONIOENCODING="ascii", PYTHONUTF8="0"
    )
    assert (shown.code, shown.err) == (0, "")


def test_a_full_disk_is_one_sentence(sample_index: Path) -> None:
    command = f"{sys.executable} -m interfaces.cli search dropout --index {sample_index} > /dev/full"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "Traceback" not in done.stderr


def test_an_empty_folder_indexes_nothing_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "vazia").mkdir()
    shown = monitoria("index", tmp_path / "vazia", "--index", tmp_path / "i")
    assert shown.code == 1
    assert "nothing was indexed" in shown.err
    assert monitoria("index", "--index", tmp_path / "j", "--remove", "x").code == 1
    assert not (tmp_path / "j").exists()


def test_verify_takes_no_sources(sample_index: Path) -> None:
    assert monitoria("index", SAMPLE, "--verify", sample_index).code == 2


def test_a_cache_that_cannot_be_written_is_one_sentence(sample_index: Path) -> None:
    shown = monitoria("search", "x", "--index", sample_index, MONITORIA_CACHE="/proc/nope")
    assert shown.code == 1
    assert len(shown.err.strip().splitlines()) == 1
    assert "unexpected" not in shown.err


def test_a_file_that_is_no_answers_file_is_left_alone(sample_index: Path, tmp_path: Path) -> None:
    topics = tmp_path / "topics.jsonl"
    topics.write_text('{"id": "a", "question": "o que é dropout?"}', encoding="utf-8")
    thesis = tmp_path / "tese.md"
    thesis.write_text("minha tese", encoding="utf-8")
    command = ["ask", "--topics", topics, "--index", sample_index, "--llm", "none", "--answers"]
    for target in (thesis, topics):
        before = target.read_bytes()
        assert monitoria(*command, target).code == 2
        assert target.read_bytes() == before


def test_two_models_in_one_file_are_named(sample_index: Path, tmp_path: Path) -> None:
    topics, answers = tmp_path / "topics.jsonl", tmp_path / "answers.jsonl"
    command = ["ask", "--topics", topics, "--answers", answers, "--index", sample_index]
    topics.write_text('{"id": "a", "question": "o que é dropout?"}\n', encoding="utf-8")
    monitoria(*command, "--llm", "none")
    with topics.open("a", encoding="utf-8") as stream:
        stream.write('{"id": "b", "question": "o que é uma época?"}\n')
    with scripted_server(Script(["As aulas não respondem a essa pergunta."])) as url:
        shown = monitoria(*command, "--llm", "openai:x", "--base-url", url)
    assert "mixes answers of none, openai:x" in shown.err
