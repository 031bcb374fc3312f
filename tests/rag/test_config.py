"""Settings: layers in order, and every misspelling an error."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from rag.config import load_settings
from rag.errors import SettingsError


def test_later_layers_win(tmp_path: Path) -> None:
    file = tmp_path / "monitoria.toml"
    file.write_text('[retrieval]\nk = 3\nmode = "dense"\n[llm]\nspec = "none"\n', encoding="utf-8")
    environment = {"MONITORIA_RETRIEVAL__K": "5"}
    settings = load_settings({"llm": {"spec": "ollama:x", "base_url": None}}, file=file, environment=environment)
    assert (settings.retrieval.mode, settings.retrieval.k, settings.llm.spec) == ("dense", 5, "ollama:x")


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ({"MONITORIA_RETRIEVAL__KK": "5"}, r"retrieval\.kk does not exist"),
        ({"MONITORIA_RETRIVAL__K": "5"}, "retrival does not exist"),
        ({"MONITORIA_ENCODER": "x"}, "MONITORIA_SECTION__KEY"),
        ({"MONITORIA_RETRIEVAL__K": "0"}, "impossible value, '0'"),
        ({"MONITORIA_LLM__API_KEY_": "0"}, "does not exist"),
        ({"MONITORIA_APP__KEEP_DAYS": "0"}, "use at least 1"),
        ({"MONITORIA_APP__SHOW_NAMES": "talvez"}, "use true or false"),
        ({"MONITORIA_APP__ROLES": "ana"}, "a table of logins and roles"),
        ({"MONITORIA_APP__ROLES": '{"ana": ["chefe"]}'}, "use 'student', 'instructor'"),
    ],
)
def test_a_misspelt_or_impossible_setting_is_an_error(environment: dict[str, str], message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(environment=environment)


def test_a_broken_file_is_named(tmp_path: Path) -> None:
    file = tmp_path / "bad.toml"
    file.write_text("[retrieval\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"bad\.toml"):
        load_settings(file=file, environment={})


def test_settings_are_frozen_and_hide_the_key() -> None:
    database = "postgresql://ana:secret@localhost/curso"
    settings = load_settings({"llm": {"api_key": "secret"}, "app": {"database": database}}, environment={})
    assert "secret" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.retrieval.k = 3  # type: ignore[misc]


def test_variables_that_are_not_settings_are_left_alone() -> None:
    load_settings(environment={"MONITORIA_CACHE": "/x", "MONITORIA_LANG": "en", "HOME": "/"})


def test_courses_and_roles_come_from_the_environment_or_the_file_alike(tmp_path: Path) -> None:
    file = tmp_path / "monitoria.toml"
    file.write_text(
        '[app]\ncourses = ["redes", "/cursos/algebra"]\n[app.roles]\n"Ana@Exemplo.br" = "admin"\nbia = ["student"]\n',
        encoding="utf-8",
    )
    environment = {
        "MONITORIA_APP__COURSES": os.pathsep.join(("redes", "/cursos/algebra")),
        "MONITORIA_APP__ROLES": '{"ana@exemplo.br": ["admin"], "BIA": "student"}',
    }
    app = load_settings(file=file, environment={}).app
    assert app == load_settings(environment=environment).app
    assert app.courses == (Path("redes"), Path("/cursos/algebra"))
    assert app.roles == {"ana@exemplo.br": ("admin",), "bia": ("student",)}


def test_one_setting_of_a_size_leaves_the_others_as_that_size_has_them() -> None:
    usual = load_settings(environment={})
    changed = load_settings(environment={"MONITORIA_SMALL__QUOTES": "3", "MONITORIA_LARGE__QUOTE_WORDS": "90"})
    assert changed.small == usual.small.model_copy(update={"quotes": 3})
    assert changed.large == usual.large.model_copy(update={"quote_words": 90})
    assert (changed.small.task, changed.large.task) == ("report", "answer")
