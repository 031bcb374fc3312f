"""The embedded model: llama.cpp in this process, as any OpenAI-compatible server."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.config import Settings
from rag.encoder import Encoder
from rag.errors import GenerationFailed
from rag.generator import Generation
from rag.llm import open_llm, physical_cores
from rag.models import list_models, resolve_llm
from rag.pipeline import Monitoria
from rag.prompts import Prompt
from tests.conftest import skip_or_fail


@pytest.fixture(scope="module")
def small_model() -> Path:
    return resolve_llm("smollm2-135m")


def test_a_small_model_streams_through_the_same_path(small_model: Path, settings: Settings) -> None:
    """SmolLM2 shows that the path works, not that answers are good."""
    llm = open_llm(settings.llm.model_copy(update={"model_file": small_model, "max_tokens": 16}))
    assert llm is not None
    generation = Generation(llm, Prompt("You are helpful.", "Count to five.", ""), timeout_s=60)
    pieces = list(generation.tokens())
    assert len(pieces) > 3
    assert generation.cut_off or "".join(pieces).strip()
    assert 0 < generation.completion_tokens <= 16


def test_the_server_asks_for_its_key(small_model: Path, settings: Settings) -> None:
    """Loopback is open to every user of the machine; only this process knows the key."""
    llm = open_llm(settings.llm.model_copy(update={"model_file": small_model}))
    assert llm is not None
    address = str(llm.chat.openai_api_base)  # type: ignore[attr-defined]
    stranger = settings.llm.model_copy(update={"spec": "openai:x", "base_url": address, "api_key": "wrong"})
    opened = open_llm(stranger)
    assert opened is not None
    with pytest.raises(GenerationFailed, match="Authentication"):
        list(Generation(opened, Prompt("", "hi", ""), timeout_s=20).tokens())


def test_a_file_that_is_no_model_is_one_sentence(tmp_path: Path, settings: Settings) -> None:
    broken = tmp_path / "broken.gguf"
    broken.write_bytes(b"GGUF" + b"\x00" * 100)
    with pytest.raises(GenerationFailed, match="models pull"):
        open_llm(settings.llm.model_copy(update={"model_file": broken}))


def test_physical_cores_is_at_least_one() -> None:
    assert physical_cores() >= 1


@pytest.mark.llm
def test_the_embedded_model_answers_from_the_lectures(sample_index: Path, encoder: Encoder, settings: Settings) -> None:
    """Which is right is measured elsewhere; here: it answers or declines, and cites only what it was given."""
    states = {status.name: status.state for status in list_models()}
    if states["qwen2.5-coder-1.5b"] not in ("present", "verified"):
        skip_or_fail("needs the embedded model's weights: monitoria models pull qwen2.5-coder-1.5b (1.1 GB)")
    course = Monitoria.open(sample_index, settings=settings, encoder=encoder)
    answer = course.ask("Que horas sai o passeio a campo e que roupa preciso usar?")
    assert answer.error is None
    assert answer.llm.startswith("embedded:")
    given = {hit.segment.segment_id for hit in answer.hits}
    assert {reference.segment_id for reference in answer.references} <= given
    assert answer.timings.first_token_ms is not None
