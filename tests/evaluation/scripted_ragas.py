"""ragas as the tests have it: the real one in its own environment, asking a server that speaks from a script."""

from __future__ import annotations

import json
import stat
import sys
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from eval.judging.asking import Patience
from eval.ragas.process import python_of
from eval.ragas.samples import Sample, sample_of
from eval.ragas.scorer import Scorer
from eval.ragas.scores import Metric, RagasScore
from eval.topics import Topic
from rag.config import LLMSettings
from rag.encoder import Encoder
from rag.llm import open_llm
from tests.conftest import ROOT, skip_or_fail
from tests.scripted_server import Script, scripted_server

TOPICS = [
    Topic("pt", "O que é a camada de dropout?", True, "Desliga neurônios ao acaso. Só no treino."),
    Topic("en", "What is the dropout layer?", True, "It switches neurons off at random."),
    Topic("não", "Quanto custou a placa do laboratório?", False),
]


def ragas_python() -> Path:
    """The Python of `make ragas`; without it the test is skipped, or fails where everything must be there."""
    python = python_of(ROOT / ".venv-ragas")
    if not python.is_file():
        skip_or_fail("needs ragas in an environment of its own: make ragas")
    return python


def no_encoder() -> Encoder:
    raise AssertionError("no encoder is needed")


def scorer(url: str, python: Path | None = None, encoder: Callable[[], Encoder] = no_encoder, **options: Any) -> Scorer:
    """ragas with the model at ``url``, which is not waited for between tries."""
    llm = open_llm(LLMSettings(spec=options.pop("spec", "openai:x"), base_url=url, api_key="x"))
    assert llm is not None
    patience = Patience(timeout_s=options.pop("timeout_s", 20.0), tries=options.pop("tries", 2), sleep=lambda _: None)
    return Scorer(llm, encoder, python or ragas_python(), patience=patience, **options)


def kind_of(asked: Mapping[str, Any]) -> str:
    """Which of ragas's requests this is, by the schema that it wants its reply in."""
    schema = asked["response_format"]["json_schema"]["schema"]
    keys = set(schema["properties"])
    if keys == {"statements"}:
        return "verdicts" if "$ref" in schema["properties"]["statements"]["items"] else "statements"
    return {"question": "question", "verdict": "usefulness", "classifications": "attribution", "rating": "rating"}[
        next(key for key in ("question", "verdict", "classifications", "rating") if key in keys)
    ]


def shown_to(asked: Mapping[str, Any]) -> str:
    """All that the model was sent, as one text."""
    return "\n".join(str(message["content"]) for message in asked["messages"])


def case_in(asked: Mapping[str, Any]) -> str:
    """What ragas asks about, after every example and before whatever was said to it."""
    users = [str(message["content"]) for message in asked["messages"] if message["role"] == "user"]
    return (users[-2] if is_again(asked) else users[-1]).rsplit("input:", 1)[-1]


def is_again(asked: Mapping[str, Any]) -> bool:
    """Whether a fault is named."""
    return str(asked["messages"][-1]["content"]).startswith(("Isso não pôde ser lido", "This could not be read"))


def verdicts(*values: int, key: str = "verdict") -> list[dict[str, Any]]:
    return [{"statement": f"s{n}", "reason": "r", key: value} for n, value in enumerate(values)]


REPLIES: dict[str, Any] = {
    "statements": {"statements": ["s0", "s1", "s2"]},
    "verdicts": {"statements": verdicts(1, 0, 1)},
    "question": {"question": "Para que serve o dropout?", "noncommittal": 0},
    "usefulness": {"reason": "r", "verdict": 1},
    "attribution": {"classifications": verdicts(1, 0, key="attributed")},
    "rating": {"rating": 4},
}


def replying(**other: Any) -> Callable[[Mapping[str, Any]], str]:
    """A script's replies by the kind of request: an object, a text, or what a function of the request gives."""

    def reply(asked: Mapping[str, Any]) -> str:
        said = (REPLIES | other)[kind_of(asked)]
        if callable(said):
            said = said(asked)
        return said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)

    return reply


def answer(topic: Topic, text: str = "Desliga neurônios [1].", n_hits: int = 3, **more: Any) -> dict[str, Any]:
    hits = [{"segment_id": n, "rank": n, "text": f"trecho {n} fala do dropout"} for n in range(1, n_hits + 1)]
    record = {"topic_id": topic.topic_id, "question": topic.question, "answer": text, "abstained": False}
    return record | {"hits": hits, "references": [{"n": 1, "segment_id": 2, "quote": "fala do dropout"}]} | more


def write_answers(folder: Path, records: list[dict[str, Any]]) -> Path:
    path = folder / "answers.jsonl"
    path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
    return path


def stand_in(folder: Path, script: str) -> Path:
    """A program in the place of ragas's Python, that does what ``script`` says."""
    path = folder / "stand-in"
    path.write_text(f"#!{sys.executable}\nimport json, sys, time\n" + textwrap.dedent(script), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def samples(by: Scorer, *metrics: Metric, topic: Topic = TOPICS[0], **more: Any) -> list[Sample]:
    encoder = by.encoder_name() if "answer_relevancy" in metrics else None
    found = [sample_of(metric, answer(topic, **more), topic, by.room, encoder=encoder) for metric in metrics]
    return [one for one in found if one is not None]


def scored(script: Script, *metrics: Metric, **options: Any) -> list[RagasScore]:
    with scripted_server(script) as url:
        by = scorer(url, **options)
        return sorted(by.score(samples(by, *metrics)), key=lambda one: metrics.index(one.metric))


def only(found: list[RagasScore]) -> RagasScore:
    (one,) = found
    return one
