"""Settings: defaults, then a TOML file, then the environment, then what the caller names. Frozen.

The file is `monitoria.toml` in the working folder, or the one that ``MONITORIA_CONFIG`` names. An
environment variable is ``MONITORIA_<SECTION>__<KEY>``, as in ``MONITORIA_ENCODER__SOURCE=carried``. A key
that nobody knows is an error, in either place: a misspelt setting must not be silently ignored.
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, ValidationInfo, field_validator

from rag.errors import SettingsError
from rag.records import Mode
from rag.settings_faults import in_plain_words

PREFIX = "MONITORIA_"
# Variables that are not settings of a section.
_OTHER_VARIABLES = frozenset({"CACHE", "CONFIG", "LANG", "REQUIRE_ALL", "DEBUG"})

Role = Literal["student", "instructor", "researcher", "admin"]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)


class EncoderSettings(_Section):
    """Which encoder, and what computes it. ``threads`` of ``None`` means one per physical core."""

    name: str = "intfloat/multilingual-e5-small"
    source: Literal["auto", "local", "hub", "carried"] = "auto"
    folder: Path | None = None
    runtime: Literal["auto", "torch", "onnx", "onnx-int8"] = "auto"
    threads: int | None = Field(default=None, ge=1)


class SegmentSettings(_Section):
    """How cues become segments: aim for ``target_s`` seconds, never beyond ``max_s`` or the encoder's limit.

    Written material, which has no seconds, aims for ``target_tokens`` of the encoder's tokens.
    """

    target_s: float = Field(default=120.0, gt=0, le=180.0)
    max_s: float = Field(default=175.0, gt=0, le=180.0)
    target_tokens: int = Field(default=280, ge=32, le=512)


class RetrievalSettings(_Section):
    """How segments are found.

    ``candidates`` is how many segments each first stage (dense, lexical) finds, ``late_candidates`` how many of
    the best of both late interaction looks at. ``device`` is where FAISS searches. ``expansion`` has the chat model
    write a hypothetical answer or other wordings of each question, at the price of seconds (`rag.rewriting`).
    """

    mode: Mode = "hybrid"
    k: int = Field(default=10, ge=1)
    candidates: int = Field(default=1000, ge=1)
    late_candidates: int = Field(default=100, ge=1)
    dense_weight: float = Field(default=0.0, ge=0)
    window_weight: float = Field(default=0.3, ge=0)
    lexical_weight: float = Field(default=0.45, ge=0)
    late_weight: float = Field(default=1.0, ge=0)
    neighbour_weight: float = Field(default=0.45, ge=0)
    bm25_k1: float = Field(default=1.5, gt=0)
    bm25_b: float = Field(default=0.75, ge=0, le=1)
    device: Literal["auto", "cpu", "gpu"] = "auto"
    expansion: Literal["none", "hypothetical", "rewrite"] = "none"
    expansion_weight: float = Field(default=0.4, ge=0)


class RerankSettings(_Section):
    """A second look at the best candidates (`rag.rerank`).

    ``model`` is ``none``, ``llm`` (the chat model itself), or a cross-encoder by its name on the Hub or as a local
    folder; ``folder`` is where one lies that only has a name. ``candidates`` are looked at and count with ``weight``
    beside the other stages. ``max_tokens`` is what a cross-encoder reads of question and passage together,
    ``passage_tokens`` what the chat model reads of a passage.
    """

    model: str = Field(default="none", min_length=1)
    folder: Path | None = None
    candidates: int = Field(default=20, ge=1)
    weight: float = Field(default=1.0, ge=0)
    max_tokens: int = Field(default=512, ge=32)
    passage_tokens: int = Field(default=120, ge=16)


class ProfileSettings(_Section):
    """What is asked of a model of some size.

    ``quotes`` of at most ``quote_words`` words each are chosen, shown, and given to the model. It writes either one
    sentence on one quote (``task = report``: on the likeliest of the ``weighed`` first ones, the next one's turn
    coming where nothing backs the sentence, up to ``attempts`` times), or an answer from all of them. A weighed quote
    below ``min_odds``, log-odds that it answers, is not written on. ``min_support`` is the share of a sentence's
    content words that its quote must hold, ``min_relevance`` the share of the nearest stretches that must come less
    near to the question than the sentence does, ``min_claim_odds`` the log-odds that the sentence itself answers.
    """

    task: Literal["report", "answer"]
    quotes: int = Field(ge=1, le=20)
    quote_words: int = Field(ge=10, le=400)
    weighed: int = Field(default=3, ge=0)
    attempts: int = Field(default=2, ge=1)
    min_support: float = Field(default=0.75, ge=0, le=1)
    min_relevance: float = Field(default=0.65, ge=0, le=1)
    min_odds: float = Field(default=-1.0)
    min_claim_odds: float = Field(default=0.3)


class LLMSettings(_Section):
    """Which language model writes.

    ``profile`` says which of the sections `small` and `large` it is asked by; ``auto`` is ``small`` for the embedded
    model. ``timeout_s`` is how long the model may stay silent, before its first token and between two.
    """

    spec: str = "embedded"
    base_url: str | None = None
    api_key: str | None = Field(default=None, repr=False)
    temperature: float = Field(default=0.0, ge=0, le=2)
    seed: int = 7
    max_tokens: int = Field(default=220, ge=16)
    profile: Literal["auto", "small", "large"] = "auto"
    timeout_s: float = Field(default=120.0, gt=0)
    model_file: Path | None = None


class AbstentionSettings(_Section):
    """When quotes, or a small model, give way to "the lectures do not answer".

    ``at_most`` is the share of answerable questions that may be declined so; a large model decides for itself.
    """

    at_most: float = Field(default=0.1, ge=0, le=0.5)


class AppSettings(_Section):
    """The app: where it keeps things, which courses it shows, who comes in.

    ``database`` is a SQLAlchemy URL; empty for a SQLite file in ``folder``. ``courses`` are index folders. With
    ``login = none`` one person has every role. ``roles`` gives those whom ``oidc`` lets in theirs, by login or e-mail;
    all others are students. ``members`` says who sees a course, by its index folder or that folder's name: logins, or
    ``@domain``; one that it does not name is everybody's. Questions are kept for ``keep_days``, or until deleted where
    it is ``None``, and instructors read names beside them only with ``show_names``. ``at_once`` answers are produced
    at a time; ``None`` is one for the embedded model and eight for any other.
    """

    database: str = Field(default="", repr=False)
    folder: Path = Path("monitoria-app")
    courses: tuple[Path, ...] = ()
    login: Literal["none", "password", "oidc"] = "none"
    roles: dict[str, tuple[Role, ...]] = Field(default_factory=dict)
    members: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    keep_days: int | None = Field(default=None, ge=1)
    show_names: bool = False
    at_once: int | None = Field(default=None, ge=1)

    @field_validator("courses", mode="before")
    @classmethod
    def _folders(cls, value: object) -> object:
        """An environment variable holds folders as PATH does."""
        return [part for part in value.split(os.pathsep) if part] if isinstance(value, str) else value

    @field_validator("roles", "members", mode="before")
    @classmethod
    def _tables(cls, value: object) -> object:
        """An environment variable holds a JSON object; one role or one member needs no list."""
        if isinstance(value, str):
            value = _json_or_text(value)
        if not isinstance(value, Mapping):
            return value
        return {str(name).strip(): (said,) if isinstance(said, str) else said for name, said in value.items()}

    @field_validator("roles")
    @classmethod
    def _logins(cls, value: dict[str, tuple[Role, ...]]) -> dict[str, tuple[Role, ...]]:
        """Logins are in lower case."""
        return {login.casefold(): roles for login, roles in value.items()}

    @field_validator("members")
    @classmethod
    def _members(cls, value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
        """Logins and domains are in lower case."""
        return {course: tuple(login.strip().casefold() for login in logins) for course, logins in value.items()}


class Settings(_Section):
    """All settings. The environment and the file fill it through `load_settings`."""

    encoder: EncoderSettings = EncoderSettings()
    segments: SegmentSettings = SegmentSettings()
    retrieval: RetrievalSettings = RetrievalSettings()
    rerank: RerankSettings = RerankSettings()
    llm: LLMSettings = LLMSettings()
    abstention: AbstentionSettings = AbstentionSettings()
    small: ProfileSettings = ProfileSettings(task="report", quotes=6, quote_words=60)
    large: ProfileSettings = ProfileSettings(task="answer", quotes=10, quote_words=160)
    app: AppSettings = AppSettings()

    @field_validator("small", "large", mode="before")
    @classmethod
    def _over_its_own_defaults(cls, value: object, info: ValidationInfo) -> object:
        """A section that says one thing of a size leaves the rest as that size has it."""
        usual = cls.model_fields[str(info.field_name)].default
        return {**usual.model_dump(), **value} if isinstance(value, Mapping) else value


def load_settings(
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
    *,
    file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Settings:
    """Settings from the file, the environment and ``overrides`` (later ones win; ``None`` values are skipped).

    Raises:
        SettingsError: a key that no section has, a value out of range, or a file that is not TOML.
    """
    environment = os.environ if environment is None else environment
    merged: dict[str, dict[str, Any]] = {}
    for layer in (_from_file(file, environment), _from_environment(environment), overrides or {}):
        for section, values in layer.items():
            if not isinstance(values, Mapping):
                raise SettingsError(
                    pt=f"a configuração {section!r} precisa ser uma seção, e é {values!r}; escreva [{section}]",
                    en=f"the setting {section!r} must be a section, and is {values!r}; write [{section}]",
                )
            merged.setdefault(section, {}).update({k: v for k, v in values.items() if v is not None})
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        raise in_plain_words(error) from error


def _from_file(file: Path | None, environment: Mapping[str, str]) -> Mapping[str, Any]:
    named = file or (Path(environment[PREFIX + "CONFIG"]) if environment.get(PREFIX + "CONFIG") else None)
    path = named or Path("monitoria.toml")
    if named is None and not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            pt=f"o arquivo de configuração {path} não pôde ser lido ({error}); corrija-o ou retire MONITORIA_CONFIG",
            en=f"the settings file {path} could not be read ({error}); mend it or unset MONITORIA_CONFIG",
        ) from error


def _from_environment(environment: Mapping[str, str]) -> Mapping[str, dict[str, str]]:
    layer: dict[str, dict[str, str]] = {}
    for variable, value in sorted(environment.items()):
        if not variable.startswith(PREFIX) or variable.removeprefix(PREFIX) in _OTHER_VARIABLES:
            continue
        section, separator, key = variable.removeprefix(PREFIX).lower().partition("__")
        if not separator:
            raise SettingsError(
                pt=f"a variável {variable} não é conhecida; o nome é MONITORIA_SEÇÃO__CHAVE",
                en=f"the variable {variable} is not known; its name should be MONITORIA_SECTION__KEY",
            )
        layer.setdefault(section, {})[key] = value
    return layer


def _json_or_text(text: str) -> object:
    try:
        return json.loads(text)
    except ValueError:
        return text
