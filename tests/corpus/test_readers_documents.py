"""Plain text and PDF, and which reader a file is given to."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from pypdf import PdfReader, PdfWriter

from corpus.errors import UnreadableSource
from corpus.readers import read_source, title_from_id
from corpus.records import Transcript

VTT = "WEBVTT\n\n00:01.000 --> 00:02.000\num\n\n00:03.000 --> 00:04.000\ndois\n"

Read = Callable[[str, "str | bytes"], Transcript]


def spans(transcript: Transcript) -> list[tuple[str, float | None, float | None]]:
    return [(cue.text, cue.start_s, cue.end_s) for cue in transcript.cues]


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
    with pytest.raises(UnreadableSource, match=r"senha|password"):
        read("a.pdf", locked.getvalue())


# Which reader ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["a.srt", "a.txt", "a.md", "a.json"])
def test_vtt_under_another_name_is_read_as_vtt(read: Read, name: str) -> None:
    transcript = read(name, VTT)
    assert len(transcript.cues) == 2
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


@pytest.mark.parametrize(
    ("headings", "title"),
    [
        (["Aula 1: redes", "Aula 2: dados"], "Curso todo"),  # several lectures: none of them is the file's name
        (["Lecture 1", "Intervalo", "Lecture 02"], "Curso todo"),
        (["Aula 1: redes", "Dados", "Perguntas"], "Aula 1: redes"),
        (["Curso de redes", "Aula 1", "Aula 2"], "Curso de redes"),
        (["Aula 1", "Semana 2"], "Aula 1"),
        (["Python 3", "Python 2"], "Python 3"),
    ],
)
def test_a_file_of_several_lectures_is_not_called_by_the_first(tmp_path: Path, headings: list[str], title: str) -> None:
    path = tmp_path / "curso-todo.txt"
    path.write_text("\n".join(f"# {heading}\n\nO que foi dito.\n" for heading in headings), encoding="utf-8")
    assert read_source(path, "curso-todo").lecture.title == title
