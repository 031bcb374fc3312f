"""Windows of a segment: nothing lost, titles in front, the best one decides, damage found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.records import Cue, Segment
from rag.encoder import TokenVectors
from rag.errors import IndexDamaged
from rag.pipeline import Monitoria
from rag.records import Query
from rag.windows import WINDOW_TOKENS, WindowVectors, dense_hubness, ranges, windows


def segment(text: str) -> Segment:
    return Segment(1, "aula-01", 0.0, 120.0, text, (Cue(text, 0.0, 120.0),))


@given(st.lists(st.text(alphabet="abç", min_size=1, max_size=6), min_size=1, max_size=60), st.integers(1, 900))
def test_windows_joined_are_the_segment(words: list[str], n_tokens: int) -> None:
    text = " ".join(words)
    cut = windows(segment(text), "Título", n_tokens)
    assert " ".join(window.text[window.n_title :] for window in cut) == text
    for window in cut:
        part = window.text[window.n_title :]
        assert text[window.start : window.start + len(part)] == part
        assert window.text.startswith("Título. ")
    assert len(cut) == min(len(words), max(1, round(n_tokens / WINDOW_TOKENS)))


def test_a_lecture_without_a_title_has_windows_without_one() -> None:
    assert windows(segment("um texto"), "  ", 4)[0].text == "um texto"


def test_a_title_that_never_ends_leaves_room_for_the_text() -> None:
    assert windows(segment("um texto"), "x" * 5000, 4)[0].n_title < 100


def test_the_best_window_decides_and_hubs_lose_half(tmp_path: Path) -> None:
    """Two segments of two windows and one: cosines 0.6 and 0.8 against 0.9, which is half as near to everything."""
    vectors = np.array([[0.6, 0.8], [0.8, -0.6], [0.9, np.sqrt(0.19)]], dtype=np.float32)
    question = np.array([1.0, 0.0], dtype=np.float32)
    background = [
        TokenVectors(np.array([1], np.int32), np.array([[0, 1]], np.int32), np.array([[0.0, 1.0]], np.float32))
    ]
    made = WindowVectors.build(tmp_path, vectors, [2, 1], background)
    hubness = dense_hubness(vectors, background)
    assert hubness.tolist() == pytest.approx([0.8, -0.6, np.sqrt(0.19)])
    expected = [0.8 + 0.3, 0.9 - 0.5 * np.sqrt(0.19)]
    assert made.scores(question, np.array([0, 1])).tolist() == pytest.approx(expected, abs=1e-3)
    again = WindowVectors.load(tmp_path, 2)
    assert again.scores(question, np.array([1])).tolist() == made.scores(question, np.array([1])).tolist()
    assert again.scores(question, np.empty(0, dtype=np.int64)).shape == (0,)


def test_no_background_means_no_hubs() -> None:
    assert dense_hubness(np.ones((3, 2), dtype=np.float32), []).tolist() == [0.0, 0.0, 0.0]


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), min_size=1, max_size=8))
def test_ranges_agree_with_a_loop(pairs: list[tuple[int, int]]) -> None:
    begins = np.array([begin for begin, _ in pairs])
    ends = begins + np.array([length for _, length in pairs])
    places, bounds = ranges(begins, ends)
    assert places.tolist() == [i for begin, end in zip(begins, ends, strict=True) for i in range(begin, end)]
    assert [places[b] for b in bounds] == begins.tolist()


def test_real_windows_beat_the_whole_where_one_of_them_answers(course: Monitoria) -> None:
    """On the sample course the best window's cosine is, for most hits, above the whole segment's."""
    encoder = course.retriever.segments.encoder
    vector = encoder.encode_queries([Query("que horas sai o ônibus do passeio?")])[0]
    rows = np.arange(len(course.index))
    whole = course.index.dense.scores_of(vector, rows) - 0.5 * course.index.dense_hubness
    assert course.index.windows.scores(vector, rows).max() > whole.max()


@pytest.mark.parametrize("name", ["vectors.npy", "firsts.npy", "hubness.npy"])
def test_damage_is_found(tmp_path: Path, name: str) -> None:
    WindowVectors.build(tmp_path, np.eye(2, dtype=np.float32), [1, 1], [])
    with pytest.raises(IndexDamaged, match="rebuild"):
        WindowVectors.load(tmp_path, 3)
    (tmp_path / name).write_bytes(b"junk")
    with pytest.raises(IndexDamaged, match="rebuild"):
        WindowVectors.load(tmp_path, 2)
