"""The records that other programs read (docs/contracts): runs and answers as JSON objects, and back to lines.

Field names and order are the contract's. Nothing is rounded away but milliseconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rag.records import Answer, Hit, Reference


def run_records(hits: Sequence[Hit], topic_id: str | None = None) -> list[dict[str, Any]]:
    """Hits as run objects; ``topic_id`` stands first where there is one."""
    head = {} if topic_id is None else {"topic_id": topic_id}
    return [
        head
        | {
            "rank": hit.rank,
            "score": hit.score,
            "segment_id": hit.segment.segment_id,
            "lecture_id": hit.segment.lecture_id,
            "start_s": hit.segment.start_s,
            "end_s": hit.segment.end_s,
            "text": hit.segment.text,
            "title": hit.lecture.title,
            "url": hit.lecture.url,
            "stages": {name: {"rank": stage.rank, "score": stage.score} for name, stage in hit.stages.items()},
        }
        for hit in hits
    ]


def trec_lines(topic_id: str, hits: Sequence[Mapping[str, Any]], run_name: str = "monitoria") -> list[str]:
    """Run objects of one topic in the TREC format: ``topic Q0 segment rank score run``."""
    return [
        f"{_no_spaces(topic_id)} Q0 {hit['segment_id']} {hit['rank']} {hit['score']!r} {_no_spaces(run_name)}"
        for hit in hits
    ]


def reference_record(reference: Reference) -> dict[str, Any]:
    """A reference as the contract spells it; ``interpolated`` appears only where it is true."""
    record: dict[str, Any] = {
        "n": reference.n,
        "segment_id": reference.segment_id,
        "lecture_id": reference.lecture_id,
        "title": reference.title,
        "url": reference.url,
        "start_s": reference.start_s,
        "end_s": reference.end_s,
        "quote": reference.quote,
    }
    return record | ({"interpolated": True} if reference.interpolated else {})


def answer_record(answer: Answer, topic_id: str | None = None) -> dict[str, Any]:
    """An answer object; ``topic_id`` stands first where there is one, and is null otherwise."""
    return {
        "topic_id": topic_id,
        "question": answer.question,
        "answer": answer.text,
        "abstained": answer.abstained,
        "mode": answer.mode,
        "references": [reference_record(reference) for reference in answer.references],
        "sentences": [
            {"text": s.text, "citations": list(s.citations), "supported": s.supported, "support": s.support}
            for s in answer.sentences
        ],
        "hits": run_records(answer.hits, topic_id),
        "llm": answer.llm,
        "prompt_sha256": answer.prompt_sha256,
        "index_generation": answer.index_generation,
        "timings_ms": {
            "retrieve": round(answer.timings.retrieve_ms, 1),
            "first_token": None if answer.timings.first_token_ms is None else round(answer.timings.first_token_ms, 1),
            "total": round(answer.timings.total_ms, 1),
        },
        "quotes_ms": None if answer.timings.quotes_ms is None else round(answer.timings.quotes_ms, 1),
        "error": answer.error,
    }


def _no_spaces(name: str) -> str:
    """TREC columns are separated by spaces, so none may stand inside one."""
    return "_".join(name.split()) or "_"
