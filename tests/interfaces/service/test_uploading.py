"""Uploads: what is good goes in, what is not is named, and a failure leaves everything as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from corpus.errors import UsageError
from interfaces.access import AccessDenied
from interfaces.service import inbox, uploading
from interfaces.service.courses import course_id
from interfaces.service.desk import open_desk
from interfaces.service.inbox import Offered
from interfaces.service.inspecting import inspect
from interfaces.service.uploading import TakenBack, Uploaded, take_back, upload, uploaded
from rag.generations import current_generation
from rag.index import CourseIndex
from tests.interfaces.service.teaching import Teaching

VTT = b"WEBVTT\n\n00:01.000 --> 00:30.000\nA fotossintese transforma luz em energia nas folhas.\n"
SRT = "1\n00:00:01,000 --> 00:00:30,000\nA mitose divide a célula em duas iguais.\n".encode()


def sent(teaching: Teaching, *files: Offered) -> Uploaded:
    work = upload(teaching.desk, teaching.ines, teaching.course, files)
    found = teaching.desk.works.waited_for(teaching.ines, work.work_id, 60)
    assert found.error is None, found.error
    assert isinstance(found.result, Uploaded)
    return found.result


def told(result: Uploaded) -> list[tuple[str, str]]:
    return [(one.name, one.outcome) for one in result.files]


def folder(teaching: Teaching) -> Path:
    return teaching.desk.settings.app.folder / "uploads" / teaching.course


def test_a_broken_file_among_good_ones_is_named_and_the_others_are_found_at_once(teaching: Teaching) -> None:
    result = sent(
        teaching,
        Offered("folhas.vtt", VTT, title="Folhas", url="https://videos.example.org/folhas"),
        Offered("quebrado.json", b'{"segments": [}'),
        Offered("nada.srt", b""),
        Offered("binario.txt", bytes(range(256)) * 40),
        Offered("celulas.srt", SRT),
    )
    assert told(result) == [
        ("folhas.vtt", "new"),
        ("quebrado.json", "unreadable"),
        ("nada.srt", "unreadable"),
        ("binario.txt", "unreadable"),
        ("celulas.srt", "new"),
    ]
    reasons = [str(one.reason) for one in result.files]
    assert reasons[2] == "the file is empty (0 bytes)."
    assert str(teaching.desk.settings.app.folder) not in "".join(reasons)
    assert result.n_lectures == 5
    found = inspect(teaching.desk, teaching.ines, teaching.course, "o que é fotossíntese?").found[0]
    assert (found.hit.lecture.title, found.hit.lecture.url) == ("Folhas", "https://videos.example.org/folhas")
    assert uploaded(teaching.desk, teaching.ines, teaching.course) == ["celulas.srt", "folhas.vtt"]
    assert [one.name for one in folder(teaching).iterdir() if one.name.startswith(".new")] == []


def test_the_same_name_again_is_the_lecture_again(teaching: Teaching) -> None:
    sent(teaching, Offered("folhas.vtt", VTT, title="Folhas"))
    assert told(sent(teaching, Offered("folhas.vtt", VTT))) == [("folhas.vtt", "unchanged")]
    changed = sent(teaching, Offered("folhas.vtt", VTT.replace(b"folhas", b"plantas")))
    assert told(changed) == [("folhas.vtt", "changed")]
    # A title that was said once stays until another one is said.
    assert CourseIndex(teaching.index).lecture("folhas").title == "Folhas"
    sent(teaching, Offered("folhas.vtt", VTT, title="Outro"))
    assert CourseIndex(teaching.index).lecture("folhas").title == "Outro"


def test_a_lecture_of_another_source_is_refused_by_name_and_so_are_two_with_one_id(teaching: Teaching) -> None:
    result = sent(
        teaching,
        Offered("aula-01.vtt", VTT),
        Offered("folhas.vtt", VTT),
        Offered("folhas.srt", SRT),
        Offered("folhas.vtt", VTT),
    )
    assert told(result) == [
        ("aula-01.vtt", "refused"),
        ("folhas.vtt", "new"),
        ("folhas.srt", "refused"),
        ("folhas.vtt", "refused"),
    ]
    assert "'aula-01' already belongs to aula-01.srt" in str(result.files[0].reason)
    assert "'folhas' already belongs to folhas.vtt" in str(result.files[2].reason)
    again = sent(teaching, Offered("folhas.srt", SRT))
    assert told(again) == [("folhas.srt", "refused")]


@pytest.mark.parametrize(
    "name", ["../../etc/folhas.vtt", "/etc/folhas.vtt", "..\\..\\folhas.vtt", "a/b/folhas.vtt", "./folhas.vtt"]
)
def test_a_name_with_path_parts_stays_in_the_folder(teaching: Teaching, name: str) -> None:
    assert told(sent(teaching, Offered(name, VTT))) == [(name, "new")]
    assert uploaded(teaching.desk, teaching.ines, teaching.course) == ["folhas.vtt"]
    assert (folder(teaching) / "folhas.vtt").read_bytes() == VTT


@pytest.mark.parametrize(
    "name",
    [
        "..",
        ".vtt",
        ".escondido.vtt",
        "aula.exe",
        "aula",
        "",
        "lectures.json",
        "LECTURES.CSV",
        "README.md",
        "a" * 300 + ".vtt",
        "a\x00b.docx",
    ],
)
def test_a_name_that_will_not_do_is_refused_in_words(teaching: Teaching, name: str) -> None:
    generation = current_generation(teaching.index)
    (one,) = sent(teaching, Offered(name, VTT)).files
    assert one.outcome == "refused"
    assert one.reason is not None
    assert one.reason.pt != one.reason.en
    assert current_generation(teaching.index) == generation
    assert uploaded(teaching.desk, teaching.ines, teaching.course) == []


def test_too_large_and_a_wrong_address_are_plain_sentences(teaching: Teaching) -> None:
    result = sent(
        teaching,
        Offered("grande.txt", b"a" * (200 * 2**20)),
        Offered("folhas.vtt", VTT, url="javascript:alert(1)"),
        Offered("celulas.srt", SRT, title=" <b>Células</b>\n"),
    )
    assert [one.outcome for one in result.files] == ["refused", "refused", "new"]
    assert "200 MB, and the limit is 64 MB" in str(result.files[0].reason)
    assert "must begin with http" in str(result.files[1].reason)
    assert CourseIndex(teaching.index).lecture("celulas").title == "<b>Células</b>"


def test_a_build_that_fails_leaves_files_listing_and_index_as_they_were(
    teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(teaching, Offered("folhas.vtt", VTT, title="Folhas"))
    before = {path.name: path.read_bytes() for path in folder(teaching).iterdir() if path.name != ".uploading"}
    generation = current_generation(teaching.index)
    (teaching.index / "CURRENT.new").mkdir()
    files = [Offered("folhas.vtt", SRT, title="Outro"), Offered("celulas.srt", SRT)]
    work = upload(teaching.desk, teaching.ines, teaching.course, files)
    work = teaching.desk.works.waited_for(teaching.ines, work.work_id, 60)
    assert work.state == "failed"
    assert "cannot be written" in str(work.error)
    after = {path.name: path.read_bytes() for path in folder(teaching).iterdir() if path.name != ".uploading"}
    assert after == before
    assert current_generation(teaching.index) == generation
    (teaching.index / "CURRENT.new").rmdir()
    assert told(sent(teaching, *files)) == [("folhas.vtt", "changed"), ("celulas.srt", "new")]


def test_a_listing_that_somebody_wrote_by_hand_is_kept_and_a_broken_one_is_named(teaching: Teaching) -> None:
    folder(teaching).mkdir(parents=True)
    listing = folder(teaching) / "lectures.json"
    listing.write_text('[{"file": "folhas.vtt", "lecturer": "Ana", "title": "Folhas"}]', encoding="utf-8")
    sent(teaching, Offered("folhas.vtt", VTT, url="https://videos.example.org/f"), Offered("celulas.srt", SRT))
    assert json.loads(listing.read_text(encoding="utf-8")) == [
        {"file": "folhas.vtt", "lecturer": "Ana", "title": "Folhas", "url": "https://videos.example.org/f"}
    ]
    listing.write_text("[{", encoding="utf-8")
    work = upload(teaching.desk, teaching.ines, teaching.course, [Offered("outra.vtt", VTT)])
    work = teaching.desk.works.waited_for(teaching.ines, work.work_id, 60)
    assert "lectures.json:1" in str(work.error)
    assert "outra.vtt" not in uploaded(teaching.desk, teaching.ines, teaching.course)


def test_a_correction_that_an_upload_puts_in_conflict_is_counted(teaching: Teaching) -> None:
    from interfaces.service import correcting

    sent(teaching, Offered("folhas.vtt", VTT))
    index = CourseIndex(teaching.index)
    identity = next(
        int(i) for i, name in zip(index.table.ids, index.table.lecture_ids, strict=True) if name == "folhas"
    )
    work = correcting.correct(teaching.desk, teaching.ines, teaching.course, identity, "A fotossíntese transforma luz.")
    teaching.desk.works.waited_for(teaching.ines, work.work_id, 60)
    result = sent(teaching, Offered("folhas.vtt", VTT.replace(b"luz", b"sol")))
    assert result.n_conflicts == 1


def taken_back(teaching: Teaching, name: str) -> TakenBack:
    work = take_back(teaching.desk, teaching.ines, teaching.course, name)
    found = teaching.desk.works.waited_for(teaching.ines, work.work_id, 60)
    assert found.error is None, found.error
    assert isinstance(found.result, TakenBack)
    return found.result


def test_what_was_sent_by_mistake_is_taken_back_and_found_no_more(teaching: Teaching) -> None:
    before = len(teaching.desk.courses.course(teaching.course).lectures)
    sent(teaching, Offered("folhas.vtt", VTT, title="Folhas"), Offered("celulas.srt", SRT))
    assert inspect(teaching.desk, teaching.ines, teaching.course, "fotossíntese").found[0].hit.lecture.title == "Folhas"
    result = taken_back(teaching, "folhas.vtt")
    assert (result.name, result.n_lectures) == ("folhas.vtt", before + 1)
    lectures = {
        one.hit.lecture.lecture_id for one in inspect(teaching.desk, teaching.ines, teaching.course, "luz").found
    }
    assert "folhas" not in lectures
    assert uploaded(teaching.desk, teaching.ines, teaching.course) == ["celulas.srt"]
    assert not list(folder(teaching).glob("**/folhas*"))
    # The next upload does not bring it back, and the same name may be sent again.
    assert told(sent(teaching, Offered("celulas.srt", SRT))) == [("celulas.srt", "unchanged")]
    assert told(sent(teaching, Offered("folhas.vtt", VTT))) == [("folhas.vtt", "new")]


def test_what_was_not_sent_here_cannot_be_taken_back(teaching: Teaching) -> None:
    sent(teaching, Offered("folhas.vtt", VTT))
    for name in ("aula-1.vtt", "../folhas.vtt", "lectures.json", ".uploading", ""):
        with pytest.raises(UsageError, match="not among what was sent"):
            take_back(teaching.desk, teaching.ines, teaching.course, name)


def test_a_removal_that_fails_leaves_the_file_and_what_was_said_of_it(
    teaching: Teaching, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent(teaching, Offered("folhas.vtt", VTT, title="Folhas"))
    listing = (folder(teaching) / "lectures.json").read_bytes()

    def no_room(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(uploading, "build_index", no_room)
    work = take_back(teaching.desk, teaching.ines, teaching.course, "folhas.vtt")
    found = teaching.desk.works.waited_for(teaching.ines, work.work_id, 60)
    assert found.error is not None
    assert "No space left" in found.error.en
    assert (folder(teaching) / "folhas.vtt").read_bytes() == VTT
    assert (folder(teaching) / "lectures.json").read_bytes() == listing
    assert "folhas" in CourseIndex(teaching.desk.courses.course(teaching.course).folder).lectures


def test_the_last_lecture_of_a_course_stays(teaching: Teaching, tmp_path: Path) -> None:
    empty = tmp_path / "novo"
    desk = open_desk([empty], settings=teaching.desk.settings)
    new = course_id(empty)
    works = desk.works
    assert (
        works.waited_for(
            teaching.ines, upload(desk, teaching.ines, new, [Offered("folhas.vtt", VTT)]).work_id, 60
        ).state
        == "done"
    )
    found = works.waited_for(teaching.ines, take_back(desk, teaching.ines, new, "folhas.vtt").work_id, 60)
    assert found.error is not None
    assert "all that the course has" in found.error.en
    assert uploaded(desk, teaching.ines, new) == ["folhas.vtt"]
    desk.close()


def test_a_folder_without_an_index_becomes_a_course(teaching: Teaching, tmp_path: Path) -> None:
    empty = tmp_path / "novo"
    empty.mkdir()
    desk = open_desk([empty], settings=teaching.desk.settings)
    work = upload(desk, teaching.ines, course_id(empty), [Offered("folhas.vtt", VTT)])
    work = desk.works.waited_for(teaching.ines, work.work_id, 60)
    assert (work.state, work.result.n_lectures) == ("done", 1)
    assert desk.courses.course(course_id(empty)).fault is None
    desk.close()


def test_students_and_researchers_may_not(teaching: Teaching) -> None:
    for who in (teaching.bia, teaching.rui):
        with pytest.raises(AccessDenied):
            upload(teaching.desk, who, teaching.course, [Offered("folhas.vtt", VTT)])
        with pytest.raises(AccessDenied):
            uploaded(teaching.desk, who, teaching.course)
        with pytest.raises(AccessDenied):
            take_back(teaching.desk, who, teaching.course, "folhas.vtt")
    assert not folder(teaching).exists()
    assert inbox.MOST_MB * 2**20 < 200 * 2**20
    assert uploading.FOLDER == "uploads"
