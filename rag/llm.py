"""From a SPEC to a LangChain chat model, the embedded one included.

The embedded model is llama.cpp in this process, listening on loopback as an OpenAI-compatible server, so that
it, vLLM, Ollama and a hosted model are one thing to everything else.
"""

from __future__ import annotations

import os
import secrets
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast
from urllib.parse import urlsplit

from langchain_core.language_models import BaseChatModel
from pydantic import SecretStr, ValidationError

from rag.config import LLMSettings
from rag.errors import GenerationFailed, MissingExtra, UsageError
from rag.models import Progress, resolve_llm

_CONTEXT_TOKENS = 4096  # of each slot
# A silent model is given up in `rag.generator`, in a plain sentence; the connection must not be the first to do so.
_GRACE_S = 5.0
_SEED = 7
_EMBEDDED_NAME = "qwen2.5-coder-1.5b"

Size = Literal["small", "large"]

# llama.cpp keeps what a slot has read. Each of the two prompts that a small model is asked by has a slot of its own,
# so that neither makes it read the other's examples again.
WRITING, WEIGHING = 0, 1
_SLOTS = 2


@dataclass(frozen=True, slots=True)
class LLM:
    """A chat model ready to be asked, with the name that goes into records.

    Attributes:
        size: which profile of the settings it is asked by. A small model on two cores reads about 60 tokens a second,
            loses the thread among many passages, and writes one honest sentence at best.
        takes_grammar: it keeps to a GBNF grammar and goes on from the beginning of a reply, as llama.cpp does.
    """

    name: str
    chat: BaseChatModel
    size: Size = "large"
    takes_grammar: bool = False

    def in_slot(self, slot: int, **body: Any) -> BaseChatModel:  # noqa: ANN401 - whatever the server understands
        """The chat model, its requests served in this slot and with more in their body where it is llama.cpp's."""
        if not self.takes_grammar or "extra_body" not in type(self.chat).model_fields:
            return self.chat
        return self.chat.model_copy(update={"extra_body": {"id_slot": slot, **body}})


def open_llm(settings: LLMSettings, progress: Progress | None = None) -> LLM | None:
    """The chat model that ``settings.spec`` names; ``None`` for the SPEC ``none``.

    Raises:
        UsageError: a SPEC that names no provider.
        MissingExtra: the provider's package, or llama.cpp, is not installed.
        ModelUnavailable: the embedded model's weights cannot be had.
        GenerationFailed: the embedded server does not start.
    """
    spec = settings.spec.strip()
    if spec == "none":
        return None
    if settings.base_url is not None:
        _check_url(settings.base_url)
        name = spec.partition(":")[2] or (spec if spec != "embedded" else "default")
        return LLM(spec if spec != "embedded" else name, _openai_compatible(name, settings), size_of(settings))
    if spec == "embedded":
        return _embedded(settings, progress)
    return LLM(spec, _by_provider(spec, settings), size_of(settings))


def briefly(chat: BaseChatModel, max_tokens: int) -> BaseChatModel:
    """A copy of the chat model that answers shortly and, where its provider can, the same every time."""
    wanted = {"temperature": 0.0, "seed": _SEED, "max_tokens": max_tokens, "num_predict": max_tokens}
    known = type(chat).model_fields
    return chat.model_copy(update={name: value for name, value in wanted.items() if name in known})


class ModelOnDemand:
    """The chat model, opened when it is first needed: to write, or to help with finding."""

    def __init__(self, settings: LLMSettings, opened: LLM | None = None) -> None:
        self._settings = settings
        self._opened = opened
        self._lock = threading.Lock()
        self.on_progress: Progress | None = None

    @property
    def size(self) -> Size:
        """Which profile it is asked by, opened or not."""
        return size_of(self._settings) if self._opened is None else self._opened.size

    def open(self) -> LLM | None:
        """The model; ``None`` where the settings say that there is none. Raises as `rag.llm.open_llm` does."""
        with self._lock:
            if self._opened is None:
                self._opened = open_llm(self._settings, self.on_progress)
            return self._opened


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        usable = False
    if not usable:
        raise UsageError(
            pt=f"o endereço {url!r} do servidor não serve; dê um como http://127.0.0.1:8000/v1",
            en=f"the server's address {url!r} will not do; give one such as http://127.0.0.1:8000/v1",
        )


def wrap_llm(chat: BaseChatModel, settings: LLMSettings) -> LLM:
    """A chat model that the caller made, under the name it gives itself."""
    name = getattr(chat, "model_name", None) or getattr(chat, "model", None) or type(chat).__name__
    return LLM(str(name), chat, _size(settings, "large"))


def size_of(settings: LLMSettings) -> Size:
    """The size of the model that the settings name, known before it is opened; that of ``none`` is ``small``."""
    near = settings.spec.strip() in ("embedded", "none") and settings.base_url is None
    return _size(settings, "small" if near else "large")


def _size(settings: LLMSettings, default: Size) -> Size:
    return default if settings.profile == "auto" else settings.profile


