"""Gathering: names, listings beside the files, and what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import DuplicateLecture, UnreadableSource, UsageError
from corpus.sources import Gathered, gather, load

SRT = "1\n00:00:01,000 --> 00:00:04,000\nA rede aprende com os erros.\n"


@pytest.fixture
def course(tmp_path: Path) -> Callable[..., Path]:
    def make(**files: str) -> Path:
        for name, content in files.items():
            path = tmp_path / "curso" / name.replace("__", "/").replace("_DOT_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        return tmp_path / "curso"

    return make


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def ids(gathered: Gathered) -> list[str]:
    return [file.lecture_id for file in gathered.files]


def test_a_folder_by_hand(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "aula-03.srt": SRT,
            "aula-01.VTT": "WEBVTT\n\n00:01.000 --> 00:02.000\noi\n",
            "modulo 2/aula-04.pt-BR.srt": SRT,
            "notas.md": "# Notas\n",
            "README.md": "leia-me",
            "LICENSE.txt": "licença",
            "SOURCE.md": "origem",
            "readme.pt.md": "leia-me",
            "license-plates.md": "# Placas",
            "CHANGELOG.md": "mudanças",
            ".escondida.srt": SRT,
            ".git/x.srt": SRT,
            "__MACOSX/aula-03.srt": SRT,
            "topics.jsonl": "{}",
            "questions-en.jsonl": "{}",
            "slides.pptx": "",
            "lectures.json": "[]",
        },
    )
    gathered = gather([tmp_path])
    assert ids(gathered) == ["aula-01", "aula-03", "license-plates", "modulo 2/aula-04.pt-BR", "notas"]
    assert [warning.en for warning in gathered.warnings] == [
        "ignored: slides.pptx (a format that is not read; save it as .pdf)"
    ]
    assert not gathered.unreadable


def test_what_nobody_reads_is_named_once_a_kind_with_what_to_do(tmp_path: Path) -> None:
    write(tmp_path, dict.fromkeys(("aula3.docx", "m/aula4.DOCX", "lousa.png", "Makefile", "topics.jsonl"), ""))
    write(tmp_path, {f"gravacao-{n:02d}.mp4": "" for n in range(12)} | {"aula.srt": SRT, "aula.mp3": ""})
    told = {warning.pt for warning in gather([tmp_path]).warnings}
    shown = ", ".join(f"gravacao-{n:02d}.mp4" for n in range(10))
    assert told == {
        "ignorado: aula3.docx, m/aula4.DOCX (formato que não se lê; salve como .txt ou .vtt)",
        f"ignorado: {shown} e mais 2 (gravação; o que se lê é a transcrição, em .vtt, .srt ou .txt)",
    }
    assert not gather([tmp_path / "aula.srt"]).warnings


def test_an_index_at_a_courses_top_is_not_complained_of(tmp_path: Path) -> None:
    write(tmp_path, {"aula.srt": SRT, "CURRENT": "gen-000001", "gen-000001/dense.faiss": "", "embeddings/x.bin": ""})
    assert not gather([tmp_path]).warnings


def test_a_file_is_named_by_its_stem_and_taken_at_its_word(tmp_path: Path) -> None:
    write(tmp_path, {"a/aula-03.srt": SRT, "a/README.md": "# Leia\n\nTexto."})
    assert ids(gather([tmp_path / "a" / "aula-03.srt", tmp_path / "a" / "README.md"])) == ["README", "aula-03"]


def test_listing_in_json(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "aula-03.srt": SRT,
            "video final (2).srt": SRT,
            "lectures.json": """[
  {"lecture_id": "aula-03", "title": "Redes", "url": "https://youtu.be/x", "language": "pt-BR", "unknown": 1},
  {"lecture_id": "aula-04", "file": "video final (2).srt", "date": "31/12/2025", "course": "IA", "lecturer": "Ana"},
  {"lecture_id": "aula-99", "title": "não há"}
]""",
        },
    )
    gathered = gather([tmp_path])
    third, fourth = (load(file).lecture for file in gathered.files)
    assert (third.lecture_id, third.title, third.url, third.language) == (
        "aula-03",
        "Redes",
        "https://youtu.be/x",
        "pt",
    )
    assert (fourth.lecture_id, fourth.date, fourth.course, fourth.lecturer) == ("aula-04", "2025-12-31", "IA", "Ana")
    assert fourth.title == "Aula 04"
    assert [(warning.line, warning.en) for warning in gathered.warnings] == [
        (2, 'unknown key "unknown", ignored'),
        (4, "'aula-99' matches no file."),
    ]


@pytest.mark.parametrize(
    ("key", "meant"),
    [("titel", "title"), ("Título", "title"), ("professora", "lecturer"), ("Url", "url"), ("lecture id", "lecture_id")],
)
def test_a_key_that_was_meant_otherwise_is_said(tmp_path: Path, key: str, meant: str) -> None:
    entries = [{"lecture_id": "a", key: "Redes"}, {"lecture_id": "b", key: "Outras"}]
    write(tmp_path, {"a.srt": SRT, "b.srt": SRT, "lectures.json": json.dumps(entries, indent=0)})
    [warning] = gather([tmp_path]).warnings
    assert (warning.line, warning.pt) == (2, f'chave desconhecida "{key}", ignorada; quis dizer "{meant}"?')


def test_an_id_without_a_file_is_named_wherever_it_stands(tmp_path: Path) -> None:
    # On one line with an entry that has its file.
    write(tmp_path, {"a.srt": SRT, "lectures.json": '[{"lecture_id": "a"}, {"lecture_id": "zz"}]'})
    assert [one.pt for one in gather([tmp_path]).warnings] == ["'zz' não corresponde a nenhum arquivo."]


def test_a_column_that_was_meant_otherwise_is_said(tmp_path: Path) -> None:
    write(tmp_path, {"a.srt": SRT, "lectures.csv": "lecture_id;titulo;\na;Redes;\n"})
    assert [one.en for one in gather([tmp_path]).warnings] == ['unknown key "titulo", ignored; did you mean "title"?']


@pytest.mark.parametrize("separator", [",", ";"])
def test_listing_in_csv(tmp_path: Path, separator: str) -> None:
    rows = [["lecture_id", "title", "date"], ["aula-03", "Visão geral", "2025-03-01"], ["", "", ""]]
    write(tmp_path, {"aula-03.srt": SRT})
    text = "\r\n".join(separator.join(row) for row in rows)
    (tmp_path / "lectures.csv").write_bytes(text.encode("cp1252"))
    [file] = gather([tmp_path]).files
    assert (file.metadata.title, file.metadata.date) == ("Visão geral", "2025-03-01")


def test_listings_in_inner_folders_name_files_from_there_and_from_the_top(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "m1/aula.srt": SRT,
            "m1/lectures.json": '[{"lecture_id": "aula", "title": "de perto"}]',
            "m2/aula.srt": SRT,
            "lectures.json": '[{"lecture_id": "m2/aula", "title": "de longe"}]',
        },
    )
    gathered = gather([tmp_path])
    # Only an entry with a `file` renames; "aula" beside m1/aula.srt is that file's own stem.
    assert [(file.lecture_id, file.metadata.title) for file in gathered.files] == [
        ("m1/aula", "de perto"),
        ("m2/aula", "de longe"),
    ]


def test_a_single_file_finds_its_listing_and_does_not_ask_for_the_others(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"a.srt": SRT, "b.srt": SRT, "lectures.json": '[{"lecture_id": "a", "title": "A"}, {"lecture_id": "b"}]'},
    )
    gathered = gather([tmp_path / "a.srt"])
    assert gathered.files[0].metadata.title == "A"
    assert not gathered.warnings


@pytest.mark.parametrize(
    ("listing", "line", "said"),
    [
        ("{", 1, "invalid JSON"),
        ('[\n{"lecture_id": "a"},\n{"lecture_id": }]', 3, "invalid JSON"),
        ("[" * 100_000, 1, "invalid JSON"),
        ('{"lecture_id": "a"}', 1, "expected a list of lectures"),
        ('[\n{"lecture_id": "a"},\n\n"b"]', 4, "expected an object, got 'b'"),
        ('[\n{"title": "sem id"}]', 2, "lecture_id (or file) is missing"),
        ('[{"lecture_id": 3}]', 1, "lecture_id must be a text, not 3"),
        ('[{"lecture_id": "a",\n"url": "javascript:alert(1)"}]', 1, "url must start with http"),
        ('[{"lecture_id": "a", "date": "ontem"}]', 1, "date must be YYYY-MM-DD, not 'ontem'"),
        ('[{"lecture_id": "a", "date": "31/02/2025"}]', 1, "date must be YYYY-MM-DD"),
        ('[{"lecture_id": "a", "language": "klingon"}]', 1, "language must be pt or en, not 'klingon'"),
        ('[{"lecture_id": "a"},\n{"lecture_id": "a"}]', 2, "'a' is on line 1 already"),
        ("", 1, "invalid JSON"),
    ],
)
def test_a_wrong_listing_is_refused_by_line(tmp_path: Path, listing: str, line: int, said: str) -> None:
    write(tmp_path, {"a.srt": SRT, "lectures.json": listing})
    with pytest.raises(UsageError) as caught:
        gather([tmp_path])
    assert f"lectures.json:{line}: " in caught.value.en
    assert said in caught.value.en
    assert caught.value.exit_code == 2


@pytest.mark.parametrize("listing", ["title\nsem id\n", "", '"', "lecture_id\n" + "x" * 200_000])
def test_a_wrong_csv_is_refused(tmp_path: Path, listing: str) -> None:
    write(tmp_path, {"a.srt": SRT, "lectures.csv": listing})
    with pytest.raises(UsageError, match=r"lectures\.csv:\d"):
        gather([tmp_path])


def test_two_files_of_one_id_are_refused_by_name(tmp_path: Path) -> None:
    write(tmp_path, {"aula-03.srt": SRT, "aula-03.md": "# A\n\nB"})
    with pytest.raises(DuplicateLecture) as caught:
        gather([tmp_path])
    assert "aula-03.md" in caught.value.en
    assert "aula-03.srt" in caught.value.en
    assert caught.value.exit_code == 2


def test_two_sources_of_one_id_are_refused(tmp_path: Path) -> None:
    write(tmp_path, {"x/aula.srt": SRT, "y/aula.srt": SRT})
    with pytest.raises(DuplicateLecture):
        gather([tmp_path / "x", tmp_path / "y"])


def test_one_file_given_twice_is_one_lecture(tmp_path: Path) -> None:
    write(tmp_path, {"m/aula.srt": SRT})
    assert ids(gather([tmp_path, tmp_path])) == ["m/aula"]
    gathered = gather([tmp_path, tmp_path / "m"])
    assert ids(gathered) == ["m/aula"]
    assert "given twice" in gathered.warnings[0].en


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        gather([tmp_path / "nada"])
    assert str(tmp_path / "nada") in caught.value.en
    (tmp_path / "a.docx").write_text("x")
    with pytest.raises(UsageError, match=r"\.srt"):
        gather([tmp_path / "a.docx"])


def test_an_empty_folder_is_said(tmp_path: Path) -> None:
    assert "no file to read here" in gather([tmp_path]).warnings[0].en


def test_links_that_turn_back_end(tmp_path: Path) -> None:
    write(tmp_path, {"m/aula.srt": SRT})
    (tmp_path / "m" / "volta").symlink_to(tmp_path)
    (tmp_path / "m" / "roda").symlink_to(tmp_path / "m" / "roda")
    (tmp_path / "m" / "roda.srt").symlink_to(tmp_path / "m" / "roda.srt")
    (tmp_path / "m" / "solta.srt").symlink_to(tmp_path / "nada.srt")
    gathered = gather([tmp_path])
    assert ids(gathered) == ["m/aula"]
    assert [Path(error.name).name for error in gathered.unreadable] == ["roda.srt", "solta.srt"]


def test_names_with_odd_characters(tmp_path: Path) -> None:
    write(tmp_path, {"36 🔪 + = (2)ça\u0303o.srt": SRT, "aula-\n.srt": SRT})
    gathered = gather([tmp_path])
    assert ids(gathered) == ["36 🔪 + = (2)ção", "aula-"]
    for file in gathered.files:
        load(file).lecture.source.encode()


def test_unreadable_files_are_found_out_one_by_one(tmp_path: Path) -> None:
    write(tmp_path, {"boa.srt": SRT, "vazia.srt": ""})
    good, empty = gather([tmp_path]).files
    assert load(good).cues
    with pytest.raises(UnreadableSource, match="vazia"):
        load(empty)


def test_fingerprints_change_with_content_and_metadata_only(tmp_path: Path) -> None:
    write(tmp_path, {"a.srt": SRT})
    before = gather([tmp_path]).files[0].fingerprint
    assert gather([tmp_path / "a.srt"]).files[0].fingerprint == before
    write(tmp_path, {"lectures.json": '[{"lecture_id": "a", "title": "Nova"}]'})
    titled = gather([tmp_path]).files[0].fingerprint
    write(tmp_path, {"a.srt": SRT + "\n"})
    assert len({before, titled, gather([tmp_path]).files[0].fingerprint}) == 3


def test_quizzes_know_their_lecture(tmp_path: Path) -> None:
    write(
        tmp_path,
        {"q.md": "<quiz>\nE?\n- [x] é\n</quiz>\n", "lectures.json": '[{"file": "q.md", "lecture_id": "aula-1"}]'},
    )
    [file] = gather([tmp_path]).files
    assert load(file).quizzes[0].lecture_id == "aula-1"
