"""Which runtime is fastest here: measured once on passages like a lecture's, then remembered in the cache."""

from __future__ import annotations

import hashlib
import json
import statistics
import time
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from rag.encoder import E5Encoder, HiddenStates, Note
from rag.encoder_machine import gpu_mark, physical_cores, processor
from rag.encoder_onnx import GRAPH_VERSION, OnnxRuntime
from rag.encoder_torch import TorchRuntime
from rag.errors import MonitoriaError
from rag.models import ResolvedEncoder, cache_dir
from rag.models.cache import disk_errors, locked, write_whole
from rag.records import Passage

Named = Literal["torch", "onnx", "onnx-int8"]
_CANDIDATES: tuple[tuple[Named, tuple[str, ...]], ...] = (
    ("onnx-int8", ("onnxruntime", "onnx")),
    ("onnx", ("onnxruntime", "onnx")),
    ("torch", ("torch", "sentence_transformers")),
)
_VERSIONS = ("onnxruntime", "torch", "sentence-transformers", "transformers")
_ROUNDS = 3
_LEAST_COSINE = 0.995  # below this int8 is not the same encoder (see `EncoderIdentity.same_space`)
_PASSAGES = 4
_SENTENCES = (
    "Então, pessoal, hoje a gente vai continuar de onde parou na aula passada e falar de como o modelo aprende.",
    "Vocês lembram que a função de custo mede o quanto a previsão ficou longe do valor que a gente queria?",
    "Pois é, e o gradiente diz pra que lado esse erro cresce, então a gente anda no sentido contrário.",
    "O tamanho do passo é a taxa de aprendizado; se ela for grande demais, o treino não converge.",
    "Se for pequena demais, tá bom, ele chega lá, mas vai demorar muito mais do que precisava.",
    "Alguém perguntou no chat por que a gente separa os dados em treino, validação e teste.",
    "É porque um modelo que decora os exemplos vai muito bem neles e muito mal no resto.",
    "Isso tem nome, é sobreajuste, e o dropout é um dos jeitos de evitar que aconteça.",
    "A ideia é desligar alguns neurônios ao acaso em cada passo, com probabilidade de vinte por cento, digamos.",
    "Na hora de usar a rede, todos eles ficam ligados de novo, e os pesos são ajustados para compensar.",
    "Deixa eu compartilhar a tela aqui e abrir o terminal para mostrar isso rodando com vocês.",
    "Olha só, eu criei um ambiente virtual, instalei as dependências e agora vou executar os testes.",
    "Repara que deu um erro na linha quarenta e dois, e a mensagem diz que a chave não existe.",
    "Quando acontecer com vocês, não se assustem: leiam a última linha primeiro e depois subam.",
    "Ficou alguma dúvida até aqui? Se ficou, manda no fórum que eu respondo com calma durante a semana.",
    "Na próxima aula a gente vê redes convolucionais, que são muito usadas para trabalhar com imagens.",
    "O exercício desta semana pede que vocês comparem três valores da taxa e expliquem o que mudou na curva.",
)


@dataclass(frozen=True, slots=True)
class Choice:
    """The fastest runtime, and passages a second of each that was measured."""

    runtime: Named
    passages_per_s: dict[str, float]


@dataclass(frozen=True, slots=True)
class _Tried:
    """A runtime that works, and its vectors of the sample passages."""

    runtime: HiddenStates
    encoder: E5Encoder
    vectors: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Measured:
    fastest: HiddenStates
    choice: Choice


def open_runtime(name: Named, resolved: ResolvedEncoder, threads: int | None) -> HiddenStates:
    """The named runtime with the model in it. Raises as `rag.encoder.open_encoder` says."""
    if name == "torch":
        return TorchRuntime(resolved, threads)
    return OnnxRuntime(resolved, threads, int8=name == "onnx-int8")