def _openai_compatible(
    name: str, settings: LLMSettings, *, base_url: str | None = None, count_tokens: bool = False
) -> BaseChatModel:
    from langchain_openai import ChatOpenAI  # noqa: PLC0415 - half a second

    key = settings.api_key or os.environ.get("OPENAI_API_KEY") or "none"
    return ChatOpenAI(
        model=name,
        base_url=base_url or settings.base_url,
        api_key=SecretStr(key),
        temperature=settings.temperature,
        seed=settings.seed,
        max_completion_tokens=settings.max_tokens,
        timeout=settings.timeout_s + _GRACE_S,
        max_retries=1,
        stream_usage=count_tokens,
    )


def _by_provider(spec: str, settings: LLMSettings) -> BaseChatModel:
    provider, separator, name = spec.partition(":")
    if not separator or not name:
        raise UsageError(
            pt=f"o modelo {spec!r} não diz o provedor; use embedded, none, ou PROVEDOR:NOME como openai:NOME",
            en=f"the model {spec!r} names no provider; use embedded, none, or PROVIDER:NAME such as openai:NAME",
        )
    from langchain.chat_models import init_chat_model  # noqa: PLC0415 - slow to import

    # Each provider has its own name for the length limit and the time limit.
    options: dict[str, Any] = {"temperature": settings.temperature}
    if provider == "ollama":
        options |= {"num_predict": settings.max_tokens, "seed": settings.seed}
    else:
        options |= {"max_tokens": settings.max_tokens}
    if provider == "openai":
        options |= {"timeout": settings.timeout_s + _GRACE_S, "max_retries": 1, "seed": settings.seed}
    try:
        return cast(BaseChatModel, init_chat_model(name, model_provider=provider, **options))
    except ImportError as error:
        raise UsageError(
            pt=f"o provedor {provider!r} precisa de um pacote que falta: {_first_line(error)}",
            en=f"the provider {provider!r} needs a package that is missing: {_first_line(error)}",
        ) from error
    except Exception as error:
        # LangChain says ValueError for a provider it does not know; a missing key is whatever the provider raises.
        if isinstance(error, ValueError) and not isinstance(error, ValidationError):
            raise UsageError(
                pt=f"o provedor {provider!r} não é conhecido; use openai, ollama, huggingface ou outro do LangChain",
                en=f"the provider {provider!r} is not known; use openai, ollama, huggingface or another of LangChain",
            ) from error
        raise GenerationFailed(
            pt=f"o modelo {spec!r} não pôde ser aberto: {_first_line(error)}",
            en=f"the model {spec!r} could not be opened: {_first_line(error)}",
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:300]


_servers: dict[Path, tuple[Any, str, str]] = {}
_servers_lock = threading.Lock()


def _embedded(settings: LLMSettings, progress: Progress | None) -> LLM:
    path = resolve_llm(_EMBEDDED_NAME, file=settings.model_file, progress=progress)
    address, key = _serve(path)
    own = settings.model_copy(update={"api_key": key})
    chat = _openai_compatible("embedded", own, base_url=f"{address}/v1", count_tokens=True)
    return LLM(f"embedded:{path.stem}", chat, size_of(settings), takes_grammar=True)


def _serve(path: Path) -> tuple[str, str]:
    """Start llama.cpp on a GGUF file once a process; its address and the key it asks for."""
    with _servers_lock:
        if path not in _servers:
            _servers[path] = _start(path)
        return _servers[path][1:]


def _start(path: Path) -> tuple[Any, str, str]:
    try:
        import xllamacpp  # noqa: PLC0415 - an extra
    except ImportError as error:
        raise MissingExtra("xllamacpp", "embedded") from error
    key = secrets.token_hex(16)
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.n_ctx = _SLOTS * _CONTEXT_TOKENS
    params.n_parallel = _SLOTS
    params.kv_unified = False
    # By default llama.cpp keeps up to 8 GB of prompts it read; the slots hold the beginnings that come again.
    params.cache_ram_mib = 0
    params.cache_idle_slots = False
    params.cpuparams.n_threads = physical_cores()
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.ui = False
    params.verbosity = 0
    try:
        server = xllamacpp.Server(params)
    except Exception as error:  # llama.cpp's own errors come as bare RuntimeErrors and worse
        raise GenerationFailed(
            pt=f"o modelo embutido {path} não abriu ({_first_line(error)}); baixe de novo com monitoria models pull",
            en=f"the embedded model {path} did not open ({_first_line(error)}); fetch it again: monitoria models pull",
        ) from error
    return server, server.listening_address, key


def physical_cores() -> int:
    """Physical cores that this process may use; hyper-threads do not speed matrix work up."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)
    siblings = {
        path.read_text(encoding="ascii").strip()
        for path in Path("/sys/devices/system/cpu").glob("cpu[0-9]*/topology/thread_siblings_list")
    }
    return max(1, min(usable, len(siblings) or usable))
