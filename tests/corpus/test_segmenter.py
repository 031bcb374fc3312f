"""Segmentation: worked examples, and what holds of every transcript."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.records import Cue, Word
from corpus.segmenter import SegmentDraft, SegmenterSettings, segment
from corpus.splitting import ends_sentence, fitting_cues

Count = Callable[[Sequence[str]], list[int]]


def pieces(texts: Sequence[str]) -> list[int]:
    return [4 + sum((len(word) + 3) // 4 for word in text.split()) for text in texts]


def spoken(texts: list[str], each_s: float = 10.0, gap_s: float = 0.0) -> list[Cue]:
    step = each_s + gap_s
    return [Cue(text, n * step, n * step + each_s) for n, text in enumerate(texts)]


def times(drafts: list[SegmentDraft]) -> list[tuple[float | None, float | None]]:
    return [(draft.start_s, draft.end_s) for draft in drafts]


# By hand --------------------------------------------------------------------------------------------------


def test_two_minutes_by_hand(count_tokens: Count) -> None:
    """Four minutes of ten-second cues: two segments, cut where they balance."""
    drafts = segment(spoken(["e a gente segue assim"] * 24), "aula-03", count_tokens)
    assert times(drafts) == [(0.0, 120.0), (120.0, 240.0)]
    assert drafts[0].text == " ".join(["e a gente segue assim"] * 12)
    assert drafts[0].lecture_id == "aula-03"


def test_the_cut_goes_to_the_sentence_end_near_the_target(count_tokens: Count) -> None:
    texts = ["e a gente segue"] * 24
    texts[10] = "e aqui termina."
    drafts = segment(spoken(texts), "a", count_tokens)
    assert drafts[0].text.endswith("e aqui termina.")


def test_a_pause_goes_before_a_sentence_end(count_tokens: Count) -> None:
    texts = ["a frase inteira."] * 24
    cues = [
        Cue(cue.text, (cue.start_s or 0) + 3 * (n > 10), (cue.end_s or 0) + 3 * (n > 10))
        for n, cue in enumerate(spoken(texts))
    ]
    assert times(segment(cues, "a", count_tokens)) == [(0.0, 110.0), (113.0, 243.0)]


def test_no_crumb_is_left_at_the_end(count_tokens: Count) -> None:
    drafts = segment(spoken(["uma frase inteira."] * 13), "a", count_tokens)
    assert times(drafts) == [(0.0, 130.0)]


def test_a_long_silence_ends_a_segment(count_tokens: Count) -> None:
    cues = [*spoken(["antes da pausa."] * 6), Cue("depois da pausa.", 100.0, 160.0)]
    assert times(segment(cues, "a", count_tokens)) == [(0.0, 60.0), (100.0, 160.0)]


def test_a_few_words_across_a_silence_stay_with_a_neighbour(count_tokens: Count) -> None:
    cues = [*spoken(["antes da pausa."] * 8), Cue("tá rodando?", 115.0, 117.0)]
    assert times(segment(cues, "a", count_tokens)) == [(0.0, 117.0)]


def test_a_long_cue_is_split_at_sentences_with_interpolated_times(count_tokens: Count) -> None:
    text = " ".join(["Uma frase de trinta e cinco letras."] * 20)
    drafts = segment([Cue(text, 0.0, 400.0)], "a", count_tokens)
    assert " ".join(draft.text for draft in drafts) == text
    cues = [cue for draft in drafts for cue in draft.cues]
    assert all(cue.interpolated and cue.text.endswith(".") for cue in cues)
    assert cues[0].start_s == 0.0
    assert cues[-1].end_s == 400.0
    assert all(first.end_s == second.start_s for first, second in pairwise(cues))


def test_a_long_cue_with_timed_words_is_split_by_them(count_tokens: Count) -> None:
    words = tuple(Word(f"palavra{n}", n * 2.0, n * 2.0 + 1.5) for n in range(150))
    cue = Cue(" ".join(word.text for word in words), 0.0, 299.5, words)
    drafts = segment([cue], "a", count_tokens)
    parts = [part for draft in drafts for part in draft.cues]
    assert tuple(word for part in parts for word in part.words) == words
    assert not any(part.interpolated for part in parts)
    assert all(part.start_s == part.words[0].start_s and part.end_s == part.words[-1].end_s for part in parts)


def test_a_caption_left_on_screen_does_not_last_for_minutes(count_tokens: Count) -> None:
    drafts = segment([Cue("Obrigado pela presença!", 0.0, 3600.0)], "a", count_tokens)
    assert times(drafts) == [(0.0, 4.6)]
    assert drafts[0].cues[0].interpolated


def test_overlapping_cues_give_segments_that_do_not_overlap(count_tokens: Count) -> None:
    cues = [Cue("uma frase inteira aqui.", n * 10.0, n * 10.0 + 25.0) for n in range(30)]
    drafts = segment(cues, "a", count_tokens)
    assert len(drafts) > 1
    assert all(first.end_s <= second.start_s for first, second in pairwise(drafts))
    assert [cue for draft in drafts for cue in draft.cues] == cues


def test_cues_out_of_order_are_put_in_order(count_tokens: Count) -> None:
    cues = spoken(["um", "dois", "três"])
    assert segment(cues[::-1], "a", count_tokens)[0].text == "um dois três"


@pytest.mark.parametrize("text", ["a" * 1_000_000, "ação " * 200_000, "." * 100_000])
def test_a_giant_is_split_in_no_time(count_tokens: Count, text: str) -> None:
    began = time.perf_counter()
    drafts = segment([Cue(text.strip(), 0.0, 60.0)], "a", count_tokens)
    assert time.perf_counter() - began < 10
    assert "".join(draft.text for draft in drafts).replace(" ", "") == text.replace(" ", "")
    assert max(pieces([draft.text for draft in drafts])) <= 512


def test_nothing_gives_nothing(count_tokens: Count) -> None:
    assert segment([], "a", count_tokens) == []


def test_tokens_of_a_joined_text_are_counted_again() -> None:
    """An encoder may make more tokens of a text than of its parts; the limit holds for the text."""

    def growing(texts: Sequence[str]) -> list[int]:
        return [4 + round(len(text.split()) ** 1.3) for text in texts]

    drafts = segment(spoken(["cinco palavras em cada legenda"] * 60, each_s=2.0), "a", growing)
    assert max(growing([draft.text for draft in drafts])) <= 512
    assert sum(len(draft.cues) for draft in drafts) == 60


# Written material -----------------------------------------------------------------------------------------


def block(words: int, *heading: str) -> Cue:
    return Cue(" ".join(["palavra"] * words), heading=heading)


def test_sections_are_segments(count_tokens: Count) -> None:
    cues = [block(130, "Aula", "Um"), block(130, "Aula", "Dois")]
    drafts = segment(cues, "a", count_tokens)
    assert [(draft.heading, draft.start_s, draft.end_s) for draft in drafts] == [
        (("Aula", "Um"), None, None),
        (("Aula", "Dois"), None, None),
    ]


def test_small_sections_join_their_siblings_under_the_common_heading(count_tokens: Count) -> None:
    cues = [block(15, "Aula", "Um"), block(15, "Aula", "Dois"), block(15, "Aula", "Dois"), block(15, "Outra")]
    drafts = segment(cues, "a", count_tokens)
    assert [(draft.heading, len(draft.cues)) for draft in drafts] == [(("Aula",), 3), (("Outra",), 1)]


def test_a_long_section_is_cut_between_blocks(count_tokens: Count) -> None:
    drafts = segment([block(50, "Aula")] * 10, "a", count_tokens)
    assert [len(draft.cues) for draft in drafts] == [4, 3, 3]
    assert all(draft.heading == ("Aula",) for draft in drafts)


def test_a_block_longer_than_the_limit_is_split(count_tokens: Count) -> None:
    drafts = segment([block(2000, "Aula", "Um")], "a", count_tokens)
    assert sum(len(draft.text.split()) for draft in drafts) == 2000
    assert all(cue.start_s is None and not cue.interpolated for draft in drafts for cue in draft.cues)
    assert {draft.heading for draft in drafts} == {("Aula", "Um")}


# What always holds ----------------------------------------------------------------------------------------

WORDS = st.sampled_from(["a", "rede", "não", "função,", "camada.", "né?", "x" * 90, "überlang" * 40, "🔪❤️"])
TEXTS = st.lists(WORDS, min_size=1, max_size=60).map(" ".join)


@st.composite
def timed_cues(draw: st.DrawFn) -> list[Cue]:
    cues = []
    start = 0.0
    for text in draw(st.lists(TEXTS, max_size=25)):
        start = max(0.0, start + draw(st.floats(-5, 60)))
        end = start + draw(st.sampled_from([0.0, 0.5, 3.0, 20.0, 90.0, 400.0]))
        words = text.split()
        step = (end - start) / len(words)
        timed = tuple(Word(word, start + n * step, start + (n + 1) * step) for n, word in enumerate(words))
        cues.append(Cue(text, start, end, timed if draw(st.booleans()) else ()))
        start = end
    return cues


HEADINGS = st.lists(st.sampled_from(["A", "B", "C"]), max_size=3).map(tuple)
WRITTEN = st.lists(st.builds(Cue, text=TEXTS, heading=HEADINGS), max_size=25)
LIMITS = st.builds(
    SegmenterSettings,
    max_tokens=st.sampled_from([64, 200, 512]),
    target_tokens=st.just(60),
    min_tokens=st.integers(0, 60),
    target_s=st.sampled_from([40.0, 120.0]),
    silence_s=st.sampled_from([5.0, 30.0]),
)


def letters(texts: Sequence[str]) -> str:
    return "".join("".join(texts).split())


@settings(max_examples=150, deadline=None)
@given(st.one_of(timed_cues(), WRITTEN), LIMITS)
def test_every_segmentation(cues: list[Cue], limits: SegmenterSettings) -> None:
    drafts = segment(cues, "aula", pieces, limits)
    in_order = sorted(cues, key=lambda cue: cue.start_s or 0.0)
    # Nothing lost, nothing doubled: letter by letter where cues overlap, word by word where no word was cut.
    assert sorted(letters([d.text for d in drafts])) == sorted(letters([c.text for c in cues]))
    overlap = any((a.end_s or 0) > (b.start_s or 0) for a, b in pairwise(in_order))
    if not overlap or all(cue.start_s is None for cue in cues):
        assert letters([d.text for d in drafts]) == letters([c.text for c in in_order])
    for draft in drafts:
        assert draft.text == " ".join(cue.text for cue in draft.cues)
        assert pieces([draft.text])[0] <= limits.max_tokens
        if draft.start_s is None or draft.end_s is None:
            continue
        assert 0 <= draft.end_s - draft.start_s <= limits.max_s + 1e-6
        assert draft.start_s == draft.cues[0].start_s
        assert max(cue.end_s or 0 for cue in draft.cues) - draft.start_s <= limits.max_s + 1e-6
        starts = [cue.start_s or 0.0 for cue in draft.cues]
        assert starts == sorted(starts)
    for first, second in pairwise(drafts):
        if first.end_s is not None and second.start_s is not None:
            assert first.end_s <= second.start_s
    assert drafts == segment(cues, "aula", pieces, limits)


@settings(max_examples=100, deadline=None)
@given(timed_cues(), st.sampled_from([16, 40, 512]))
def test_every_fitting_cue(cues: list[Cue], max_tokens: int) -> None:
    fitting = fitting_cues(cues, pieces, max_tokens, 175.0)
    assert letters([cue.text for cue in fitting]) == letters([cue.text for cue in cues])
    for cue in fitting:
        assert pieces([cue.text])[0] <= max_tokens
        assert cue.start_s is not None
        assert cue.end_s is not None
        assert 0 <= cue.end_s - cue.start_s <= 175 + 1e-6
        assert not cue.words or " ".join(word.text for word in cue.words) == cue.text


@pytest.mark.parametrize(
    ("text", "ends"),
    [("Sim.", True), ("é “isso?”", True), ("(fim…)", True), ("e aí,", False), ("v1.0", False), ("", False)],
)
def test_sentence_ends(text: str, ends: bool) -> None:
    assert ends_sentence(text) is ends


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_s": 200.0},
        {"target_s": 0.0},
        {"min_s": 130.0},
        {"max_tokens": 4},
        {"target_s": float("nan")},
        {"min_tokens": -1},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(UsageError) as caught:
        SegmenterSettings(**wrong)  # type: ignore[arg-type]
    assert "impossible segmenter settings" in caught.value.en
