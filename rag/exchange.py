"""The records that other programs read (docs/contracts): runs and answers as JSON objects.

Field names and order are the contract's. Nothing is rounded away but milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.errors import UsageError
from rag.records import Answer, Hit, Reference, Turn


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
    """An answer object; ``topic_id`` stands first where there is one, and is null otherwise.

    ``understood`` appears only where the question was rewritten.
    """
    record: dict[str, Any] = {
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
    return record if answer.understood is None else record | {"understood": answer.understood}


def read_conversation(path: Path) -> tuple[Turn, ...]:
    """The turns of a conversation, oldest first: objects with ``question`` and ``answer``, one a line or in one list.

    What `answer_record` writes is such an object; other keys are ignored. The list may be the ``turns`` of an object,
    as the app exports a conversation.

    Raises:
        UsageError: no such file, or something else in it; the message names the file and the line.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise _no_conversation(path, f"não pôde ser lido ({reason})", f"could not be read ({reason})") from error
    except UnicodeDecodeError as error:
        raise _no_conversation(path, "não está em UTF-8", "is not UTF-8") from error
    turns = []
    for number, entry in _entries(path, text):
        question, answer = (entry.get(key) if isinstance(entry, dict) else None for key in ("question", "answer"))
        if not isinstance(question, str) or not isinstance(answer, str) or not question.strip():
            raise _no_conversation(
                path, "não tem question e answer, dois textos", "lacks question and answer, two texts", number
            )
        turns.append(Turn(question, answer))
    if not turns:
        raise _no_conversation(path, "está vazio", "is empty")
    return tuple(turns)


def _entries(path: Path, text: str) -> list[tuple[int, Any]]:
    """The values in a file and the lines that they begin on, as far as it says: one value, a list, or one a line."""
    try:
        whole = json.loads(text)
        if isinstance(whole, dict) and isinstance(whole.get("turns"), list):
            whole = whole["turns"]
        return [(1, entry) for entry in whole] if isinstance(whole, list) else [(1, whole)]
    except (ValueError, RecursionError) as error:
        if text.lstrip().startswith("["):
            place = error.lineno if isinstance(error, json.JSONDecodeError) else 1
            raise _no_conversation(path, "não é JSON", "is not JSON", place) from error
    entries = []
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            if line.strip():
                entries.append((number, json.loads(line)))
        except (ValueError, RecursionError) as error:
            raise _no_conversation(path, "não é JSON", "is not JSON", number) from error
    return entries


def _no_conversation(path: Path, pt: str, en: str, line: int | None = None) -> UsageError:
    place_pt, place_en = ("", "") if line is None else (f", linha {line},", f", line {line},")
    return UsageError(
        pt=f'{path}{place_pt} {pt}; dê uma conversa, um {{"question": "…", "answer": "…"}} por linha, '
        "como os de monitoria ask --json",
        en=f'{path}{place_en} {en}; give a conversation, one {{"question": "…", "answer": "…"}} a line, '
        "such as those of monitoria ask --json",
    )
