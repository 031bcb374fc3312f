"""One example by hand for each format, and the kept libraries as a second opinion."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable
from pathlib import Path

import pysubs2
import pytest
import srt
import webvtt
from pypdf import PdfReader, PdfWriter

from corpus.errors import UnreadableSource
from corpus.readers import read_source, title_from_id
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
    content = "1\n00:00:01,000 --> 00:00:02,000\nA --> B e x -> 10\n"
    assert spans(read("a.srt", content)) == [("A --> B e x -> 10", 1.0, 2.0)]


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


# JSON -----------------------------------------------------------------------------------------------------


def test_whisper_by_hand(read: Read) -> None:
    content = {
        "language": "pt",
        "segments": [
            {
                "start": 0.0,
                "end": 2.0,
                "text": " Guarda-chuva, né?",
                "words": [
                    {"word": " Guarda", "start": 0.0, "end": 0.5},
                    {"word": "-chuva,", "start": 0.5, "end": 1.0},
                    {"word": " né?", "start": 1.2, "end": 2.0},
                ],
            },
            {"start": 2.0, "end": 3.0, "text": " Obrigado.", "words": []},
            {"start": 3.0, "end": 4.0, "text": " Obrigado."},
        ],
    }
    transcript = read("a.json", json.dumps(content))
    assert spans(transcript) == [("Guarda-chuva, né?", 0.0, 2.0), ("Obrigado.", 2.0, 3.0), ("Obrigado.", 3.0, 4.0)]
    assert transcript.cues[0].words == (Word("Guarda-chuva,", 0.0, 1.0), Word("né?", 1.2, 2.0))
    assert transcript.lecture.language == "pt"


@pytest.mark.parametrize(
    "content",
    [
        {"result": {"language": "en"}, "transcription": [{"offsets": {"from": 1000, "to": 2500}, "text": " Hello."}]},
        {"text": "Hello.", "chunks": [{"timestamp": [1.0, 2.5], "text": " Hello."}]},
        {"events": [{"tStartMs": 1000, "dDurationMs": 1500, "segs": [{"utf8": "Hello."}]}]},
        [{"text": "Hello.", "start": 1.0, "duration": 1.5}],
        [{"text": "Hello.", "start": "1.0", "end": 2.5}],
    ],
)
def test_every_dialect_says_the_same(read: Read, content: object) -> None:
    assert spans(read("a.json", json.dumps(content))) == [("Hello.", 1.0, 2.5)]


def test_words_that_are_not_the_text_are_left_out_and_said(read: Read) -> None:
    content = {"segments": [{"start": 0, "end": 1, "text": "um dois", "words": [{"word": "um", "start": 0, "end": 1}]}]}
    transcript = read("a.json", json.dumps(content))
    assert transcript.cues[0].words == ()
    assert "in 1 segments the words do not make up the text" in transcript.warnings[0].en


def test_json3_by_hand(read: Read) -> None:
    content = {
        "wireMagic": "pb3",
        "events": [
            {"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1},
            {
                "tStartMs": 320,
                "dDurationMs": 4000,
                "wWinId": 1,
                "segs": [{"utf8": "olá"}, {"utf8": " pessoal", "tOffsetMs": 480}],
            },
            {"tStartMs": 2860, "dDurationMs": 1460, "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]},
            {"tStartMs": 2879, "dDurationMs": 2000, "wWinId": 1, "segs": [{"utf8": "tudo bem"}]},
        ],
    }
    transcript = read("a.pt.json3", json.dumps(content))
    assert spans(transcript) == [("olá pessoal", 0.32, 2.879), ("tudo bem", 2.879, 4.879)]
    assert transcript.cues[0].words == (Word("olá", 0.32, 0.8), Word("pessoal", 0.8, 2.879))


def test_bad_values_in_json_cost_only_their_own_item(read: Read) -> None:
    text = (
        '[{"text": "um", "start": 1, "duration": 1}, {"text": "dois", "start": NaN, "duration": 1},'
        ' {"text": 3, "start": 1}, null, {"start": 2}, {"text": "\\ud800três", "start": 5, "duration": -1}]'
    )
    transcript = read("a.json", text)
    assert [(cue.text, cue.start_s) for cue in transcript.cues] == [("um", 1.0), ("dois", 2.0), ("\ufffdtrês", 5.0)]
    assert len(transcript.warnings) == 4


def test_json_cut_off_in_the_middle_gives_what_stands_before(read: Read) -> None:
    whole = json.dumps({"segments": [{"start": n, "end": n + 1, "text": f"frase {n}"} for n in range(9)]}, indent=1)
    transcript = read("a.json", whole[: int(len(whole) * 0.6)])
    assert [cue.text for cue in transcript.cues] == [f"frase {n}" for n in range(len(transcript.cues))]
    assert len(transcript.cues) >= 4
    assert "the JSON breaks off here" in transcript.warnings[0].en
    assert transcript.warnings[0].line == whole[: int(len(whole) * 0.6)].count("\n") + 1


# Text and PDF ---------------------------------------------------------------------------------------------


def test_plain_text_by_paragraphs(read: Read) -> None:
    transcript = read("resumo.txt", "O que é dropout?\n\nÉ desligar neurônios\nao acaso.\n \t\nSó no treino.")
    assert [cue.text for cue in transcript.cues] == [
        "O que é dropout?",
        "É desligar neurônios ao acaso.",
        "Só no treino.",
    ]
    assert transcript.lecture.kind == "written"
    assert spans(transcript)[0][1:] == (None, None)


def test_plain_text_leaves_questions_and_key_out(read: Read) -> None:
    prose = "O gradiente diz em que direção a função cresce mais depressa, e por isso andamos contra ele."
    asked = "Autoavaliação\n\n1. O que é o gradiente?\na) Um vetor\nb) Um número\n\nGabarito\n\n1. a"
    text = f"{prose}\n\n{asked}\n\nPróxima aula\n\n{prose}"
    assert [cue.text for cue in read("a.txt", text).cues] == [prose, "Próxima aula", prose]


def test_text_with_times_is_read_as_timed(read: Read) -> None:
    transcript = read("a.txt", "[00:00:01] Bom dia.\n[00:00:04] Hoje é dropout.\ncontinuando\n[00:01:00] Até logo.\n")
    assert spans(transcript) == [
        ("Bom dia.", 1.0, 4.0),
        ("Hoje é dropout. continuando", 4.0, 60.0),
        ("Até logo.", 60.0, 60.0),
    ]


def test_a_schedule_is_no_transcript(read: Read) -> None:
    text = (
        "A turma da manhã começa às\n08:00 em ponto\ne a da noite, segundo o edital,\n19:00 na sala 3\ncomo sempre.\n"
    )
    assert read("a.txt", text).lecture.kind == "written"


def pdf_bytes(pages: list[str]) -> bytes:
    """A PDF by hand: one line of Helvetica a page."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    kids = []
    for text in pages:
        stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET".encode("latin-1")
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R /Resources << /Font << /F1 << "
            b"/Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >> >> >> >>" % len(objects)
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Count %d /Kids [%s] >>" % (len(kids), b" ".join(kids))
    body, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        offsets.append(len(body))
        body += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    trailer = b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (len(objects) + 1, len(body))
    return body + b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1) + table + trailer


