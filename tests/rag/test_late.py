"""Late interaction: MaxSim by hand and in full precision, two bits that hardly matter, hubs, damage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.encoder import TokenVectors
from rag.errors import IndexDamaged
from rag.late import LateIndex
from rag.pipeline import Monitoria
from rag.records import Passage, Query
from rag.token_codes import Calibration, content_tokens, in_segment, token_codes
from rag.windows import Window

DIM = 16


def tokens_of(ids: list[int], seed: int) -> TokenVectors:
    """Tokens whose vector depends on the id and, a little, on the text; the first is the prefix's."""
    meaning = np.stack([np.random.default_rng(i).normal(size=DIM) for i in ids])
    vectors = meaning + 0.1 * np.random.default_rng(seed).normal(size=meaning.shape) + 3.0
    spans = np.array([[0, 0], *([i, i + 1] for i in range(len(ids) - 1))], dtype=np.int32)
    return TokenVectors(np.array(ids, dtype=np.int32), spans, vectors.astype(np.float32))


TEXTS = [tokens_of([0, 1, 2, 9], 1), tokens_of([0, 3, 4, 9], 2), tokens_of([0, 5, 6, 9], 3)]


def build(folder: Path, texts: list[TokenVectors]) -> LateIndex:
    calibration = Calibration.fit(np.concatenate([t.vectors for t in texts]))
    return LateIndex.build(folder, [[token_codes(t, calibration)] for t in texts], calibration)


def test_a_question_finds_the_text_that_holds_its_tokens(tmp_path: Path) -> None:
    index = build(tmp_path, TEXTS)
    rows = np.arange(3)
    assert int(np.argmax(index.scores(tokens_of([0, 3], 7), rows))) == 1
    assert int(np.argmax(index.scores(tokens_of([0, 6, 5], 8), rows))) == 2


def test_scores_are_maxsim_as_published() -> None:
    """Worked in full precision for two texts, without compression: the mean over question tokens of the best cosine."""
    calibration = Calibration.fit(np.concatenate([t.vectors for t in TEXTS]))
    question = tokens_of([0, 3, 2], 7)
    turned = [calibration.turn(t.vectors[content_tokens(t)]) for t in TEXTS]
    asked = calibration.turn(question.vectors[content_tokens(question)])
    exact = [(asked @ text.T).max(axis=1).mean() for text in turned]
    plain = []
    for text in TEXTS:
        centred = text.vectors[1:] - calibration.mean
        centred /= np.linalg.norm(centred, axis=1, keepdims=True)
        wanted = question.vectors[1:] - calibration.mean
        wanted /= np.linalg.norm(wanted, axis=1, keepdims=True)
        plain.append(np.mean([max(float(w @ t) for t in centred) for w in wanted]))
    assert np.allclose(exact, plain, atol=1e-5)


def test_two_bits_keep_the_direction(course: Monitoria) -> None:
    """Mean cosine between real token vectors and what two bits a dimension keep of them; 0.94 for a normal variable."""
    encoder = course.retriever.segments.encoder
    texts = [Passage(course.index.segment(row).text) for row in range(4)]
    vectors = np.concatenate([v.vectors for v in encoder.token_vectors(texts)])
    calibration = Calibration.fit(vectors)
    turned = calibration.turn(vectors)
    levels = np.array([-1.51, -0.4528, 0.4528, 1.51])
    codes = calibration.encode(vectors)
    unpacked = (codes[..., None] >> np.array([0, 2, 4, 6]) & 3).reshape(len(codes), -1)
    kept = levels[unpacked] * calibration.scale
    cosines = (turned * kept).sum(axis=1) / np.linalg.norm(kept, axis=1)
    assert cosines.mean() > 0.92


def test_scores_of_some_rows_are_those_rows_of_all(course: Monitoria) -> None:
    late = course.index.late
    question = course.retriever.segments.encoder.token_vectors([Query("o que é dropout?")])[0]
    every = late.scores(question, np.arange(len(late)))
    some = np.array([5, 2, 40])
    assert np.allclose(late.scores(question, some), every[some], atol=1e-5)


def test_a_text_of_common_tokens_only_scores_nothing_and_breaks_nothing(tmp_path: Path) -> None:
    texts = [*TEXTS, tokens_of([0, 9], 4), *(tokens_of([0, 9, 20 + i], 5 + i) for i in range(4))]
    index = build(tmp_path, texts)
    scores = index.scores(tokens_of([0, 3], 7), np.arange(len(texts)))
    assert scores[3] == 0.0
    assert int(np.argmax(scores)) == 1


def test_a_question_without_content_scores_nothing(tmp_path: Path) -> None:
    index = build(tmp_path, TEXTS)
    assert index.scores(tokens_of([0], 1), np.arange(3)).tolist() == [0.0, 0.0, 0.0]


