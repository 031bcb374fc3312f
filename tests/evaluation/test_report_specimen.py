"""The report's questions look as the specimen does, to the letter."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from eval.judging.judgements import Judgement
from eval.report.gathered import Entry
from eval.report.markdown import question_markdown
from eval.report.question import question
from eval.topics import read_topics

pytestmark = pytest.mark.usefixtures("portuguese")

SPECIMEN = "004_0e824fa9d48ba317.txt"


def seconds(clock: str) -> float:
    hours, minutes, rest = map(int, clock.split(":"))
    return hours * 3600.0 + minutes * 60 + rest


def fields(text: str, label: str) -> list[str]:
    return re.findall(rf"^- \*{label}:\* (.*)$", text, re.MULTILINE)


def behind(text: str, label: str) -> str:
    return next(re.finditer(rf"^\*\*{re.escape(label)}\*\*: (.*)$", text, re.MULTILINE)).group(1)


def entry_of(text: str, folder: Path) -> Entry:
    """The specimen taken apart: what a topics file, a file of answers and a judge would hold of it."""
    columns = [fields(text, label) for label in ("Corpus ID", "Score", "URL", "Início", "Fim", "Transcrição")]
    hits: list[dict[str, Any]] = [
        {
            "rank": rank,
            "segment_id": int(segment_id),
            "score": float(score),
            "lecture_id": "?",
            "start_s": seconds(start),
            "end_s": seconds(end),
            "text": said,
            "url": url,
        }
        for rank, (segment_id, score, url, start, end, said) in enumerate(zip(*columns, strict=True), start=1)
    ]
    number, asked = re.findall(r"^\*\*Pergunta (\d+)\*\*: (.*?) ?$", text, re.MULTILINE)[0]
    topics = folder / "topics.jsonl"
    topics.write_text(json.dumps({"id": number, "question": asked, "annotation": "C"}) + "\n", encoding="utf-8")
    reference = {"title": "Vídeo de referência oculto", "url": None, "start_s": None}
    record = {
        "topic_id": number,
        "answer": behind(text, "Resposta gerada pelo LLM"),
        "hits": hits,
        "references": [reference, reference],
    }
    criteria, evidence, score = re.findall(
        r"Criteria: (.*?) Supporting Evidence: (.*?)  Score: (\d)$", behind(text, "Raciocínio (AR CoT)")
    )[0]
    judgement = Judgement(number, "ar", "j", int(score) / 3, int(score), "C", criteria, evidence)
    return Entry(number, read_topics(topics)[0], record, {"ar": judgement}, "C")


@pytest.mark.shared
def test_the_specimen_comes_out_as_it_went_in(shared: Path, tmp_path: Path) -> None:
    text = (shared / "seeds" / SPECIMEN).read_text(encoding="utf-8")
    shown = question_markdown(question(entry_of(text, tmp_path)))
    ours, theirs = shown.splitlines(), text.splitlines()
    for line, (mine, specimen) in enumerate(zip(ours, theirs, strict=True), start=1):
        # A run of spaces inside what was said is one space with us.
        assert " ".join(mine.split()) == " ".join(specimen.split()), line
        assert re.match(r"(\*\*[^*]+\*\*:|- \*[^*]+:\*|- \[|-{3}|$)", mine)
