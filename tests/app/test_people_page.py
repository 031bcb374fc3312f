"""The people page in Streamlit's own test harness: what an admin sees and does, and what others are told."""

from __future__ import annotations

from dataclasses import replace

import pytest
from streamlit.testing.v1 import AppTest

from interfaces.history.people import check_password, ensure_person, person_by_login, set_password
from interfaces.history.records import Person
from interfaces.service.desk import Desk
from tests.app.harness import press, run, said
from tests.interfaces.service.teaching import Teaching


def _script(desk, person, language) -> None:
    from corpus.language import set_interface_language
    from interfaces.pages.context import Context
    from interfaces.pages.people import page

    set_interface_language(language)
    page(Context(desk, person, None))


@pytest.fixture
def school(teaching: Teaching) -> Desk:
    """A desk to which one comes with a password; three are there, and the admin."""
    app = teaching.desk.settings.app.model_copy(update={"login": "password"})
    return replace(teaching.desk, settings=teaching.desk.settings.model_copy(update={"app": app}))


@pytest.fixture
def sara(school: Desk) -> Person:
    sara = ensure_person(school.history, "sara@example.org", "Sara *Lima*", ["admin"])
    set_password(school.history, sara.person_id, "a senha de sara")
    return sara


def shown(desk: Desk, person: Person, language: str = "pt", **address: str) -> AppTest:
    app = AppTest.from_function(_script, args=(desk, person, language), default_timeout=30)
    for name, value in address.items():
        app.query_params[name] = value
    return run(app)


def choose(app: AppTest, login: str) -> AppTest:
    box = app.selectbox(key="people-chosen")
    box.select_index(next(at for at, option in enumerate(box.options) if login in option))
    return run(app)


def rows(app: AppTest) -> list[list[str]]:
    return [[str(cell).replace("\\", "").replace("\u2060", "") for cell in row] for row in app.table[0].value.values]


def test_everybody_is_there_with_her_roles(school: Desk, sara: Person) -> None:
    app = shown(school, sara)
    assert app.title[0].value == "Pessoas"
    assert rows(app) == [
        ["Bia", "bia@example.org", "estudante", "não tem: não entra"],
        ["Ines", "ines@example.org", "docente", "não tem: não entra"],
        ["Rui", "rui@example.org", "pesquisa", "não tem: não entra"],
        ["Sara *Lima*", "sara@example.org", "administração", "tem"],
    ]
    assert list(app.table[0].value.columns) == ["Nome", "Login", "Papéis", "Senha"]
    assert list(shown(school, sara, "en").table[0].value.columns) == ["Name", "Login", "Roles", "Password"]


def test_a_person_is_added_with_a_password_that_is_shown_until_it_is_put_away(school: Desk, sara: Person) -> None:
    app = shown(school, sara, s="add")
    press(app, "Acrescentar")
    assert "o login está vazio" in said(app)
    app.text_input(key="new-login").set_value("caio")
    app.text_input(key="new-name").set_value("Caio <b>")
    press(app, "Acrescentar")
    assert "caio já pode entrar; papéis: estudante." in said(app)
    assert [app.text_input(key=key).value for key in ("new-login", "new-name", "new-password")] == ["", "", ""]
    (password,) = [block.value for block in app.code]
    assert check_password(school.history, "caio", password) is not None
    run(app)
    assert [block.value for block in app.code] == [password]
    press(app, "Já anotei")
    assert not app.code
    app.text_input(key="new-login").set_value("CAIO")
    press(app, "Acrescentar")
    assert "'CAIO' já existe" in said(app)
    assert app.text_input(key="new-login").value == "CAIO", "what was typed stays to be mended"


def test_a_typed_password_is_not_shown(school: Desk, sara: Person) -> None:
    app = shown(school, sara, s="add")
    app.text_input(key="new-login").set_value("caio")
    app.text_input(key="new-password").set_value("a senha de caio")
    press(app, "Acrescentar")
    assert not app.code
    assert "a senha de caio" not in said(app)
    assert check_password(school.history, "caio", "a senha de caio") is not None


def test_roles_are_changed_and_told(school: Desk, sara: Person) -> None:
    app = choose(shown(school, sara, "en"), "bia@")
    (button,) = [button for button in app.button if button.label == "Change roles"]
    assert button.disabled
    pills = next(group for group in app.get("button_group") if (group.key or "").startswith("roles-"))
    pills.set_value(["instructor", "researcher"])
    run(app)
    press(app, "Change roles")
    assert "Roles of bia@example.org: instructor, researcher." in said(app)
    bia = person_by_login(school.history, "bia@example.org")
    assert bia is not None
    assert bia.roles == {"instructor", "researcher"}


