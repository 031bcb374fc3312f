"""The course that ships is what the README and the issue promise."""

from __future__ import annotations

import json

import pytest

from corpus.records import Transcript
from corpus.sources import gather, load
from eval.topics import read_topics
from tests.conftest import SAMPLE


@pytest.fixture(scope="module")
def transcripts() -> dict[str, Transcript]:
    return {file.lecture_id: load(file) for file in gather([SAMPLE]).files}


def test_six_lectures_ninety_minutes_twelve_thousand_words(transcripts: dict[str, Transcript]) -> None:
    spoken = [t for t in transcripts.values() if t.lecture.kind == "spoken"]
    words = sum(len(cue.text.split()) for t in spoken for cue in t.cues)
    minutes = sum((t.cues[-1].end_s or 0) for t in spoken) / 60
    assert len(spoken) >= 6
    assert words >= 12_000
    assert minutes >= 90


def test_the_formats_differ(transcripts: dict[str, Transcript]) -> None:
    suffixes = {t.lecture.source.rsplit(".", 1)[-1] for t in transcripts.values()}
    assert suffixes == {"vtt", "srt", "json", "md"}


def test_lessons_bring_their_questions_and_do_not_index_them(transcripts: dict[str, Transcript]) -> None:
    for lecture_id in ("licao-01", "licao-02"):
        transcript = transcripts[lecture_id]
        assert len(transcript.quizzes) == 5
        assert all(q.reference_answer or any(c.correct for c in q.choices) for q in transcript.quizzes)
        text = " ".join(cue.text for cue in transcript.cues)
        assert all(q.question not in text for q in transcript.quizzes)
        assert "Gabarito" not in text


def test_every_gold_span_lies_in_its_lecture_and_has_words(transcripts: dict[str, Transcript]) -> None:
    for topic in read_topics(SAMPLE / "topics.jsonl"):
        for span in topic.gold:
            cues = transcripts[span.lecture_id].cues
            if span.start_s is None or span.end_s is None:
                continue
            assert 0 <= span.start_s < span.end_s <= (cues[-1].end_s or 0)
            said = [c for c in cues if (c.start_s or 0) < span.end_s and (c.end_s or 0) > span.start_s]
            assert said, topic.topic_id


def test_metadata_names_every_file(transcripts: dict[str, Transcript]) -> None:
    listed = json.loads((SAMPLE / "lectures.json").read_text(encoding="utf-8"))
    assert {entry["lecture_id"] for entry in listed} == transcripts.keys()
    assert all(t.lecture.url and t.lecture.course and t.lecture.date for t in transcripts.values())
