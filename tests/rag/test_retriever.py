"""Retrieval over the real index: modes, determinism, filters inside the search, foreign encoders."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from rag.errors import IndexForeign, UsageError
from rag.index import Filters, check_encoder
from rag.pipeline import Monitoria
from rag.records import Mode, Query

QUESTION = "o que muda na taxa de aprendizado quando a perda explode?"


def test_dense_mode_is_the_plain_cosine_over_the_segments_text(course: Monitoria) -> None:
    encoder = course.retriever.segments.encoder
    vector = encoder.encode_queries([Query(QUESTION)])[0]
    cosines = course.index.dense.vectors() @ vector
    hits = course.search(QUESTION, k=10, mode="dense")
    assert np.allclose([hit.score for hit in hits], np.sort(cosines)[::-1][:10], atol=1e-6)
    assert 0.6 < hits[0].score < 1.0


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_ranks_scores_and_order(course: Monitoria, mode: Mode) -> None:
    hits = course.search(QUESTION, k=10, mode=mode)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert [hit.score for hit in hits] == sorted((hit.score for hit in hits), reverse=True)
    assert len({hit.segment.segment_id for hit in hits}) == len(hits)
    assert hits == course.search(QUESTION, k=10, mode=mode)


def test_hits_are_short_and_do_not_overlap(course: Monitoria) -> None:
    hits = [hit.segment for hit in course.search(QUESTION, k=50) if hit.segment.start_s is not None]
    assert all(segment.end_s - segment.start_s <= 180 for segment in hits)
    for lecture_id in {segment.lecture_id for segment in hits}:
        spans = sorted((s.start_s, s.end_s) for s in hits if s.lecture_id == lecture_id)
        assert all(end <= start for (_, end), (start, _) in pairwise(spans))


def test_more_hits_than_segments(course: Monitoria) -> None:
    assert len(course.search(QUESTION, k=1000)) == len(course.index)


@pytest.mark.parametrize("mode", ["hybrid", "dense", "lexical"])
def test_filters_act_inside_the_search(course: Monitoria, mode: Mode) -> None:
    hits = course.search(QUESTION, k=5, mode=mode, filters=Filters(lectures=("aula-06",)))
    assert {hit.segment.lecture_id for hit in hits} == {"aula-06"}
    assert len(hits) == 5 or mode == "lexical"


def test_dates_and_courses_filter(course: Monitoria) -> None:
    dates = sorted({lecture.date for lecture in course.index.lectures.values() if lecture.date})
    hits = course.search(QUESTION, k=50, filters=Filters(date_from=dates[-1]))
    assert {hit.lecture.date for hit in hits} == {dates[-1]}
    assert course.search(QUESTION, filters=Filters(course="outro curso")) == []
    assert course.search(QUESTION, filters=Filters(language="en")) == []


def test_missing_accents_and_capitals_find_the_same_words(course: Monitoria) -> None:
    plain = course.search("regularizacao", k=3, mode="lexical")
    accented = course.search("REGULARIZAÇÃO", k=3, mode="lexical")
    assert [h.segment.segment_id for h in plain] == [h.segment.segment_id for h in accented]


def test_an_english_question_finds_a_portuguese_lecture(course: Monitoria) -> None:
    hits = course.search("What time does the field trip bus leave and which shoes should I wear?", k=5)
    assert "aula-05" in {hit.segment.lecture_id for hit in hits}


def test_twenty_threads_find_what_one_finds(course: Monitoria) -> None:
    questions = [f"{QUESTION} {i}" for i in range(20)]
    alone = [course.search(question, k=5) for question in questions]
    with ThreadPoolExecutor(20) as pool:
        assert list(pool.map(lambda q: course.search(q, k=5), questions)) == alone


@pytest.mark.parametrize(("question", "k"), [("", 3), ("  \n", 3), ("a", 0), ("a", -1)])
def test_impossible_requests_are_refused(course: Monitoria, question: str, k: int) -> None:
    with pytest.raises(UsageError):
        course.search(question, k=k)


@pytest.mark.parametrize("question", ["?", "🤖", "\x00", "a" * 20_000, "<script>alert(1)</script>", "né " * 3000])
def test_odd_questions_still_get_hits_or_none(course: Monitoria, question: str) -> None:
    assert len(course.search(question, k=3)) <= 3


def test_an_index_of_another_encoder_is_refused(course: Monitoria) -> None:
    manifest = course.index.manifest
    foreign = replace(manifest, encoder=replace(manifest.encoder, sha256="0" * 64))
    with pytest.raises(IndexForeign, match="rebuild"):
        check_encoder(course.index.path, foreign, course.retriever.segments.encoder)
