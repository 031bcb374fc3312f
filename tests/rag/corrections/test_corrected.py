"""The words of a correction on the times of what they replace."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpus.records import Cue, Segment, Word
from rag.corrected import carried_over, corrected_segment
from tests.rag.corrections.correcting import HEARD, SAID


def test_words_that_stay_keep_their_times_and_the_others_share_those_they_replace() -> None:
    times = [("A", 0.0, 0.2), ("Festa", 0.2, 0.6), ("API", 0.6, 1.0), ("responde", 1.2, 2.0)]
    cue = Cue("A Festa API responde", 0.0, 2.0, tuple(Word(*word) for word in times))
    segment = Segment(1, "aula-01", 0.0, 2.0, cue.text, (cue,))
    (one,) = corrected_segment(segment, "A FastAPI responde.").cues
    assert one.words == (Word("A", 0.0, 0.2), Word("FastAPI", 0.2, 1.0), Word("responde.", 1.2, 2.0))
    (two,) = corrected_segment(segment, "A Festa API nos responde").cues
    assert two.words[3] == Word("nos", 1.0, 1.2)
    (three,) = corrected_segment(segment, "A Fast APIs responde").cues
    assert [(w.text, round(w.start_s, 3), round(w.end_s, 3)) for w in three.words[1:3]] == [
        ("Fast", 0.2, 0.6),
        ("APIs", 0.6, 1.0),
    ]


_WORDS = st.lists(st.sampled_from("a é o que FastAPI rota Rota, rota. — json".split()), min_size=1, max_size=12)


@given(st.lists(_WORDS, min_size=1, max_size=6), st.lists(_WORDS, min_size=1, max_size=6), st.booleans())
def test_nothing_is_lost_and_times_never_go_back(old: list[list[str]], new: list[list[str]], timed: bool) -> None:
    cues, clock = [], 0.0
    for texts in old:
        words = tuple(Word(text, clock + n, clock + n + 0.8) for n, text in enumerate(texts))
        cues.append(Cue(" ".join(texts), clock, clock + len(texts), words if timed else ()))
        clock += len(texts)
    segment = Segment(1, "aula-01", 0.0, clock, " ".join(cue.text for cue in cues), tuple(cues))
    text = " ".join(word for words in new for word in words)
    made = corrected_segment(segment, text)
    assert " ".join(cue.text for cue in made.cues) == made.text == text
    assert [s.start_s for s in made.cues] == sorted(s.start_s or 0.0 for s in made.cues)
    for cue in made.cues:
        moments = [moment for word in cue.words for moment in (word.start_s, word.end_s)]
        assert moments == sorted(moments)
        assert not timed or " ".join(word.text for word in cue.words) == cue.text
        assert all((cue.start_s or 0.0) <= moment <= (cue.end_s or 0.0) for moment in moments)
    assert corrected_segment(segment, segment.text) == segment


def test_what_still_has_its_words_is_carried_over_to_a_changed_source() -> None:
    now = "Bom dia. " + HEARD.replace("em Jason", "em jota son")
    assert carried_over(HEARD, SAID, now) == "Bom dia. " + SAID.replace("em JSON", "em jota son")
    assert carried_over("a rota", "a nova rota", "a bela rota") == "a bela rota"


@given(_WORDS, _WORDS, _WORDS)
def test_carrying_over_to_the_same_text_corrects_it_and_no_correction_changes_nothing(
    original: list[str], text: list[str], present: list[str]
) -> None:
    first, second, third = (" ".join(words) for words in (original, text, present))
    assert carried_over(first, second, first) == second
    assert carried_over(first, first, third) == third