def test_pdf_page_by_page(read: Read) -> None:
    transcript = read("slides.pdf", pdf_bytes(["O que é uma rede neural?", "", "Uma função não linear."]))
    assert [(cue.text, cue.heading) for cue in transcript.cues] == [
        ("O que é uma rede neural?", ("Página 1",)),
        ("Uma função não linear.", ("Página 3",)),
    ]
    assert [warning.en for warning in transcript.warnings] == ["page 2 holds no text."]


def test_pdf_is_known_by_its_content(read: Read) -> None:
    assert read("slides.txt", pdf_bytes(["Rede neural"])).cues[0].heading == ("Página 1",)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda whole: whole[:60], "PDF"),
        (lambda whole: b"%PDF-1.7\n" + bytes(range(256)) * 20, "damaged PDF"),
        (lambda _: pdf_bytes(["", ""]), "the PDF (2 pages) holds no text"),
        (lambda _: b"texto simples", "damaged PDF"),
    ],
)
def test_pdf_that_cannot_be_read(read: Read, make: Callable[[bytes], bytes], said: str) -> None:
    with pytest.raises(UnreadableSource) as caught:
        read("a.pdf", make(pdf_bytes(["Rede neural"])))
    assert said in caught.value.en
    assert "a.pdf" in caught.value.en


def test_pdf_with_a_password(read: Read) -> None:
    writer = PdfWriter(clone_from=PdfReader(io.BytesIO(pdf_bytes(["Rede neural"]))))
    writer.encrypt("segredo", algorithm="RC4-128")
    locked = io.BytesIO()
    writer.write(locked)
    with pytest.raises(UnreadableSource, match="senha"):
        read("a.pdf", locked.getvalue())


# Which reader ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.srt", "a.txt", "a.md", "a.json"])
def test_vtt_under_another_name_is_read_as_vtt(read: Read, name: str) -> None:
    transcript = read(name, VTT)
    assert len(transcript.cues) == 3
    assert "the content is WebVTT" in transcript.warnings[0].en


def test_srt_named_vtt(read: Read) -> None:
    transcript = read("a.vtt", "1\n00:00:01,000 --> 00:00:02,000\num\n")
    assert spans(transcript) == [("um", 1.0, 2.0)]
    assert "the content is SubRip" in transcript.warnings[0].en


def test_markdown_named_txt_keeps_its_headings(read: Read) -> None:
    assert read("a.txt", "# Aula 1\n\nTexto.\n").cues[0].heading == ("Aula 1",)


def test_what_a_file_tells_of_itself(tmp_path: Path) -> None:
    path = tmp_path / "modulo_2-redes.srt"
    path.write_text("1\n00:00:01,000 --> 00:00:02,000\nWhat is the learning rate for?\n")
    lecture = read_source(path, "m/modulo_2-redes").lecture
    assert (lecture.lecture_id, lecture.title, lecture.language) == ("m/modulo_2-redes", "Modulo 2 redes", "en")
    assert lecture.source == str(path)
    assert len(lecture.source_sha256) == 64


def test_a_title_of_signs_alone_is_the_id() -> None:
    assert title_from_id("---") == "---"
