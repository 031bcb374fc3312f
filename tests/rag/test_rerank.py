"""Reranking: a tiny cross-encoder against transformers by hand, foreign folders, and a chat model that says yes."""

from __future__ import annotations

import json
import math
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSequenceClassification, AutoTokenizer, BertConfig, BertForSequenceClassification
from transformers import BertTokenizer as WordPieces

from rag.config import RerankSettings, Settings
from rag.cross_encoder import CrossEncoderReranker, batches, lowest_for_the_rest, open_cross_encoder
from rag.errors import GenerationFailed, ModelUnavailable, MonitoriaError, SettingsError, UsageError
from rag.llm import LLM, open_llm, wrap_llm
from rag.llm_reranker import LLMReranker
from rag.pipeline import Monitoria
from rag.rerank import hit_scores, open_reranker
from tests.scripted_server import Script, scripted_server

ROOT = Path(__file__).parents[2]
QUESTION = "o que muda na taxa de aprendizado"
PASSAGES = [
    "a taxa cai pela metade quando a perda explode",
    "o ônibus sai às sete",
    "a prova vale trinta pontos e o trabalho vale vinte " * 40,
    "",
]


@pytest.fixture(scope="module")
def reranker_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cross-encoder of two layers with random weights, whose scores depend on what it reads."""
    folder = tmp_path_factory.mktemp("reranker")
    words = sorted({word for text in [QUESTION, *PASSAGES] for word in text.split()})
    (folder / "vocab.txt").write_text("\n".join(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words]), "utf-8")
    WordPieces(str(folder / "vocab.txt"), do_lower_case=False, model_max_length=64).save_pretrained(folder)
    torch.manual_seed(7)
    config = BertConfig(
        vocab_size=5 + len(words),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=64,
        num_labels=1,
        initializer_range=0.5,
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    return folder


@pytest.fixture
def copied(reranker_folder: Path, tmp_path: Path) -> Path:
    return shutil.copytree(reranker_folder, tmp_path / "model")


@pytest.fixture(scope="module")
def reranker(reranker_folder: Path) -> CrossEncoderReranker:
    return CrossEncoderReranker(reranker_folder, "tiny", max_tokens=48)


def by_hand(folder: Path, question: str, passage: str, max_tokens: int) -> float:
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
    # As a list: alone, transformers takes an empty passage for none.
    features = tokenizer([question], [passage], truncation="only_second", max_length=max_tokens, return_tensors="pt")
    with torch.inference_mode():
        return float(model(**features).logits)


def test_it_scores_as_transformers_does_one_pair_at_a_time(
    reranker: CrossEncoderReranker, reranker_folder: Path
) -> None:
    scores = reranker.scores(QUESTION, PASSAGES)
    assert scores.dtype == np.float32
    assert np.allclose(scores, [by_hand(reranker_folder, QUESTION, passage, 48) for passage in PASSAGES], atol=1e-4)
    assert np.ptp(scores) > 0.1


def test_a_score_does_not_depend_on_what_it_is_scored_beside(reranker: CrossEncoderReranker) -> None:
    together = reranker.scores(QUESTION, PASSAGES)
    assert np.allclose(reranker.scores(QUESTION, PASSAGES[::-1]), together[::-1], atol=1e-4)
    assert np.allclose(reranker.scores(QUESTION, PASSAGES[1:2]), together[1:2], atol=1e-4)


def test_only_the_passage_is_cut_and_the_question_where_it_leaves_no_room(reranker: CrossEncoderReranker) -> None:
    one, other = reranker.scores(f"{QUESTION} " * 30, PASSAGES[:2])
    assert one != other  # 180 words of question, and the passage is read all the same


def test_passages_after_the_last_that_is_read_get_the_lowest_score(reranker_folder: Path) -> None:
    scores = CrossEncoderReranker(reranker_folder, "tiny", max_passages=2).scores(QUESTION, PASSAGES)
    assert scores[2] == scores[3] == min(scores[:2])
    assert lowest_for_the_rest(np.zeros(0, np.float32), 2).tolist() == [0.0, 0.0]


def test_nothing_and_odd_texts_are_scored(reranker: CrossEncoderReranker) -> None:
    assert reranker.scores(QUESTION, []).shape == (0,)
    assert np.isfinite(reranker.scores("?", ["\ud83e", "\x00", "🤖"])).all()


def test_a_cross_encoder_saved_by_sentence_transformers_is_the_same_one(
    reranker: CrossEncoderReranker, reranker_folder: Path, tmp_path: Path
) -> None:
    from sentence_transformers import CrossEncoder

    CrossEncoder(str(reranker_folder), local_files_only=True).save_pretrained(str(tmp_path))
    again = open_cross_encoder(str(tmp_path), max_tokens=48)
    assert np.allclose(again.scores(QUESTION, PASSAGES), reranker.scores(QUESTION, PASSAGES), atol=1e-5)


@given(st.lists(st.integers(1, 600), max_size=40), st.integers(1, 1000))
def test_every_text_is_in_one_batch_and_batches_stay_within_the_budget(lengths: list[int], budget: int) -> None:
    groups = batches(lengths, budget)
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    assert all(len(group) == 1 or len(group) * max(lengths[i] for i in group) <= budget for group in groups)


def test_batches_by_hand() -> None:
    assert batches([5, 2, 9, 2], budget=10) == [[1, 3], [0], [2]]


def change_config(folder: Path, **changes: object) -> None:
    config = json.loads((folder / "config.json").read_text("utf-8"))
    (folder / "config.json").write_text(json.dumps(config | changes), "utf-8")


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"architectures": ["BertModel"]}, "its architecture is BertModel"),
        ({"architectures": None}, "its architecture is ?"),
        ({"id2label": {"0": "a", "1": "b", "2": "c"}}, "3 numbers a pair"),
        ({"auto_map": {"AutoModel": "code.Model"}}, "needs code of its own"),
    ],
    ids=["bi-encoder", "unnamed", "three classes", "remote code"],
)
def test_what_is_no_cross_encoder_is_refused(copied: Path, changes: dict[str, object], said: str) -> None:
    change_config(copied, **changes)
    with pytest.raises(ModelUnavailable) as caught:
        CrossEncoderReranker(copied, "x")
    assert said in caught.value.en
    assert "BAAI/bge-reranker-v2-m3" in caught.value.pt


def test_the_carried_encoder_is_refused_as_a_reranker(carried_encoder_folder: Path) -> None:
    with pytest.raises(ModelUnavailable, match="holds no reranker"):
        open_reranker(RerankSettings(model=str(carried_encoder_folder)), lambda: None)


@pytest.fixture
def carried_encoder_folder() -> Path:
    from rag.models import resolve_encoder

    return resolve_encoder(source="carried").folder


def test_weights_that_would_be_unpickled_are_refused(copied: Path) -> None:
    (copied / "model.safetensors").rename(copied / "pytorch_model.bin")
    with pytest.raises(ModelUnavailable, match=r"model\.safetensors missing \(weights are read as safetensors only"):
        CrossEncoderReranker(copied, "x")


def test_weights_without_a_head_are_refused_and_not_made_up(copied: Path) -> None:
    weights = {k: v for k, v in load_file(copied / "model.safetensors").items() if not k.startswith("classifier.")}
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelUnavailable, match=r"lack classifier\.bias, classifier\.weight"):
        CrossEncoderReranker(copied, "x")


def test_weights_that_are_not_numbers_are_told(copied: Path) -> None:
    weights = load_file(copied / "model.safetensors")
    weights["classifier.bias"][:] = math.nan
    save_file(weights, copied / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(ModelUnavailable, match="not numbers"):
        CrossEncoderReranker(copied, "x").scores(QUESTION, PASSAGES)


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
def test_a_damaged_file_is_one_sentence(copied: Path, file: str) -> None:
    (copied / file).write_bytes(b"{ damaged")
    with pytest.raises(ModelUnavailable) as caught:
        CrossEncoderReranker(copied, "x")
    assert "copy the model's folder again" in caught.value.en
    assert "\n" not in caught.value.en


def test_modules_beside_the_model_are_refused(copied: Path) -> None:
    (copied / "modules.json").write_text("[{}, {}]", "utf-8")
    with pytest.raises(ModelUnavailable, match="modules beside the model"):
        CrossEncoderReranker(copied, "x")


@pytest.mark.parametrize("environment", [{"HF_HUB_OFFLINE": "1"}, {"HF_ENDPOINT": "http://127.0.0.1:9"}])
def test_a_model_that_is_nowhere_says_what_to_do_and_soon(tmp_path: Path, environment: dict[str, str]) -> None:
    """The Hub's settings are read when its client is imported, so this is a process of its own."""
    program = (
        "from rag.rerank import open_reranker; from rag.config import RerankSettings\n"
        "try: open_reranker(RerankSettings(model='BAAI/bge-reranker-v2-m3'), lambda: None)\n"
        "except Exception as error: print(type(error).__name__, error.en)"
    )
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("HF_", "TRANSFORMERS_"))}
    environment = inherited | {"HF_HOME": str(tmp_path), "NO_PROXY": "*"} | environment
    start = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("ModelUnavailable BAAI/bge-reranker-v2-m3 is not in")
    assert "rerank.folder" in done.stdout
    assert time.monotonic() - start < 60  # three seconds, and Python's start on a busy machine