def open_chosen(resolved: ResolvedEncoder, threads: int | None) -> tuple[HiddenStates, Note]:
    """The fastest runtime, and a sentence about the choice. Measured under a lock, so that nobody else's
    measuring slows it down.

    Raises:
        MonitoriaError: no runtime works here; it is what torch said.
    """
    path = cache_dir() / "choices" / f"{_machine_key(resolved, threads)}.json"
    choice = _remembered(path)
    if choice is not None:
        return open_runtime(choice.runtime, resolved, threads), _note(choice)
    with locked("measure"):
        if (choice := _remembered(path)) is not None:
            return open_runtime(choice.runtime, resolved, threads), _note(choice)
        measured = _measure(_try_all(resolved, threads))
        choice = measured.choice
        with disk_errors(path.parent):
            write_whole(path, json.dumps({"runtime": choice.runtime, "passages_per_s": choice.passages_per_s}) + "\n")
    return measured.fastest, _note(choice)


def sample_passages() -> list[Passage]:
    """Four different passages of about 400 tokens, in a lecturer's words."""
    turns = [_SENTENCES[start:] + _SENTENCES[:start] for start in range(0, 4 * _PASSAGES, 4)]
    return [Passage(" ".join(turn)) for turn in turns]


def _try_all(resolved: ResolvedEncoder, threads: int | None) -> dict[Named, _Tried]:
    """Every runtime that is installed and can run these weights, warm."""
    tried: dict[Named, _Tried] = {}
    refusal: MonitoriaError | None = None
    for name, packages in _CANDIDATES:
        if not all(find_spec(package) for package in packages):
            continue
        try:
            runtime = open_runtime(name, resolved, threads)
            encoder = E5Encoder(resolved, runtime)
            tried[name] = _Tried(runtime, encoder, encoder.encode_passages(sample_passages()))
        except MonitoriaError as error:
            refusal = error  # another one may do; raised below if none does
    if not tried:
        raise refusal or MonitoriaError(
            pt="nenhum motor para o codificador está instalado; rode: pip install 'monitoria[cpu,embedded]'",
            en="no runtime for the encoder is installed; run: pip install 'monitoria[cpu,embedded]'",
        )
    return tried


def _measure(tried: dict[Named, _Tried]) -> _Measured:
    """Median of a few rounds in which the runtimes take turns, so that a busy moment does not strike one alone."""
    passages = sample_passages()
    names = [name for name in tried if _close_enough(name, tried)]
    seconds: dict[Named, list[float]] = {name: [] for name in names}
    for _ in range(_ROUNDS):
        for name in names:
            start = time.perf_counter()
            tried[name].encoder.encode_passages(passages)
            seconds[name].append(time.perf_counter() - start)
    rates = {name: round(len(passages) / statistics.median(taken), 2) for name, taken in seconds.items()}
    fastest = max(names, key=lambda name: rates[name])
    return _Measured(tried[fastest].runtime, Choice(fastest, {str(name): rate for name, rate in rates.items()}))


def _close_enough(name: Named, tried: dict[Named, _Tried]) -> bool:
    """Older processors lose precision in int8; there it must not be picked for being fast."""
    exact: tuple[Named, ...] = ("onnx", "torch")
    reference = next((tried[other].vectors for other in exact if other in tried), None)
    if name in exact or reference is None:
        return True
    return bool((tried[name].vectors * reference).sum(axis=1).min() >= _LEAST_COSINE)


def _machine_key(resolved: ResolvedEncoder, threads: int | None) -> str:
    facts = [
        processor(),
        str(threads or physical_cores()),
        gpu_mark(),
        *(f"{package}={_version(package)}" for package in _VERSIONS),
        resolved.sha256,
        str(GRAPH_VERSION),
    ]
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()[:16]


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "-"


def _remembered(path: Path) -> Choice | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        runtime = content["runtime"]
        rates = {str(name): float(rate) for name, rate in content["passages_per_s"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # not measured yet, or not readable: measured again
    return Choice(cast("Named", runtime), rates) if runtime in rates and runtime in dict(_CANDIDATES) else None


def _note(choice: Choice) -> Note:
    rates = sorted(choice.passages_per_s.items(), key=lambda item: -item[1])
    figures = ", ".join(f"{name} {rate:.1f}" for name, rate in rates)
    return Note(
        pt=f"motor do codificador: {choice.runtime}, o mais rápido nesta máquina "
        f"(trechos de 400 tokens por segundo, medido uma vez: {figures.replace('.', ',')})",
        en=f"encoder runtime: {choice.runtime}, the fastest on this machine "
        f"(400-token passages a second, measured once: {figures})",
    )