def test_a_hub_is_pushed_down(tmp_path: Path) -> None:
    """Text 0 is near to every background question; afterwards it has lost exactly half of that nearness."""
    index = build(tmp_path, TEXTS)
    question, rows = tokens_of([0, 3], 7), np.arange(3)
    before = index.scores(question, rows)
    background = [tokens_of([0, 1, 2], seed) for seed in range(5)]
    nearness = np.mean([index.scores(b, rows) for b in background], axis=0)
    index.set_hubness(tmp_path, background)
    assert np.allclose(index.scores(question, rows), before - 0.5 * nearness, atol=1e-5)
    again = LateIndex.load(tmp_path, 3)
    assert np.allclose(again.scores(question, rows), index.scores(question, rows), atol=1e-6)


def test_tokens_together_in_one_window_count_more_than_the_same_tokens_apart(tmp_path: Path) -> None:
    """Both segments hold tokens 3 and 4; only the first holds them in one window."""
    calibration = Calibration.fit(np.concatenate([t.vectors for t in TEXTS]))
    windows = [
        [tokens_of([0, 3, 4], 1), tokens_of([0, 5, 6], 2)],
        [tokens_of([0, 3, 5], 3), tokens_of([0, 4, 6], 4)],
        *([tokens_of([0, 20 + i], 5 + i)] for i in range(6)),
    ]
    segments = [[token_codes(window, calibration) for window in cut] for cut in windows]
    index = LateIndex.build(tmp_path, segments, calibration)
    together, apart = index.scores(tokens_of([0, 3, 4], 9), np.arange(2))
    assert together > apart + 0.1
    assert len(LateIndex.load(tmp_path, 8)) == 8


def test_a_windows_title_is_not_searched_and_characters_are_the_segments() -> None:
    """``T. ab`` is a title of three characters and a part that begins at character 40 of its segment."""
    calibration = Calibration.fit(np.concatenate([t.vectors for t in TEXTS]))
    codes = token_codes(tokens_of([0, 1, 2, 3, 4, 5], 1), calibration)
    part = in_segment(codes, Window("T. ab", 3, 40))
    assert part.token_ids.tolist() == [4, 5]
    assert part.starts.tolist() == [40, 41]


def test_the_stretch_that_answers_is_found(tmp_path: Path) -> None:
    """Token *i* of a text stands at character *i - 1*; the last stretch holds no token at all."""
    index = build(tmp_path, [tokens_of([0, 13, 14, 15, 16], 1), *TEXTS])
    spans = np.array([[0, 2], [2, 4], [7, 9]])
    scores = index.span_scores(tokens_of([0, 16], 7), 0, spans)
    assert int(np.argmax(scores)) == 1
    assert scores[2] == -1.0
    whole = index.span_scores(tokens_of([0, 16, 13], 7), 0, np.array([[0, 100]]))
    alone = index.scores(tokens_of([0, 16, 13], 7), np.array([0]))
    assert np.allclose(whole, alone, atol=1e-5)


@settings(max_examples=20, deadline=None)
@given(st.permutations(range(3)))
def test_the_order_of_segments_does_not_matter(tmp_path_factory: pytest.TempPathFactory, places: list[int]) -> None:
    folder = tmp_path_factory.mktemp("late")
    calibration = Calibration.fit(np.concatenate([t.vectors for t in TEXTS]))
    codes = [[token_codes(t, calibration)] for t in TEXTS]
    straight = LateIndex.build(folder / "a", codes, calibration)
    moved = LateIndex.build(folder / "b", [codes[i] for i in places], calibration)
    question = tokens_of([0, 3, 6], 7)
    assert np.allclose(straight.scores(question, np.array(places)), moved.scores(question, np.arange(3)), atol=1e-5)


def test_an_index_without_segments_opens(tmp_path: Path) -> None:
    calibration = Calibration.none(np.empty((0, DIM), dtype=np.float32))
    LateIndex.build(tmp_path, [], calibration).set_hubness(tmp_path, [])
    assert len(LateIndex.load(tmp_path, 0)) == 0


@pytest.mark.parametrize("name", ["codes.npy", "offsets.npy", "firsts.npy", "calibration.npz"])
def test_damage_is_found(tmp_path: Path, name: str) -> None:
    build(tmp_path, TEXTS)
    (tmp_path / name).write_bytes(b"junk")
    with pytest.raises(IndexDamaged, match="rebuild"):
        LateIndex.load(tmp_path, 3)


def test_two_fits_of_the_same_sample_are_the_same() -> None:
    sample = np.random.default_rng(1).normal(size=(200, DIM)).astype(np.float32)
    one, two = Calibration.fit(sample), Calibration.fit(sample.copy())
    assert np.array_equal(one.rotation, two.rotation)
    assert np.allclose(one.rotation @ one.rotation.T, np.eye(DIM), atol=1e-5)
