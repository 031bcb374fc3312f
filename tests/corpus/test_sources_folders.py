"""Folders given twice, folders that are an index, and names that are no text."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from corpus.errors import UsageError
from corpus.sources import gather

SRT = "1\n00:00:01,000 --> 00:00:04,000\nA rede aprende com os erros.\n"


def write(root: Path, files: dict[str, str]) -> Path:
    for name, content in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return root


def test_one_folder_spelt_four_ways_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path / "B", {"aula.srt": SRT, "lectures.json": '[{"lecture_id": "não-há"}]'})
    (tmp_path / "link").symlink_to(tmp_path / "B")
    monkeypatch.chdir(tmp_path)
    gathered = gather([Path("B"), Path("B/"), Path("./B"), tmp_path / "B", Path("B/../B"), Path("link")])
    assert [file.path for file in gathered.files] == [Path("B/aula.srt")]
    assert [warning.en for warning in gathered.warnings] == ["'não-há' matches no file."]


def test_a_file_and_a_link_to_it_are_said_to_be_one(tmp_path: Path) -> None:
    write(tmp_path, {"a.srt": SRT})
    (tmp_path / "b.srt").symlink_to(tmp_path / "a.srt")
    gathered = gather([tmp_path / "a.srt", tmp_path / "." / "a.srt", tmp_path / "b.srt"])
    assert [file.lecture_id for file in gathered.files] == ["a"]
    assert ["given twice" in warning.en for warning in gathered.warnings] == [True]


@pytest.mark.parametrize(
    "index",
    [
        {"CURRENT": "gen-000007\n", "gen-000007/manifest.json": "{}", "gen-000006/sources.json": "{}"},
        {".lock": "", "embeddings/x.json": "{}", "gen-000001/manifest.json": "{}"},
    ],
)
def test_an_index_is_no_material(tmp_path: Path, index: dict[str, str]) -> None:
    write(tmp_path, {"aula.srt": SRT, "m/b.srt": SRT})
    write(tmp_path / "m" / "indice", index)
    gathered = gather([tmp_path])
    assert [file.lecture_id for file in gathered.files] == ["aula", "m/b"]
    assert not gathered.unreadable
    # An index at a course's own top leaves the lessons there.
    write(tmp_path, index)
    assert [file.lecture_id for file in gather([tmp_path]).files] == ["aula", "m/b"]


def test_a_folder_that_only_looks_like_an_index_is_read(tmp_path: Path) -> None:
    write(tmp_path, {"m/CURRENT": "aula de hoje", "m/a.srt": SRT, "gen-1/b.srt": SRT, "embeddings/c.srt": SRT})
    assert [file.lecture_id for file in gather([tmp_path]).files] == ["embeddings/c", "gen-1/b", "m/a"]


def test_a_name_that_is_no_text_is_named_and_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"boa.srt": SRT, "mais.srt": SRT})
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/aula-\xff.srt")).write_text(SRT)
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xe9s"))
    folder.mkdir()
    write(folder, {"x.srt": SRT, "lectures.json": "{"})
    (tmp_path / "link.srt").symlink_to(folder / "x.srt")
    gathered = gather([tmp_path])
    assert [file.lecture_id for file in gathered.files] == ["boa", "mais"]
    names = [str(Path(error.name).relative_to(tmp_path)) for error in gathered.unreadable]
    assert sorted(names) == ["aula-?.srt", "link.srt", "m?s/x.srt"]
    for error in gathered.unreadable:
        assert "rename" in error.en
        (error.en + error.pt).encode()


def test_a_source_whose_name_is_no_text_is_said_printably(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/m\xe9s"))
    with pytest.raises(UsageError) as caught:
        gather([odd])
    (caught.value.en + caught.value.pt).encode()
    odd.mkdir()
    [warning] = gather([odd]).warnings
    warning.name.encode()
    (odd / "x.srt").write_text(SRT)
    assert len(gather([odd / "x.srt"]).unreadable) == 1
