"""Answers the usual way, to have something to compare with: the two best passages, one prompt, whatever the model says.

`python -m benchmarks.naive --topics FILE --index DIR --answers FILE`: no quotes, no checks, nothing declined. A number
that the model writes becomes a reference to the whole passage.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.courses import SETTINGS
from corpus.language import detect_language
from eval.lines import append_line
from eval.topics import Topic, read_topics
from rag.citations import cited_numbers, is_refusal, reference
from rag.exchange import run_records
from rag.generator import Generation
from rag.llm import LLM, open_llm
from rag.pipeline import Monitoria
from rag.prompts import Prompt, harmless
from rag.records import Hit
from rag.sentences import timed_sentences

_PASSAGES = 2
_HITS = 10
_SYSTEM = {
    "pt": "Responda à pergunta do aluno com base nos trechos das aulas e cite o número do trecho, como [1].",
    "en": "Answer the student's question from the passages of the lectures and cite the passage's number, such as [1].",
}


def main(arguments: Sequence[str] | None = None) -> None:
    """Answer every topic that has a place in the file's order by ``--every``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--topics", type=Path, required=True)
    parser.add_argument("--index", type=Path, required=True)
    parser.add_argument("--answers", type=Path, required=True)
    parser.add_argument("--every", type=int, default=1, help="each so-manieth topic only")
    options = parser.parse_args(arguments)
    course = Monitoria.open(options.index, llm="none", settings=SETTINGS)
    llm = open_llm(SETTINGS.llm)
    assert llm is not None, "the settings name a model"
    for topic in read_topics(options.topics)[:: options.every]:
        append_line(options.answers, naive_answer(course, llm, topic))
        print(topic.topic_id, flush=True)


def naive_answer(course: Monitoria, llm: LLM, topic: Topic) -> dict[str, Any]:
    """One answer, as a line of a file of answers. It counts as declined where the model words a refusal."""
    hits = course.search(topic.question, k=_HITS)
    generation = Generation(llm, naive_prompt(topic.question, hits[:_PASSAGES]), SETTINGS.llm.timeout_s)
    text = "".join(generation.tokens()).strip()
    cited = [n for n in dict.fromkeys(cited_numbers(text)) if 1 <= n <= _PASSAGES]
    return {
        "topic_id": topic.topic_id,
        "question": topic.question,
        "answer": text,
        "abstained": is_refusal(text),
        "mode": "generated",
        "references": [_whole(n, hits[n - 1]) for n in cited],
        "hits": run_records(hits, topic.topic_id),
        "llm": f"{llm.name}, naive",
        "prompt_sha256": None,
        "index_generation": course.index.generation,
        "timings_ms": {"retrieve": None, "first_token": None, "total": None},
        "error": None,
        "made_by": course.made_by,
    }


def naive_prompt(question: str, hits: Sequence[Hit]) -> Prompt:
    """The usual prompt: an instruction, the passages, the question."""
    language = detect_language(question)
    label, asked = ("Trecho", "Pergunta") if language == "pt" else ("Passage", "Question")
    shown = "\n\n".join(f"{label} [{n}]: {harmless(hit.segment.text)}" for n, hit in enumerate(hits, start=1))
    return Prompt(_SYSTEM[language], f"{shown}\n\n{asked}: {harmless(question)}", "")


def _whole(n: int, hit: Hit) -> dict[str, Any]:
    return asdict(reference(n, hit, timed_sentences(hit.segment)[0])) | {
        "quote": " ".join(hit.segment.text.split()),
        "end_s": hit.segment.end_s,
    }


if __name__ == "__main__":
    main()