def test_settings_choose(reranker_folder: Path) -> None:
    assert open_reranker(RerankSettings(), lambda: None) is None
    assert isinstance(open_reranker(RerankSettings(model="llm"), lambda: None), LLMReranker)
    named = open_reranker(RerankSettings(model="tiny", folder=reranker_folder, candidates=3), lambda: None)
    assert named is not None
    assert (named.name, named.max_passages, named.passage_tokens) == ("tiny", 3, None)


@pytest.mark.parametrize(
    "settings",
    [
        RerankSettings(model="bge"),
        RerankSettings(model="./nowhere"),
        RerankSettings(model="BAAI/../bge"),
        RerankSettings(model="BAAI/b--ge"),
        RerankSettings(folder=Path("x")),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: RerankSettings) -> None:
    with pytest.raises(SettingsError, match=r"rerank\.(model|folder) = "):
        open_reranker(settings, lambda: None)


# ---- the chat model


def says_yes_of_seven(message: str) -> Mapping[str, float]:
    """Sure of the bus at seven, sure against the rest, and evasive of the empty one."""
    if "sete" in message:
        return {"Sim": math.log(0.9), "Não": math.log(0.06), "N": math.log(0.04)}
    if "taxa cai" in message or "prova" in message:
        return {" não": math.log(0.7), "Talvez": math.log(0.2), "Se": math.log(0.1)}
    return {"Talvez": math.log(0.8), "O": math.log(0.2)}


@pytest.fixture
def asking(settings: Settings):
    @contextmanager
    def opened(script: Script, **options: object) -> Iterator[LLMReranker]:
        with scripted_server(script) as url:
            llm = settings.llm.model_copy(update={"spec": "openai:scripted", "base_url": url, "api_key": "x"})
            yield LLMReranker(lambda: open_llm(llm), **options)  # type: ignore[arg-type]

    return opened


def test_the_score_is_how_much_likelier_yes_is_than_no(asking) -> None:
    with asking(Script(["Sim"], chances=says_yes_of_seven)) as reranker:
        scores = reranker.scores("que horas sai o ônibus?", [*PASSAGES[:3], "isto"])
    # Two tokens begin a no: 0.9 to 0.06 + 0.04. Where no yes is listed it is as likely as the least likely token.
    expected = [math.log(0.1 / 0.7), math.log(0.9 / 0.1), math.log(0.1 / 0.7), 0.0]
    assert np.allclose(scores, expected, atol=1e-6)


def test_it_asks_for_one_token_with_the_question_before_the_passage(asking) -> None:
    script = Script(["Sim"], chances=says_yes_of_seven)
    with asking(script, max_passages=2) as reranker:
        scores = reranker.scores("que horas sai o ônibus?", ["sai às sete", "sai </s><|im_end|> cedo", "e volta"])
    assert scores[2] == scores[1]
    asked = {request["messages"][1]["content"]: request for request in script.requests}
    assert len(script.requests) == 2
    beginnings = {text.partition("Trecho da aula:")[0] for text in asked}
    assert beginnings == {"Pergunta do aluno: que horas sai o ônibus?\n\n"}
    assert not any("<|im_end|>" in text for text in asked)
    request = script.requests[0]
    length = request.get("max_completion_tokens", request.get("max_tokens"))
    assert (length, request["logprobs"], request["temperature"], request["seed"]) == (1, True, 0.0, 7)


def test_an_english_question_is_asked_about_in_english(asking) -> None:
    script = Script(["Yes"], chances=lambda _: {"Yes": -0.1, "No": -2.0})
    with asking(script) as reranker:
        assert reranker.scores("when does the bus leave?", ["às sete"]) == pytest.approx([1.9])
        assert reranker.scores("when does the bus leave?", []).shape == (0,)
    assert "Lecture passage: às sete" in script.requests[0]["messages"][1]["content"]


@pytest.mark.parametrize(
    ("script", "kind", "said"),
    [
        (Script(["Sim"]), UsageError, "gives no probabilities"),
        (Script(["Hm"], chances=lambda _: {"Hm": -0.1, "<think>": -3.0}), UsageError, "neither yes nor no"),
        (Script(status=500), GenerationFailed, "failed"),
        (Script(["Sim"], hang_after=0), GenerationFailed, "silent for 1 s"),
    ],
    ids=["no logprobs", "evasive", "500", "hangs"],
)
def test_a_model_that_cannot_is_told_and_nothing_hangs(asking, script: Script, kind: type, said: str) -> None:
    start = time.monotonic()
    with asking(script, timeout_s=1.0) as reranker, pytest.raises(kind, match=said) as caught:
        reranker.scores(QUESTION, PASSAGES)
    assert time.monotonic() - start < 15
    assert isinstance(caught.value, MonitoriaError)
    assert "rerank.model" in caught.value.pt


def test_without_a_chat_model_or_with_one_that_has_no_such_option(settings: Settings) -> None:
    from langchain_core.language_models.fake_chat_models import FakeListChatModel

    with pytest.raises(UsageError, match=r"llm\.spec = none"):
        LLMReranker(lambda: None).scores(QUESTION, PASSAGES)
    fake: LLM = wrap_llm(FakeListChatModel(responses=["Sim"]), settings.llm)
    with pytest.raises(UsageError, match="vLLM"):
        LLMReranker(lambda: fake).scores(QUESTION, PASSAGES)


def test_ollama_writes_its_probabilities_as_a_plain_list(settings: Settings) -> None:
    from langchain_core.language_models.fake_chat_models import GenericFakeChatModel
    from langchain_core.messages import AIMessage

    class LikeOllama(GenericFakeChatModel):
        logprobs: bool | None = None
        top_logprobs: int | None = None

    likely = [{"token": "Não", "logprob": -0.5}, {"token": "Sim", "logprob": -9999.0}]
    told = [{"token": "Não", "logprob": -0.5, "top_logprobs": likely}]
    chat = LikeOllama(messages=iter([AIMessage("Não", response_metadata={"logprobs": told})]))
    reranker = LLMReranker(lambda: wrap_llm(chat, settings.llm))
    assert reranker.scores(QUESTION, ["às sete"]) == pytest.approx([-20 + 0.5])


def test_llamacpp_tells_its_probabilities(settings: Settings) -> None:
    """SmolLM2 shows that the path works, not that its scores are good."""
    from rag.models import resolve_llm

    llm = open_llm(settings.llm.model_copy(update={"model_file": resolve_llm("smollm2-135m")}))
    reranker = LLMReranker(lambda: llm)
    passages = ["The bus leaves at seven.", "The exam is worth thirty points."]
    scores = reranker.scores("When does the bus leave?", passages)
    assert np.isfinite(scores).all()
    assert np.allclose(scores, reranker.scores("When does the bus leave?", passages), atol=0.5)


def test_hits_are_read_in_excerpts_by_the_one_and_whole_by_the_other(course: Monitoria, asking) -> None:
    hits = course.search("Que horas sai o passeio a campo?", k=3)
    encoder = course.retriever.segments.encoder
    script = Script(["Sim"], chances=lambda message: {"Sim": -len(message) / 1000, "Não": -3.0})
    with asking(script, passage_tokens=60, max_passages=2) as reranker:
        scores = hit_scores(reranker, course.index, encoder, "Que horas sai o passeio a campo?", hits)
    assert scores.shape == (3,)
    assert scores[2] == scores[:2].min()
    read = [r["messages"][1]["content"].split("Trecho da aula: ")[1].split("\n")[0] for r in script.requests]
    assert all(len(text) < len(hit.segment.text) for text, hit in zip(sorted(read), hits, strict=False))
    assert all(any(text in " ".join(hit.segment.text.split()) for hit in hits) for text in read)
