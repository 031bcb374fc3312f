"""A small judged run, written by hand: what each figure of its report must be can be counted on fingers."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from eval.annotations import Annotation, write_annotations
from eval.grading import answer_sha256
from eval.judging.judgements import Judgement, VerdictRule, to_record
from eval.judging.recorded import JUDGEMENTS, MANIFEST
from eval.report.files import write_report
from eval.report.gathered import gather

WICKED = "<script>alert(1)</script> ![x](http://evil.example/i) [clique](javascript:alert(1)) `rm`"


def span(lecture: str, start_s: float, end_s: float) -> dict[str, Any]:
    return {"lecture_id": lecture, "start_s": start_s, "end_s": end_s}


_REFERENCE_KEYS = ("segment_id", "lecture_id", "title", "url", "start_s", "end_s")


def topic(identity: str, **more: Any) -> dict[str, Any]:
    return {"id": identity, "question": f"Pergunta de {identity}?"} | more


def hit(lecture: str, start_s: float, rank: int = 1, text: str = "o que foi dito") -> dict[str, Any]:
    return {
        "rank": rank, "score": 1.5, "segment_id": 100 * rank + int(start_s), "lecture_id": lecture, "title": "Aula 1",
        "start_s": start_s, "end_s": start_s + 60, "text": text, "url": f"https://v.example/{lecture}?t={start_s:.0f}",
        "stages": {"dense": {"rank": 1, "score": 0.87}, "lexical": {"rank": 2, "score": 3.5}},
    }  # fmt: skip


def answer(identity: str, text: str, hits: Iterable[dict[str, Any]] = (), **more: Any) -> dict[str, Any]:
    hits = list(hits)
    references = [
        {"n": n, "quote": one["text"]} | {key: one[key] for key in _REFERENCE_KEYS}
        for n, one in enumerate(hits[:1], start=1)
    ]
    return {
        "topic_id": identity, "question": f"Pergunta de {identity}?", "answer": text, "abstained": False,
        "mode": "generated", "references": references, "hits": hits, "llm": "embedded:x", "prompt_sha256": "ab" * 32,
        "index_generation": "gen-000001", "timings_ms": {"retrieve": 10.0, "first_token": 1000.0, "total": 2000.0},
        "error": None,
    } | more  # fmt: skip


# q1 is right from the right place; q2 speaks of another lecture; q3 is not in the lectures and is declined; q4 was
# never answered; of q5 the judge made nothing.
TOPICS = [
    topic(
        "q1", answerable=True, reference_answer="Isso.", gold=[{"lecture_id": "a", "start_s": 5, "end_s": 50}], type="x"
    ),
    topic(
        "q2",
        answerable=True,
        reference_answer="Aquilo.",
        gold=[{"lecture_id": "b", "start_s": 0, "end_s": 60}],
        type="y",
    ),
    topic("q3", answerable=False, type="y"),
    topic("q4", answerable=True, gold=[span("a", 200, 260)], type="x"),
    topic("q5", answerable=True, type="x"),
]
ANSWERS = [
    answer("q1", "É isso [1].", [hit("a", 0.0), hit("a", 60.0, 2)]),
    answer("q2", f"{WICKED} [1].\n# não é título", [hit("c", 0.0, text=WICKED)]),
    answer("q3", "As aulas não respondem a essa pergunta.", [hit("a", 0.0)], abstained=True, references=[]),
    answer("q5", "Outra [7].", [hit("a", 0.0)]),
]


def _answer_to(identity: str, answers: Iterable[dict[str, Any]]) -> dict[str, Any]:
    return next(one for one in answers if one["topic_id"] == identity)


def judgement(
    identity: str,
    score: float | None,
    kind: Any = "ar",
    *,
    answers: Iterable[dict[str, Any]] = tuple(ANSWERS),
    **more: Any,
) -> Judgement:
    record = _answer_to(identity, answers)
    one = Judgement(identity, kind, "embedded:j", None if score is None else score / 3, score,
                    criteria="o pedido", supporting_evidence="o que traz", answer_sha256=answer_sha256(record),
                    key=f"{identity}-{kind}", coverage=(1, 1), tokens=(100, 20), judge_ms=1500.0, **more)  # fmt: skip
    return one.under(VerdictRule())


JUDGEMENTS_OF_ALL = [
    judgement("q1", 3),
    judgement("q2", 1),
    judgement("q3", 0),
    judgement("q5", None, error="o texto não é um julgamento", cause="unreadable"),
    judgement("q1", 2, "reference"),
    judgement("q2", 0, "reference"),
]


def folder(
    place: Path,
    judgements: Iterable[Judgement] = JUDGEMENTS_OF_ALL,
    annotations: Iterable[Annotation] = (),
    *,
    topics: Iterable[dict[str, Any]] = TOPICS,
    answers: Iterable[dict[str, Any]] = ANSWERS,
) -> Path:
    """Topics and answers in ``place``, the judging in ``place/j``."""
    judged = place / "j"
    judged.mkdir(parents=True, exist_ok=True)
    lines = {
        place / "topics.jsonl": topics,
        place / "answers.jsonl": answers,
        judged / JUDGEMENTS: [to_record(one) for one in judgements],
    }
    for path, records in lines.items():
        path.write_text("".join(json.dumps(one, ensure_ascii=False) + "\n" for one in records), encoding="utf-8")
    manifest = {"judge": "embedded:j", "verdicts": {"C": 3, "P": 2}, "rubrics": {"ar.pt": "cd" * 32}} | {
        name: {"path": f"../{name}.jsonl", "sha256": "00"} for name in ("answers", "topics")
    }
    (judged / MANIFEST).write_text(json.dumps(manifest) + "\n", encoding="utf-8")
    if annotations:
        write_annotations(judged / "annotations.jsonl", annotations)
    return judged


def annotation(
    identity: str, who: str, kind: Any, verdict: Any, answers: Iterable[dict[str, Any]] = ANSWERS, **more: Any
) -> Annotation:
    return Annotation(identity, answer_sha256(_answer_to(identity, answers)), who, kind, verdict, **more)


def report(place: Path) -> dict[str, str]:
    """A folder's report, each file by its name."""
    return {path.name: path.read_text(encoding="utf-8") for path in write_report(place, gather(place))}