def test_the_last_admin_is_told_why_she_stays_one(school: Desk, sara: Person) -> None:
    app = choose(shown(school, sara, "en"), "sara@")
    assert [button.label for button in app.button] == ["Change roles"], "password and removal are in My account"
    next(group for group in app.get("button_group") if (group.key or "").startswith("roles-")).set_value(["student"])
    run(app)
    press(app, "Change roles")
    assert "sara@example.org is the only admin with a password" in said(app)
    kept = person_by_login(school.history, sara.login)
    assert kept is not None
    assert kept.roles == {"admin"}


def test_another_password_and_removal_with_confirmation(school: Desk, sara: Person) -> None:
    app = choose(shown(school, sara), "rui@")
    press(app, "Trocar senha")
    assert "A senha de rui@example.org foi trocada" in said(app)
    (password,) = [block.value for block in app.code]
    assert check_password(school.history, "rui@example.org", password) is not None
    (button,) = [button for button in app.button if button.label == "Remover de vez"]
    assert button.disabled
    (sure,) = app.checkbox
    sure.check()
    run(app)
    press(app, "Remover de vez")
    assert "rui@example.org e tudo o que era seu foi apagado." in said(app)
    assert person_by_login(school.history, "rui@example.org") is None
    assert app.selectbox(key="people-chosen").value is None


def test_a_class_is_pasted_and_each_line_is_told_of(school: Desk, sara: Person) -> None:
    app = shown(school, sara, s="class")
    press(app, "Acrescentar a turma")
    assert "a lista está vazia" in said(app)
    app.text_area[0].set_value("login\tnome\tpapéis\nbia@example.org\tBia\t\ncaio\tCaio\t\nduda\tDuda\tchefe")
    press(app, "Acrescentar a turma")
    assert "Acrescentadas: 1. Já estavam aqui: 1. Recusadas: 1." in said(app)
    assert [row[:3] for row in rows(app)] == [
        ["4", "duda", "**recusada**"],
        ["2", "bia@example.org", "já estava"],
        ["3", "caio", "acrescentada"],
    ]
    assert "'chefe'" in rows(app)[0][3]
    assert [button.proto.label for button in app.get("download_button")] == ["Baixar as senhas (CSV)"]
    press(app, "Já baixei: fechar")
    assert not app.table
    assert app.text_area[0].value == ""


def test_a_long_list_is_looked_through(school: Desk, sara: Person) -> None:
    for n in range(120):
        ensure_person(school.history, f"aluno{n:03}", f"João {n:03}")
    app = shown(school, sara)
    assert len(rows(app)) == 100
    assert "100 de 124; procure por nome." in said(app)
    app.text_input(key="people-filter").set_value("joao 007")
    run(app)
    assert [row[1] for row in rows(app)] == ["aluno007"]
    app.text_input(key="people-filter").set_value("zzz")
    run(app)
    assert not app.table


def test_with_a_provider_there_are_roles_and_no_passwords(school: Desk, sara: Person) -> None:
    app = school.settings.app.model_copy(update={"login": "oidc", "roles": {"eva@example.org": ("admin",)}})
    ours = replace(school, settings=school.settings.model_copy(update={"app": app}))
    app = shown(ours, sara)
    assert "app.roles" in said(app)
    assert ["eva@example.org", "eva@example.org", "administração", "ainda não"] in rows(app)
    assert ["Ines", "ines@example.org", "estudante", "sim"] in rows(app), "the settings do not name her"
    choose(app, "rui@")
    assert [button.label for button in app.button] == ["Remover de vez"]
    assert not app.text_input


def test_who_sees_which_course_is_told_where_the_settings_keep_one_to_some(teaching: Teaching, sara: Person) -> None:
    settings = teaching.desk.settings
    app = settings.app.model_copy(
        update={"login": "password", "members": {"index": ("bia@example.org", "@exemplo.br")}}
    )
    ours = replace(teaching.desk, settings=settings.model_copy(update={"app": app}))
    assert "index: bia@example.org, @exemplo.br" in said(shown(ours, sara))
    assert "app.members" not in said(shown(teaching.desk, sara))


def test_without_logins_it_says_how_to_have_them(teaching: Teaching, sara: Person) -> None:
    app = shown(teaching.desk, sara)
    assert "monitoria people add LOGIN --roles admin" in app.code[0].value
    assert not app.table


@pytest.mark.parametrize("name", ["bia", "ines", "rui"])
def test_nobody_else_sees_it(teaching: Teaching, school: Desk, name: str) -> None:
    app = AppTest.from_function(_script, args=(school, getattr(teaching, name), "pt"), default_timeout=30).run()
    assert app.exception, "around it the shell says why"
    assert not app.title
    assert not app.table
