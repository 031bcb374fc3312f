"""Real courses: every file is read, every word kept, every figure where it was."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import srt

from corpus.quizzes import parse_quizzes
from corpus.readers import read_source
from corpus.records import Cue
from corpus.segmenter import assign_ids, segment
from corpus.sources import gather, load

pytestmark = pytest.mark.shared
Count = Callable[[Sequence[str]], list[int]]


def words(cues: Sequence[Cue]) -> list[str]:
    return " ".join(cue.text for cue in cues).split()


def test_fastapi_lectures_make_two_minute_segments(shared: Path, count_tokens: Count) -> None:
    gathered = gather([shared / "data/fastapi-do-zero-pt/lectures"])
    assert [file.lecture_id for file in gathered.files] == [f"aula-{n:02d}" for n in range(8)]
    assert not gathered.warnings
    drafts = []
    for file in gathered.files:
        transcript = load(file)
        found = segment(transcript.cues, file.lecture_id, count_tokens)
        assert " ".join(draft.text for draft in found).split() == words(transcript.cues)
        drafts.extend(found)
    durations = [(draft.end_s or 0) - (draft.start_s or 0) for draft in drafts]
    assert 410 <= len(drafts) <= 460
    assert 110 <= statistics.median(durations) <= 125
    assert max(durations) <= 175
    assert min(durations) >= 30
    assert len({s.segment_id for s in assign_ids(drafts)}) == len(drafts)


def test_hf_subtitles_read_as_the_srt_library_reads_them(shared: Path, count_tokens: Count) -> None:
    paths = sorted((shared / "data/hf-course/subtitles/en").glob("*.srt"))
    assert len(paths) == 76
    for path in paths:
        transcript = read_source(path, path.stem)
        assert not transcript.warnings, path.name
        expected = [cue for cue in srt.parse(path.read_text(encoding="utf-8-sig")) if cue.content.strip()]
        assert [(cue.start_s, cue.end_s) for cue in transcript.cues] == [
            (cue.start.total_seconds(), cue.end.total_seconds()) for cue in expected
        ]
        # A lecture about tokenizers says "<s>"; it is a word there, not a tag.
        assert words(transcript.cues) == " ".join(cue.content for cue in expected).split()
        assert transcript.lecture.language == "en"
        assert words(transcript.cues) == [
            word for draft in segment(transcript.cues, path.stem, count_tokens) for word in draft.text.split()
        ]


def test_cebb_subtitles(shared: Path) -> None:
    paths = sorted((shared / "data/cebb-srt-pt").rglob("*.srt"))
    counts = sorted(len(read_source(path, "x").cues) for path in paths)
    assert counts == [18, 21, 65, 70]
    assert {read_source(path, "x").lecture.language for path in paths} == {"pt"}


def test_lessons_are_free_of_markup(shared: Path, count_tokens: Count) -> None:
    for path in sorted((shared / "data/fastapi-do-zero-pt/lessons").glob("*.md")):
        transcript = read_source(path, path.stem)
        assert len(transcript.cues) > 50
        assert transcript.lecture.language == "pt"
        text = " ".join(cue.text for cue in transcript.cues)
        for mark in ("{%", "--8<--", "???", '{:target="_blank"}', "sequenceDiagram", ":fontawesome"):
            assert mark not in text, (path.name, mark)
        assert not any("Exercício" in heading for cue in transcript.cues for heading in cue.heading)
        assert max(count_tokens([d.text for d in segment(transcript.cues, "x", count_tokens)])) <= 512


def test_quizzes_of_both_courses(shared: Path) -> None:
    for path in sorted((shared / "data/fastapi-do-zero-pt/quizzes").glob("*.md")):
        questions = read_source(path, path.stem).quizzes
        assert len(questions) == 10
        assert all(question.reference_answer for question in questions)
    chapters = sorted((shared / "data/hf-course/chapters").rglob("*.mdx"))
    found = [question for path in chapters for question in parse_quizzes(path.read_text())]
    assert len(found) == sum(path.read_text().count("<Question") for path in chapters) == 175
    assert all(question.reference_answer for question in found)


def test_chapters_keep_no_question(shared: Path) -> None:
    for path in sorted((shared / "data/hf-course/chapters").rglob("*.mdx")):
        transcript = read_source(path, path.stem)
        assert "correct: true" not in " ".join(cue.text for cue in transcript.cues)


def test_seeds(shared: Path) -> None:
    answer, article, notes, lesson = (
        read_source(next((shared / "seeds").glob(f"{n:03d}_*.txt")), str(n)) if n else None for n in range(4)
    )
    assert answer is None  # the first seed is the page about the project itself
    assert article is not None
    assert notes is not None
    assert lesson is not None
    assert lesson.lecture.title == "Aula 32 – Deploy de Modelos de Deep Learning"
    assert [bool(question.choices) for question in lesson.quizzes] == [True] * 4 + [False]
    assert [question.reference_answer for question in lesson.quizzes][1] == "ONNX."
    headings = {cue.heading[0] for cue in lesson.cues}
    assert "Próxima Aula e Recursos Adicionais" in headings
    assert not headings & {"Autoavaliação", "Gabarito"}
    assert "Edge AI em dispositivos locais" not in " ".join(cue.text for cue in lesson.cues)
