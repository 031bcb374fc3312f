"""The Hugging Face course as a test set: 76 English lecture videos, asked in English or in Portuguese.

The course says to which chapter a quiz belongs, not which video answers it. Gold is therefore every video that
the chapter embeds: a loose measure, and some quizzes rest on the chapter's text alone.
"""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from benchmarks.environment import SHARED
from benchmarks.records import CANDIDATES, BenchQuestion, BenchSet
from corpus.quizzes import parse_quizzes
from eval.topics import GoldSpan

_COURSE = SHARED / "hf-course"
_VIDEO = re.compile(r"<Youtube\s+id=\"([^\"]+)\"")
_QUIZ = "<Question"


def hf_course(folder_for: Callable[[str], Path], questions_in: Literal["pt", "en"]) -> BenchSet:
    """The set whose quizzes are read from the chapters of one language; the videos are English in both."""
    folder = folder_for("hf-videos")
    lecture_of_video = _write_videos(folder)
    left_out = dict.fromkeys(("asks about code shown with it", "asked twice", "no video in its chapter"), 0)
    questions: list[BenchQuestion] = []
    asked: set[str] = set()
    chapters = sorted((_COURSE / "chapters" / questions_in).glob("chapter*"), key=lambda path: int(path.name[7:]))
    for chapter in chapters:
        gold = tuple(GoldSpan(lecture_of_video[video]) for video in _videos(chapter.name) if video in lecture_of_video)
        for question_id, question in _quizzes(chapter):
            reason = _unfit(question, asked, bool(gold))
            if reason is not None:
                left_out[reason] += 1
                continue
            asked.add(question)
            questions.append(BenchQuestion(question_id, question, gold))
    name, language = ("hf-en", "en") if questions_in == "en" else ("hf-pt-en", "pt→en")
    note = "gold is any video of the quiz's chapter, so the measure is loose; some quizzes rest on text, not video"
    return BenchSet(name, "hf-videos", language, [folder], questions, CANDIDATES, left_out, note)


def _write_videos(folder: Path) -> dict[str, str]:
    """Copy the subtitles beside a ``lectures.json`` of titles and addresses; the lecture id of each video."""
    subtitles = _COURSE / "subtitles" / "en"
    with (subtitles / "metadata.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    lecture_of_video = {}
    listing = []
    for row in rows:
        # The column names the Spanish folder; the English file has the same name.
        source = subtitles / Path(row["srt_filename"]).name
        lecture_id = f"video-{source.name[:2]}"
        shutil.copyfile(source, folder / f"{lecture_id}.srt")
        lecture_of_video[row["id"]] = lecture_id
        listing.append({"lecture_id": lecture_id, "title": row["title"], "url": row["link"], "language": "en"})
    (folder / "lectures.json").write_text(json.dumps(listing, ensure_ascii=False, indent=1), encoding="utf-8")
    return lecture_of_video


def _videos(chapter: str) -> list[str]:
    """Videos embedded in a chapter's pages in either language: the translation kept some that the original lost."""
    pages = [
        page for language in ("en", "pt") for page in sorted((_COURSE / "chapters" / language / chapter).glob("*"))
    ]
    return sorted({video for page in pages for video in _VIDEO.findall(page.read_text(encoding="utf-8"))})


def _quizzes(chapter: Path) -> list[tuple[str, str]]:
    found = []
    for page in sorted(chapter.glob("*.mdx")):
        text = page.read_text(encoding="utf-8")
        if _QUIZ in text:
            found += [(f"{chapter.name}-{page.stem}-{q.number:02d}", q.question) for q in parse_quizzes(text)]
    return found


def _unfit(question: str, asked: set[str], has_gold: bool) -> str | None:
    if not has_gold:
        return "no video in its chapter"
    if "\n" in question:
        # What stands between a heading and its choices is, in this course, always code.
        return "asks about code shown with it"
    return "asked twice" if question in asked else None
