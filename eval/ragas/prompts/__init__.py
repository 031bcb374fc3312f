"""ragas's prompts in Portuguese, in our own words: one file each, versioned by its hash; the English are ragas's own.

A file is a whole prompt with examples of ragas's own inputs and outputs, and ``{{input}}`` where the case goes.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from importlib.resources import files

from corpus.language import Language
from eval.ragas.scores import Metric

# For each metric the names that ragas gives its prompts, with our files.
FILES: dict[Metric, dict[str, str]] = {
    "faithfulness": {"statement_generator_prompt": "statements", "nli_statement_prompt": "inference"},
    "answer_relevancy": {"prompt": "question"},
    "context_precision": {"prompt": "usefulness"},
    "context_recall": {"prompt": "attribution"},
    "answer_accuracy": {"judge1_prompt": "accuracy", "judge2_prompt": "accuracy_second"},
}


def prompts_of(metric: Metric, language: Language) -> dict[str, str]:
    """The texts to put in the place of ragas's prompts, by its names for them; none in English."""
    return {} if language == "en" else {name: _text(file) for name, file in FILES[metric].items()}


def prompts_sha256(metric: Metric, language: Language) -> str | None:
    """What the metric's prompts are known by: the SHA-256 of their files; ``None`` where they are ragas's own."""
    texts = prompts_of(metric, language)
    return hashlib.sha256("\0".join(texts.values()).encode()).hexdigest() if texts else None


@lru_cache(maxsize=32)
def _text(file: str) -> str:
    return (files("eval.ragas.prompts") / f"{file}.pt.md").read_text(encoding="utf-8").strip()
