"""`monitoria people`: the first admin is made at a terminal, and nothing of a password is ever printed."""

from __future__ import annotations

import csv
import io
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from interfaces.history.conversations import conversations_of, start_conversation
from interfaces.history.database import History
from interfaces.history.people import check_password, person_by_login


@pytest.fixture
def people(tmp_path: Path):
    def run(*arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"MONITORIA_APP__FOLDER": str(tmp_path), "MONITORIA_LANG": "en"}
        command = [str(Path(sys.executable).parent / "monitoria"), "people", *arguments]
        return subprocess.run(
            command, input=typed, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False
        )

    return run


def test_the_first_admin_is_added_with_a_password_and_can_sign_in(people, tmp_path: Path) -> None:
    done = people("add", "Ana@Example.org", "--name", "Ana", "--roles", "admin", typed="um segredo longo\n")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "ana@example.org\tAna\tadmin\n"
    history = History.open(tmp_path / "monitoria.sqlite3")
    assert check_password(history, "ana@example.org", "um segredo longo") is not None
    history.close()
    assert people("list").stdout == "ana@example.org\tAna\tadmin\n"
    assert people("roles", "ana@example.org", "researcher,instructor").stdout.endswith("\tinstructor, researcher\n")
    assert people("password", "ana@example.org", typed="outro segredo\n").returncode == 0
    history = History.open(tmp_path / "monitoria.sqlite3")
    assert check_password(history, "ana@example.org", "um segredo longo") is None
    assert check_password(history, "ana@example.org", "outro segredo") is not None
    history.close()


@pytest.mark.parametrize(
    ("arguments", "typed", "told"),
    [
        (("add", "bia", "--roles", "boss"), "um segredo longo\n", "--roles has 'boss'"),
        (("add", "bia"), "curta\n", "the password has 5 characters"),
        (("add", " "), "um segredo longo\n", "the login is empty"),
        (("roles", "ninguem", "admin"), "", "there is no 'ninguem'"),
        (("password", "ninguem"), "um segredo longo\n", "there is no 'ninguem'"),
    ],
)
def test_wrong_use_is_told_in_a_sentence_and_adds_nobody(
    people, tmp_path: Path, arguments: tuple[str, ...], typed: str, told: str
) -> None:
    done = people(*arguments, typed=typed)
    assert done.returncode == 2
    assert told in done.stderr
    assert "Traceback" not in done.stderr
    assert "segredo" not in done.stdout + done.stderr
    history = History.open(tmp_path / "monitoria.sqlite3")
    assert person_by_login(history, "bia") is None
    history.close()


def test_who_is_removed_is_gone_with_all_that_was_hers(people, tmp_path: Path, sample_index: Path) -> None:
    assert people("add", "ana", typed="um segredo longo\n").returncode == 0
    history = History.open(tmp_path / "monitoria.sqlite3")
    ana = person_by_login(history, "ana")
    assert ana is not None
    start_conversation(history, ana.person_id, "curso", "o que é dropout?")
    refused = people("remove", "ana", "--index", str(sample_index))
    assert (refused.returncode, "use --yes" in refused.stderr) == (2, True)
    assert person_by_login(history, "ana") is not None
    done = people("remove", "ana", "--index", str(sample_index), "--yes")
    assert (done.returncode, done.stdout) == (0, "ana and all that was hers is deleted\n")
    assert person_by_login(history, "ana") is None
    assert list(conversations_of(history, ana.person_id)) == []
    history.close()
    assert people("remove", "ana", "--yes").returncode == 2


def test_somebody_who_is_there_is_not_added_again(people) -> None:
    assert people("add", "ana", typed="um segredo longo\n").returncode == 0
    again = people("add", "ANA", typed="outro segredo\n")
    assert again.returncode == 2
    assert "people password" in again.stderr


CLASS = "\ufefflogin;nome;papéis\nana;Ana;\n;;docente\nBIA@example.org;=1+1;docente\n"


def test_a_class_is_imported_line_by_line_and_its_passwords_open(people, tmp_path: Path) -> None:
    assert people("add", "ana", typed="um segredo longo\n").returncode == 0
    (tmp_path / "turma.csv").write_text(CLASS, encoding="utf-8")
    done = people("import", "turma.csv", "--passwords", "senhas.csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines() == [
        "2\tana\tthere already",
        "3\t\trefused: the login is empty; give a name or e-mail",
        "4\tbia@example.org\tadded",
        "added: 1; there already: 1; refused: 1; passwords in senhas.csv",
    ]
    saved = tmp_path / "senhas.csv"
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600
    (row,) = csv.DictReader(io.StringIO(saved.read_text(encoding="utf-8-sig")))
    assert (row["login"], row["name"]) == ("bia@example.org", "'=1+1")
    assert row["password"] not in done.stdout
    history = History.open(tmp_path / "monitoria.sqlite3")
    bia = check_password(history, "bia@example.org", row["password"])
    assert bia is not None
    assert (bia.name, bia.roles) == ("=1+1", {"instructor"})
    assert check_password(history, "ana", "um segredo longo") is not None, "who is there keeps her password"
    history.close()
    # Again: nobody is new, so that there is no password to write.
    again = people("import", "turma.csv", "--passwords", "outras.csv")
    assert (again.returncode, again.stdout.splitlines()[-1]) == (0, "added: 0; there already: 2; refused: 1")
    assert not (tmp_path / "outras.csv").exists()


@pytest.mark.parametrize(
    ("arguments", "saved", "code", "told"),
    [
        (("import", "nenhuma.csv", "--passwords", "senhas.csv"), CLASS, 2, "nenhuma.csv could not be read"),
        (
            ("import", "turma.csv", "--passwords", "turma.csv"),
            CLASS,
            2,
            "turma.csv for the passwords could not be made",
        ),
        (("import", "turma.csv", "--passwords", "a/senhas.csv"), CLASS, 2, "could not be made"),
        (("import", "turma.csv", "--passwords", "senhas.csv"), "Ana\n", 2, "must name the columns"),
        (("import", "turma.csv"), CLASS, 2, "--passwords"),
        (("import", "turma.csv", "--passwords", "senhas.csv"), "login;papel\nana;chefe\n", 1, "refused: 1"),
    ],
)
def test_a_class_that_cannot_be_imported_adds_nobody(
    people, tmp_path: Path, arguments: tuple[str, ...], saved: str, code: int, told: str
) -> None:
    (tmp_path / "turma.csv").write_text(saved, encoding="utf-8")
    done = people(*arguments)
    assert done.returncode == code
    assert told in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    assert people("list").stdout == ""
    assert not (tmp_path / "senhas.csv").exists()
    assert (tmp_path / "turma.csv").read_text(encoding="utf-8") == saved


def test_it_has_help_with_examples(people) -> None:
    for command in ("add", "import", "list", "roles", "password"):
        assert f"Example: monitoria people {command}" in people(command, "--help").stdout
