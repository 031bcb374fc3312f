"""What a judge is told: one file a kind and language, versioned by its hash. Scores run from 0 to 3.

Each file ends with what changes from answer to answer, so that a server that caches prompts reads the rest once.
"""

from __future__ import annotations

from typing import get_args

from corpus.language import Language
from eval.judging.judgements import KINDS, Kind
from rag.prompts import Prompt, filled


def rubric(kind: Kind, language: Language, **values: str) -> Prompt:
    """The rubric of ``kind`` with question, answer and what else the judge sees filled in."""
    return filled(kind, language, "eval.judging.rubrics", **values)


def rubric_hashes() -> dict[str, str]:
    """The SHA-256 of every kind's rubric, by kind and language; a judge that weighs has its own of the reference kind
    (`eval.judging.weighing.marking`).
    """
    places: dict[Kind, dict[str, str]] = {
        "ar": {"question": "", "answer": ""},
        "reference": {"question": "", "reference": "", "answer": ""},
        "groundedness": {"passages": "", "sentence": ""},
    }
    return {
        f"{kind}.{language}": rubric(kind, language, **places[kind]).sha256
        for kind in KINDS
        for language in get_args(Language)
    }
