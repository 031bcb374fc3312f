"""Settings: layers in order, and every misspelling an error."""

from __future__ import annotations

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
    settings = load_settings({"llm": {"api_key": "secret"}}, environment={})
    assert "secret" not in repr(settings)
    with pytest.raises(ValidationError):
        settings.retrieval.k = 3  # type: ignore[misc]


def test_variables_that_are_not_settings_are_left_alone() -> None:
    load_settings(environment={"MONITORIA_CACHE": "/x", "MONITORIA_LANG": "en", "HOME": "/"})
