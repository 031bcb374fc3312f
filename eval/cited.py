"""Whether an answer's citations hold up: numbers that have a reference, references that quote what was retrieved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from eval.measures import is_relevant
from eval.topics import GoldSpan
from rag.citations import cited_numbers


def citations_hold(record: Mapping[str, Any]) -> bool:
    """Whether every number in the text has its reference, and every reference quotes a segment that was retrieved."""
    texts = {hit.get("segment_id"): _plain(hit.get("text")) for hit in record.get("hits") or ()}
    references = record.get("references") or ()
    return set(cited_numbers(record["answer"])) <= {reference.get("n") for reference in references} and all(
        _plain(reference.get("quote")) in texts.get(reference.get("segment_id"), "") for reference in references
    )


def quotes_gold(record: Mapping[str, Any], gold: Iterable[GoldSpan]) -> bool:
    """Whether a reference lies where the question is answered."""
    spans = tuple(gold)
    return any(is_relevant(reference, spans) for reference in record.get("references") or ())


def link_offsets_s(record: Mapping[str, Any], gold: Iterable[GoldSpan]) -> list[float]:
    """How far the links of references that overlap a gold span start from where it starts, seconds."""
    return [
        abs(reference["start_s"] - span.start_s)
        for reference in record.get("references") or ()
        for span in gold
        if span.start_s is not None and reference.get("start_s") is not None and is_relevant(reference, (span,))
    ]


def _plain(text: object) -> str:
    return " ".join(str(text or "").split())
