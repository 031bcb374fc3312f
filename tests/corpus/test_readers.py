"""WebVTT and SubRip: examples by hand, damage, and the kept libraries as a second opinion."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pysubs2
import pytest
import srt
import webvtt

from corpus.records import Transcript, Word

Read = Callable[[str, "str | bytes"], Transcript]


def spans(transcript: Transcript) -> list[tuple[str, float | None, float | None]]:
    return [(cue.text, cue.start_s, cue.end_s) for cue in transcript.cues]


# WebVTT ---------------------------------------------------------------------------------------------------

VTT = """WEBVTT - Aula 3
Kind: captions
Language: pt-BR

STYLE
::cue { color: yellow }

NOTE quem legendou:
a monitoria

intro
00:01.000 --> 00:03.500 align:start position:0%
<v Ana>Bom dia, <i>turma</i>!</v>

00:00:04.000 --> 00:00:06.000
a &lt; b &amp;&amp; List<int>
na segunda linha

NOTE comentário no meio

00:00:07.000 --> 00:00:08.000

100:00:00.000 --> 100:00:01.000
{\\an8}cem horas depois"""


def test_vtt_by_hand(read: Read) -> None:
    transcript = read("aula-03.vtt", VTT)
    assert spans(transcript) == [
        ("Bom dia, turma!", 1.0, 3.5),
        ("a < b && List<int> na segunda linha", 4.0, 6.0),
        ("cem horas depois", 360_000.0, 360_001.0),
    ]
    assert transcript.lecture.language == "pt"
    assert transcript.lecture.title == "Aula 03"
    assert transcript.lecture.kind == "spoken"
    assert not transcript.warnings


# A line of YouTube's that looks empty holds a space; written as "·" here, where editors trim lines.
YOUTUBE_VTT = """WEBVTT
Kind: captions
Language: pt

00:00:00.320 --> 00:00:02.869 align:start position:0%
·
olá<00:00:00.799><c> pessoal</c><00:00:01.280><c> tudo</c>

00:00:02.869 --> 00:00:02.879 align:start position:0%
olá pessoal tudo
·

00:00:02.879 --> 00:00:05.430 align:start position:0%
olá pessoal tudo
bem<00:00:03.200><c> com</c><00:00:03.600><c> vocês</c>

00:00:05.430 --> 00:00:05.440 align:start position:0%
bem com vocês
·

