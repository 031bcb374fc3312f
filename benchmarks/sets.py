"""The retrieval test sets: where each comes from, which questions are taken, what their gold is.

Nothing is measured here. What a set needs as files is written below a folder that the caller names, never
into the project.
"""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

from benchmarks.environment import ROOT, SHARED
from benchmarks.records import FEW_DOCUMENTS, ONE_DOCUMENT, SPANS, BenchQuestion, BenchSet
from benchmarks.sets_hf import hf_course
from corpus.quizzes import parse_quizzes
from eval.topics import GoldSpan, read_topics

_FASTAPI = SHARED / "fastapi-do-zero-pt"
# Sets with questions that nothing answers.
TOPIC_FILES = {"lectures": _FASTAPI / "questions.jsonl", "sample": ROOT / "corpus" / "sample" / "topics.jsonl"}
_N_LESSONS = 7
_LEAST_MEANINGFUL = 4.0
_UNFIT = ("not judged", "too general to have one passage", "not answered by the text", "unclear")


def make_sets(names: Sequence[str], place: Path) -> list[BenchSet]:
    """The named sets, in that order; their files are written to ``place/CORPUS/source``."""
    return [MAKERS[name](source_of(place)) for name in names]


def source_of(place: Path) -> Callable[[str], Path]:
    """Gives each corpus an empty folder for its files, below ``place``."""

    def empty_folder(corpus: str) -> Path:
        folder = place / corpus / "source"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        return folder

    return empty_folder


def _faquad(folder_for: Callable[[str], Path]) -> BenchSet:
    """FaQuAD: 249 distinct paragraphs, each a document; a question's gold is its paragraph."""
    folder = folder_for("faquad")
    data = json.loads((SHARED / "faquad-pt" / "data" / "dataset.json").read_text(encoding="utf-8"))
    ids: dict[str, str] = {}
    questions: list[BenchQuestion] = []
    for paragraph in (p for document in data["data"] for p in document["paragraphs"]):
        document_id = ids.setdefault(paragraph["context"], f"p{len(ids):03d}")
        (folder / f"{document_id}.txt").write_text(paragraph["context"], encoding="utf-8")
        gold = (GoldSpan(document_id),)
        for asked in paragraph["qas"]:
            questions.append(BenchQuestion(f"f{len(questions):03d}", asked["question"], gold))
    note = "Brazilian university documents, questions written beside the paragraph"
    return BenchSet("faquad", "faquad", "pt", [folder], questions, ONE_DOCUMENT, note=note)


def _lectures(_: Callable[[str], Path]) -> BenchSet:
    note = "live lectures as a recogniser heard them, asked in a student's own words"
    return _with_spans("lectures", _FASTAPI / "questions.jsonl", _FASTAPI / "lectures", note)


def _sample(_: Callable[[str], Path]) -> BenchSet:
    course = ROOT / "corpus" / "sample"
    note = "the course that ships; its questions share few words with its lectures by design"
    return _with_spans("sample", course / "topics.jsonl", course, note)


def _with_spans(name: str, topics: Path, source: Path, note: str) -> BenchSet:
    """A set whose topics have gold time spans; a topic without any has no answer and is not asked."""
    read = read_topics(topics)
    questions = [BenchQuestion(topic.topic_id, topic.question, topic.gold) for topic in read if topic.gold]
    return BenchSet(name, name, "pt", [source], questions, SPANS, {"no answer": len(read) - len(questions)}, note)


def _lessons(_: Callable[[str], Path]) -> BenchSet:
    note = "the lecturer's quiz questions find the written lesson that they belong to"
    questions = _quiz_questions("{:02d}")
    return BenchSet("lessons", "lessons", "pt", [_FASTAPI / "lessons"], questions, FEW_DOCUMENTS, note=note)


def _lessons_to_lectures(_: Callable[[str], Path]) -> BenchSet:
    note = "the same questions find that lesson's recorded lecture; some of it is said in other lectures too"
    questions = _quiz_questions("aula-{:02d}")
    sources = [_FASTAPI / "lectures"]
    return BenchSet("lessons-to-lectures", "lectures", "pt", sources, questions, FEW_DOCUMENTS, note=note)


def _quiz_questions(document_of_lesson: str) -> list[BenchQuestion]:
    """The question texts, without their choices; gold is the whole document of the lesson."""
    questions = []
    for lesson in range(1, _N_LESSONS + 1):
        text = (_FASTAPI / "quizzes" / f"aula_{lesson:02d}.md").read_text(encoding="utf-8")
        gold = (GoldSpan(document_of_lesson.format(lesson)),)
        questions += [BenchQuestion(f"q{lesson:02d}-{q.number:02d}", q.question, gold) for q in parse_quizzes(text)]
    return questions


def _pira(
    folder_for: Callable[[str], Path], questions_in: Literal["pt", "en"], passages_in: Literal["pt", "en"]
) -> BenchSet:
    """Pirá: every distinct passage is indexed; asked is what people found meaningful and answered by the text."""
    column = {"en": "abstract", "pt": "abstract_translated_pt"}[passages_in]
    folder = folder_for(f"pira-{passages_in}")
    with (SHARED / "pira-pt-en" / "Data" / "validation.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    ids: dict[str, str] = {}
    questions = []
    left_out = dict.fromkeys(_UNFIT, 0)
    for row in rows:
        # Both languages name passages alike: the English text is the key.
        document_id = ids.setdefault(row["abstract"], f"a{len(ids):03d}")
        (folder / f"{document_id}.txt").write_text(row[column], encoding="utf-8")
        reason = _unfit(row)
        if reason is not None:
            left_out[reason] += 1
            continue
        asked = row[f"question_{questions_in}_origin"]
        questions.append(BenchQuestion(row["id_qa"], asked, (GoldSpan(document_id),)))
    crossing = questions_in != passages_in
    name = f"pira-{questions_in}-{passages_in}" if crossing else f"pira-{questions_in}"
    language = f"{questions_in}→{passages_in}" if crossing else questions_in
    note = "abstracts and reports on the Brazilian coast; Portuguese passages are translations"
    return BenchSet(name, f"pira-{passages_in}", language, [folder], questions, ONE_DOCUMENT, left_out, note)


def _unfit(row: Mapping[str, str]) -> str | None:
    """Why a row of Pirá is not asked; the judgements are of its second annotator."""
    not_judged, general, not_in_text, unclear = _UNFIT
    if not row["question_meaningful"]:
        return not_judged
    if float(row["question_generic"]) > 0:
        return general
    if float(row["answer_in_text"]) < 1:
        return not_in_text
    return unclear if float(row["question_meaningful"]) < _LEAST_MEANINGFUL else None


MAKERS: Mapping[str, Callable[[Callable[[str], Path]], BenchSet]] = {
    "faquad": _faquad,
    "lectures": _lectures,
    "sample": _sample,
    "lessons": _lessons,
    "lessons-to-lectures": _lessons_to_lectures,
    "pira-pt": partial(_pira, questions_in="pt", passages_in="pt"),
    "pira-en": partial(_pira, questions_in="en", passages_in="en"),
    "pira-pt-en": partial(_pira, questions_in="pt", passages_in="en"),
    "pira-en-pt": partial(_pira, questions_in="en", passages_in="pt"),
    "hf-en": partial(hf_course, questions_in="en"),
    "hf-pt-en": partial(hf_course, questions_in="pt"),
}
