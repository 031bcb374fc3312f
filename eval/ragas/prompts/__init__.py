"""ragas's prompts in Portuguese, in our own words: one file each, versioned by its hash; the English are ragas's own.

A file is an instruction and examples of ragas's own inputs and outputs; ``{{input}}`` is where the case goes.
"""

from __future__ import annotations

import hashlib

from corpus.language import Language
from eval.ragas.scores import Metric
from rag.prompts import Prompt, filled

# For each metric the names that ragas gives its prompts, with our files.
FILES: dict[Metric, dict[str, str]] = {
    "faithfulness": {"statement_generator_prompt": "statements", "nli_statement_prompt": "inference"},
    "answer_relevancy": {"prompt": "question"},
    "context_precision": {"prompt": "usefulness"},
    "context_recall": {"prompt": "attribution"},
    "answer_accuracy": {"judge1_prompt": "accuracy", "judge2_prompt": "accuracy_second"},
}


def files_of(metric: Metric, language: Language) -> dict[str, str]:
    """The files that take the place of ragas's prompts, by its names for them; none in English."""
    return FILES[metric] if language == "pt" else {}


def prompt_of(file: str, case: str) -> Prompt:
    """The prompt of a file for one case, which is an object of JSON as ragas spells it."""
    return filled(file, "pt", "eval.ragas.prompts", input=case)


def prompts_sha256(metric: Metric, language: Language) -> str | None:
    """What the metric's prompts are known by: the SHA-256 of their files'; ``None`` where they are ragas's own."""
    digests = [prompt_of(file, "").sha256 for file in files_of(metric, language).values()]
    return hashlib.sha256("".join(digests).encode()).hexdigest() if digests else None