00:00:05.440 --> 00:00:07.000 align:start position:0%
bem com vocês
sim
""".replace("·", " ")


@pytest.mark.parametrize("trimmed", [False, True])
def test_youtube_vtt_gives_each_word_once_with_its_time(read: Read, trimmed: bool) -> None:
    text = "\n".join(line.strip() for line in YOUTUBE_VTT.split("\n")) if trimmed else YOUTUBE_VTT
    cues = read("aula.pt.vtt", text).cues
    assert [(cue.text, cue.start_s, cue.end_s) for cue in cues] == [
        ("olá pessoal tudo", 0.32, 2.869),
        ("bem com vocês", 2.879, 5.43),
        ("sim", 5.44, 7.0),
    ]
    assert cues[0].words == (Word("olá", 0.32, 0.799), Word("pessoal", 0.799, 1.28), Word("tudo", 1.28, 2.869))
    assert [word.start_s for word in cues[1].words] == [2.879, 3.2, 3.6]


def test_the_same_captions_as_srt_give_the_same_words(read: Read) -> None:
    """`yt-dlp --convert-subs srt` keeps the scroll and loses the inline times."""
    shown = [
        "olá pessoal tudo",
        "olá pessoal tudo",
        "olá pessoal tudo\nbem com vocês",
        "bem com vocês",
        "bem com vocês\nsim",
    ]
    times = [(320, 2869), (2869, 2879), (2879, 5430), (5430, 5440), (5440, 7000)]
    blocks = [
        f"{n}\n00:00:0{a // 1000},{a % 1000:03d} --> 00:00:0{b // 1000},{b % 1000:03d}\n{text}\n"
        for n, (text, (a, b)) in enumerate(zip(shown, times, strict=True), 1)
    ]
    cues = read("aula.srt", "\n".join(blocks)).cues
    assert [(cue.text, cue.start_s) for cue in cues] == [
        ("olá pessoal tudo", 0.32),
        ("bem com vocês", 2.879),
        ("sim", 5.44),
    ]


# SubRip ---------------------------------------------------------------------------------------------------


def test_srt_by_hand(read: Read) -> None:
    transcript = read(
        "aula.srt",
        "\ufeff1\r\n00:00:05,850 --> 00:00:07,713\r\nBem-vindos ao <b>curso</b>.\r\n\r\n"
        "2\r\n00:00:08,550 --> 00:00:10,320\r\nSão três\r\npartes.\r\n",
    )
    assert spans(transcript) == [("Bem-vindos ao curso.", 5.85, 7.713), ("São três partes.", 8.55, 10.32)]


@pytest.mark.parametrize(
    ("damage", "content"),
    [
        ("no blank lines", "1\n00:00:01,000 --> 00:00:02,000\num\n2\n00:00:03,000 --> 00:00:04,000\ndois\n"),
        ("no indices", "00:00:01,000 --> 00:00:02,000\num\n\n00:00:03,000 --> 00:00:04,000\ndois"),
        ("old Mac line ends", "1\r00:00:01,000 --> 00:00:02,000\rum\r\r2\r00:00:03,000 --> 00:00:04,000\rdois\r"),
        ("dots, no hours", "1\n00:01.000 --> 00:02.000\num\n\n2\n00:03.0 --> 00:04.000\ndois\n"),
        ("blank after index", "1\n\n00:00:01,000 --> 00:00:02,000\num\n\n2\n\n00:00:03,000 --> 00:00:04,000\ndois\n"),
        (
            "machine-translated",
            "1\n00: 00: 01,000 -> 00: 00: 02,000\num\n\n2\n00: 00: 03,000 -> 00: 00: 04,000\ndois\n",
        ),
        ("out of order", "2\n00:00:03,000 --> 00:00:04,000\ndois\n\n1\n00:00:01,000 --> 00:00:02,000\num\n"),
        (
            "a mark in the middle",
            "\ufeff1\n00:00:01,000 --> 00:00:02,000\num\n\n\ufeff2\n00:00:03,000 --> 00:00:04,000\ndois",
        ),
        ("NUL bytes", "1\n00:00:01,000 --> 00:00:02,000\nu\0m\n\n2\n00:00:03,000 --> 00:00:04,000\n\0dois\n"),
    ],
)
def test_srt_damage_that_loses_nothing(read: Read, damage: str, content: str) -> None:
    assert spans(read("aula.srt", content)) == [("um", 1.0, 2.0), ("dois", 3.0, 4.0)], damage


def test_a_number_that_was_said_is_not_an_index(read: Read) -> None:
    content = "7\n00:00:01,000 --> 00:00:02,000\nem que ano?\n2024\n00:00:03,000 --> 00:00:04,000\nisso\n"
    assert [cue.text for cue in read("a.srt", content).cues] == ["em que ano? 2024", "isso"]


def test_a_broken_timing_line_is_survived_with_its_line(read: Read) -> None:
    good = "1\n00:00:01,000 --> 00:00:02,000\num\n\n"
    content = good + "2\n00:0x:03,000 --> xx\ndois\n\n3\n00:00:05,000 --> 00:00:06,000\ntrês\n"
    transcript = read("a.srt", content)
    assert [(cue.text, cue.start_s, cue.interpolated) for cue in transcript.cues] == [
        ("um", 1.0, False),
        ("dois", 2.0, True),
        ("três", 5.0, False),
    ]
    assert transcript.warnings[0].line == 6
    assert "unreadable timing line" in transcript.warnings[0].en


def test_an_arrow_in_speech_is_no_timing(read: Read) -> None:
    said = "A --> B e x -> 10\nde 2019 --> 2020\ndas 10:30 --> 11:45"
    assert spans(read("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n")) == [(said.replace("\n", " "), 1.0, 2.0)]


def test_a_note_that_was_said_is_no_comment(read: Read) -> None:
    content = "WEBVTT\n\n00:01.000 --> 00:02.000\nNOTE que isto foi dito\n\nNOTE isto não\n"
    assert spans(read("a.vtt", content)) == [("NOTE que isto foi dito", 1.0, 2.0)]


# A second opinion -----------------------------------------------------------------------------------------


def random_cues(seed: int) -> list[tuple[str, int, int]]:
    chance = random.Random(seed)
    words = "aula rede neurônio é função não camada 2024 dropout São taxa".split()
    cues, time = [], 0
    for _ in range(chance.randint(5, 60)):
        start = time + chance.randint(0, 3000)
        time = start + chance.randint(1, 6000)
        cues.append((" ".join(chance.choices(words, k=chance.randint(1, 9))) + ".", start, time))
    return cues


def written_as(cues: list[tuple[str, int, int]], kind: str) -> str:
    events = pysubs2.SSAFile()
    events.events = [pysubs2.SSAEvent(start=start, end=end, text=text) for text, start, end in cues]
    return events.to_string(kind)


@pytest.mark.parametrize("seed", range(5))
def test_clean_files_read_as_the_libraries_read_them(read: Read, tmp_path: Path, seed: int) -> None:
    cues = random_cues(seed)
    as_vtt, as_srt = written_as(cues, "vtt"), written_as(cues, "srt")
    expected = [(text, start / 1000, end / 1000) for text, start, end in cues]
    assert spans(read("a.vtt", as_vtt)) == expected
    assert spans(read("a.srt", as_srt)) == expected
    assert [(c.text, c.start_in_seconds, c.end_in_seconds) for c in webvtt.from_string(as_vtt)] == [
        (text, int(start), int(end)) for text, start, end in expected
    ]
    parsed = [(c.content, c.start.total_seconds(), c.end.total_seconds()) for c in srt.parse(as_srt)]
    assert parsed == expected
    assert [(e.plaintext, e.start, e.end) for e in pysubs2.SSAFile.from_string(as_srt)] == cues
