"""Decoding, times and rolling captions: what every timed reader stands on."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.captions import RawCue, merge_rolling, parse_timestamp, seconds, timed_cues, words_from_pieces
from corpus.decoding import clean_text, decode, looks_binary
from corpus.reading import Survivals

PORTUGUESE = "1\n00:00:01,000 --> 00:00:02,000\nA função não está pronta, é só um rascunho.\n"


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
def test_decodes_what_editors_write(encoding: str) -> None:
    assert decode(PORTUGUESE.encode(encoding)).text == PORTUGUESE


def test_a_few_bad_bytes_do_not_turn_utf8_into_something_else() -> None:
    data = PORTUGUESE.encode() * 3
    spoilt = data[:20] + b"\xff" + data[20:]
    found = decode(spoilt)
    assert (found.encoding, found.damaged) == ("utf-8", 1)
    assert "A função não está pronta" in found.text


def test_replacement_characters_of_the_source_are_no_damage() -> None:
    assert decode("já vinha \ufffd assim".encode()).damaged == 0


@given(st.binary(max_size=400))
def test_decoding_never_fails_and_its_text_can_be_encoded(data: bytes) -> None:
    text = decode(data).text
    assert "\r" not in text
    assert "\x00" not in text
    clean_text(text).encode()


@given(st.text(st.characters(exclude_categories=())))
def test_clean_text_is_stable_and_storable(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert cleaned == " ".join(cleaned.split())
    cleaned.encode()


def test_binary_is_told_from_text() -> None:
    assert looks_binary(decode(bytes(range(256)) * 8).text)
    assert not looks_binary(PORTUGUESE)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("00:00:01.500", 1.5),
        ("00:00:01,5", 1.5),
        ("01:02.250", 62.25),
        ("123:00:00.000", 442_800.0),
        ("00:42:50", 2570.0),
        ("0:00:01:500", 1.5),
        ("99999999:00:00", None),
        ("1.5", None),
        ("00:00:0x", None),
        ("", None),
    ],
)
def test_timestamps(written: str, expected: float | None) -> None:
    assert parse_timestamp(written) == expected


@given(st.integers(0, 10**9))
def test_a_timestamp_is_read_to_the_millisecond(milliseconds: int) -> None:
    minutes, rest = divmod(milliseconds, 60_000)
    hours, minutes = divmod(minutes, 60)
    written = f"{hours:02d}:{minutes:02d}:{rest // 1000:02d},{rest % 1000:03d}"
    assert parse_timestamp(written) == milliseconds / 1000


@pytest.mark.parametrize("value", [None, True, "soon", float("nan"), float("inf"), -0.1, 1e300, 10**400, [], {}])
def test_what_cannot_be_a_time_is_none(value: object) -> None:
    assert seconds(value) is None


def test_times_are_mended_and_said() -> None:
    survivals = Survivals("aula.srt")
    raw = [
        RawCue("segunda", 4.0, 3.0, line=5),
        RawCue("primeira", 1.0, 2.0, line=1),
        RawCue("  \n ", 9.0, 10.0, line=9),
        RawCue("sem tempo", None, None, line=13),
        RawCue("última", 8.0, None, line=17),
    ]
    cues = timed_cues(raw, survivals)
    assert [(cue.text, cue.start_s, cue.end_s, cue.interpolated) for cue in cues] == [
        ("primeira", 1.0, 2.0, False),
        ("sem tempo", 2.0, 8.0, True),
        ("segunda", 4.0, 4.0, False),
        ("última", 8.0, 8.0, False),
    ]
    assert [warning.line for warning in survivals.all()] == [13, 5, None]
    assert "ends (3.000 s) before it starts (4.000 s)" in survivals.all()[1].en


def test_many_warnings_of_one_file_become_a_number() -> None:
    survivals = Survivals("aula.srt")
    timed_cues([RawCue("x", 2.0, 1.0, line) for line in range(1000)], survivals)
    assert len(survivals.all()) == 21
    assert survivals.all()[-1].en == "and 980 more warnings like these."


# Rolling captions -----------------------------------------------------------------------------------------


def texts(cues: list[RawCue]) -> list[str]:
    return [cue.text for cue in cues]


def test_youtube_scroll_by_hand() -> None:
    """Each line is shown three times: while it is said, for 10 ms, and above the next one."""
    shown = [
        RawCue("olá pessoal", 0.0, 2.0),
        RawCue("olá pessoal", 2.0, 2.01),
        RawCue("olá pessoal\ntudo bem", 2.01, 4.0),
        RawCue("tudo bem", 4.0, 4.01),
        RawCue("tudo bem\nvamos lá", 4.01, 6.0),
    ]
    assert [(cue.text, cue.start_s) for cue in merge_rolling(shown)] == [
        ("olá pessoal", 0.0),
        ("tudo bem", 2.01),
        ("vamos lá", 4.01),
    ]


def test_scroll_without_snapshots() -> None:
    """Two lines on screen, each cue moves them up by one; displays overlap."""
    lines = ["um dois", "três quatro", "cinco", "seis sete oito", "nove"]
    shown = [RawCue(lines[0], 0.0, 2.2)]
    shown += [RawCue(f"{lines[i - 1]}\n{lines[i]}", 2.0 * i, 2.0 * i + 2.2) for i in range(1, 5)]
    merged = merge_rolling(shown)
    assert texts(merged) == lines
    assert [cue.end_s for cue in merged] == [2.0, 4.0, 6.0, 8.0, 10.2]


def test_a_word_said_twice_inside_a_scroll_is_kept_twice() -> None:
    shown = [
        RawCue("bom dia", 0.0, 1.0),
        RawCue("bom dia\ntá", 1.0, 2.0),
        RawCue("tá\ntá", 2.0, 3.0),
        RawCue("tá\nvamos", 3.0, 4.0),
    ]
    assert texts(merge_rolling(shown)) == ["bom dia", "tá", "tá", "vamos"]


@pytest.mark.parametrize(
    "shown",
    [
        [("tá", 1.0, 2.0), ("tá", 3.0, 4.0)],
        [("tá", 1.0, 2.0), ("tá", 2.0, 3.0)],
        [("não não não", 0.0, 1.0), ("não não não", 1.0, 2.0), ("vem", 2.0, 3.0)],
        [("é isso", 0.0, 2.0), ("outra coisa", 2.0, 4.0), ("é isso", 4.0, 6.0)],
        [
            ("Sim.", 0.0, 1.0),
            *((f"frase número {n}", n, n + 1.0) for n in range(1, 9)),
            ("frase número 8 de novo", 9, 10),
        ],
    ],
)
def test_what_a_speaker_repeats_stays(shown: list[tuple[str, float, float]]) -> None:
    raw = [RawCue(*cue) for cue in shown]
    assert merge_rolling(raw) == raw


LINES = st.lists(
    st.lists(st.sampled_from(["a", "b", "tá", "não", "vai"]), min_size=1, max_size=4), min_size=3, max_size=12
)


@given(LINES)
def test_a_scroll_with_snapshots_gives_back_every_word_once(lines: list[list[str]]) -> None:
    said = [" ".join(line) for line in lines]
    shown: list[RawCue] = []
    for number, line in enumerate(said):
        above = f"{said[number - 1]}\n" if number else ""
        shown.append(RawCue(above + line, number * 2.0, number * 2.0 + 1.99))
        shown.append(RawCue(line, number * 2.0 + 1.99, number * 2.0 + 2.0))
    merged = merge_rolling(shown)
    assert " ".join(texts(merged)).split() == [word for line in lines for word in line]


@given(st.lists(st.text("ab ", max_size=6), max_size=20))
def test_merging_never_invents_a_word(shown: list[str]) -> None:
    merged = merge_rolling([RawCue(text, float(n), n + 1.0) for n, text in enumerate(shown)])
    assert len(" ".join(texts(merged)).split()) <= len(" ".join(shown).split())


def test_pieces_that_go_on_with_a_word() -> None:
    words = words_from_pieces([("guarda", 1.0), ("-chuva", 1.2), (" e", 1.5), (" sol", 1.75)], 2.0)
    assert [(word.text, word.start_s, word.end_s) for word in words] == [
        ("guarda-chuva", 1.0, 1.5),
        ("e", 1.5, 1.75),
        ("sol", 1.75, 2.0),
    ]
    assert not words_from_pieces([], math.inf)


def test_a_cue_that_nobody_could_have_spoken_is_named() -> None:
    survivals = Survivals("aula.srt")
    timed_cues([RawCue("palavra " * 1000, 1.0, 2.0, line=7), RawCue("palavra " * 10, 2.0, 5.0)], survivals)
    assert [(w.line, "nobody speaks so fast" in w.en) for w in survivals.all()] == [(7, True)]
