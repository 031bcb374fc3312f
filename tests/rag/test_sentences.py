"""Cues into timed sentences: by hand, and no word lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpus.records import Cue, Segment, Word
from rag.sentences import timed_sentences


def segment_of(*cues: Cue) -> Segment:
    text = " ".join(cue.text for cue in cues)
    return Segment(1, "aula-01", cues[0].start_s, cues[-1].end_s, text, cues)


def test_a_long_cue_is_cut_at_its_sentence_end_and_interpolated() -> None:
    """30 characters in 30 seconds: the second sentence begins at character 15, so at second 15."""
    found = timed_sentences(segment_of(Cue("abc def gh ijk. lmn opq rs tuv", 0.0, 30.0)))
    assert [s.text for s in found] == ["abc def gh ijk.", "lmn opq rs tuv"]
    assert found[1].start_s == 16.0
    assert (found[0].interpolated, found[1].interpolated) == (False, True)


def test_speech_without_a_full_stop_is_cut_where_a_clause_ends() -> None:
    """Forty words in four captions: at the second caption's end, before "então", and not after 32, within one."""
    lines = (
        "leitura suja é quando você lê um dado que outra transação ainda não",
        "comitou e se ela desfizer tudo o que você leu nunca existiu",
        "então o banco não deixa você ver esse dado e faz você esperar",
        "até que a outra decida o que quer da vida",
    )
    cues = tuple(Cue(line, 5.0 * i, 5.0 * i + 4.9) for i, line in enumerate(lines))
    assert [s.text for s in timed_sentences(segment_of(*cues))] == [" ".join(lines[:2]), " ".join(lines[2:])]


def test_a_breath_is_told_from_a_word_that_lasts() -> None:
    """A recogniser gives beginnings alone: "dia" lasts until "vamos", and nobody says "dia" for two seconds."""
    texts = "a b c d e f g h i j k l dia v x z w q a b c d e f g h i j k l m n o p".split()
    starts, now = [], 0.0
    for text in texts:
        starts.append(now)
        now += 2.0 if text == "dia" else 0.21
    words = tuple(Word(text, a, b) for text, a, b in zip(texts, starts, [*starts[1:], now], strict=True))
    found = timed_sentences(segment_of(Cue(" ".join(texts), 0.0, now, words)))
    assert found[0].text.endswith("l dia")


def test_word_times_are_used_where_the_source_has_them() -> None:
    words = tuple(Word(text, 10.0 + i, 10.5 + i) for i, text in enumerate("a b c. d e f.".split()))
    found = timed_sentences(segment_of(Cue("a b c. d e f.", 10.0, 16.0, words)))
    assert [(s.start_s, s.end_s, s.interpolated) for s in found] == [(10.0, 12.5, False), (13.0, 15.5, False)]


def test_short_cues_are_joined_until_someone_pauses() -> None:
    cues = (Cue("então a taxa é", 0.0, 2.0), Cue("de três décimos", 2.1, 4.0), Cue("agora outra coisa", 8.0, 9.0))
    assert [s.text for s in timed_sentences(segment_of(*cues))] == [
        "então a taxa é de três décimos",
        "agora outra coisa",
    ]


def test_written_material_has_no_times() -> None:
    found = timed_sentences(segment_of(Cue("Uma frase inteira aqui. Outra frase também aqui.")))
    assert [(s.start_s, s.end_s) for s in found] == [(None, None), (None, None)]


texts = st.lists(st.sampled_from(["né", "rede.", "2.0", "então", "aprende!", "x"]), min_size=1, max_size=50)


@given(st.lists(texts, min_size=1, max_size=6))
def test_every_word_is_in_exactly_one_sentence_and_times_never_go_back(parts: list[list[str]]) -> None:
    cues = tuple(Cue(" ".join(words), i * 10.0, i * 10.0 + 9.0) for i, words in enumerate(parts))
    segment = segment_of(*cues)
    found = timed_sentences(segment)
    assert " ".join(s.text for s in found) == segment.text
    starts = [s.start_s for s in found]
    assert starts == sorted(starts)
    assert all(s.start_s <= s.end_s for s in found)
    assert max(len(s.text.split()) for s in found) <= 32
