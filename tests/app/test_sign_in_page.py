"""The way in, without a browser: what is asked, what is not configured, and who is in afterwards."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from interfaces.history.database import History
from interfaces.history.people import ensure_person, people, set_password
from interfaces.history.records import Role
from interfaces.pages import shell
from tests.app.harness import press, run, said
from tests.conftest import ROOT

Opened = Callable[..., AppTest]
NOT_CONFIGURED = "O provedor de identidade não está configurado"


@pytest.fixture
def opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Opens the app without a course, with this way of signing in and these secrets."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MONITORIA_ENCODER__SOURCE", "carried")
    monkeypatch.setenv("MONITORIA_LLM__SPEC", "none")
    monkeypatch.setenv("MONITORIA_APP__FOLDER", str(tmp_path))

    def open_app(login: str, secrets: dict[str, str] | None = None) -> AppTest:
        monkeypatch.setenv("MONITORIA_APP__LOGIN", login)
        st.cache_resource.clear()
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        if secrets is not None:
            app.secrets["auth"] = secrets
        return run(app)

    return open_app


@pytest.mark.parametrize(
    "secrets",
    [
        None,
        {},
        {"client_id": "monitoria"},
        {"redirect_uri": "http://127.0.0.1:8501/oauth2callback", "cookie_secret": "x" * 32, "client_id": "monitoria"},
    ],
    ids=["none", "empty", "no address", "no secret"],
)
def test_a_provider_that_is_not_configured_is_told_in_a_sentence(
    opened: Opened, secrets: dict[str, str] | None
) -> None:
    app = opened("oidc", secrets)
    assert app.title[0].value == "Monitoria"
    assert NOT_CONFIGURED not in said(app)
    press(app, "Entrar")
    assert NOT_CONFIGURED in said(app)
    assert "server_metadata_url" in said(app)
    assert [button.label for button in app.button] == ["Entrar"], "nobody is in"


def test_a_password_lets_in_until_there_is_another(opened: Opened, tmp_path: Path) -> None:
    app = opened("password")
    history = History.open(tmp_path / "monitoria.sqlite3")
    ana = ensure_person(history, "ana@example.org", "Ana")
    set_password(history, ana.person_id, "a senha de ana")
    login, password = app.text_input
    login.input("Ana@Example.org ")
    password.input("a senha de outra")
    press(app, "Entrar")
    assert "não conferem" in said(app)
    app.text_input[1].input("a senha de ana")
    press(app, "Entrar")
    assert "Você entrou como Ana" in said(app)
    run(app)
    assert "Você entrou como Ana" in said(app)
    set_password(history, ana.person_id, "outra senha")
    history.close()
    run(app)
    assert "Você entrou como Ana" not in said(app)
    assert [one.label for one in app.text_input] == ["Usuário", "Senha"]


def enter(app: AppTest, tmp_path: Path, role: Role) -> AppTest:
    """Sign in as somebody who has this role."""
    history = History.open(tmp_path / "monitoria.sqlite3")
    somebody = ensure_person(history, "somebody@example.org", "Alguém", [role])
    set_password(history, somebody.person_id, "a senha de alguém")
    history.close()
    app.text_input[0].input("somebody@example.org")
    app.text_input[1].input("a senha de alguém")
    return press(app, "Entrar")


@pytest.mark.parametrize(
    ("role", "title"), [("student", "Nenhum curso para você ainda"), ("instructor", "Introdução ao Deep Learning")]
)
def test_who_is_in_no_course_is_told_so(
    opened: Opened,
    tmp_path: Path,
    sample_index: Path,
    monkeypatch: pytest.MonkeyPatch,
    role: Role,
    title: str,
) -> None:
    monkeypatch.setenv("MONITORIA_APP__COURSES", str(sample_index))
    monkeypatch.setenv("MONITORIA_APP__MEMBERS", json.dumps({sample_index.name: "@exemplo.br"}))
    app = enter(opened("password"), tmp_path, role)
    assert app.title[0].value == title
    assert "Você entrou como Alguém" in said(app)


def test_a_misspelt_course_keeps_the_app_closed(opened: Opened, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MONITORIA_APP__MEMBERS", '{"redes": "bia"}')
    app = opened("password")
    assert "app.members fala do curso 'redes'" in said(app)
    assert not app.text_input


def test_the_last_admin_is_told_why_she_cannot_delete_herself(opened: Opened, tmp_path: Path) -> None:
    app = enter(opened("password"), tmp_path, "admin")
    desk = shell.the_desk()
    (admin,) = people(desk.history)
    account = run(AppTest.from_function(_account, args=(desk, admin), default_timeout=60))
    account.checkbox(key="delete-all-sure").check()
    run(account)
    press(account, "Apagar tudo")
    assert "só somebody@example.org é da administração" in said(account)
    assert "Você entrou como Alguém" in said(run(app))


def _account(desk, person) -> None:
    from corpus.language import set_interface_language
    from interfaces.pages.account import page
    from interfaces.pages.context import Context

    set_interface_language("pt")
    page(Context(desk, person, None))
