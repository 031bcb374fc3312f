"""Files as bad as they come: each one is read, or refused by name; nothing else ever happens."""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from corpus.errors import UnreadableSource
from corpus.readers import SUFFIXES, read_source
from corpus.records import Transcript

FILES = 240


def clean_files() -> dict[str, str]:
    said = [f"Frase número {n}, não é? São <i>{n}</i> &amp; mais." for n in range(12)]
    stamp = "00:{:02d}:{:02d}{}000"
    timing = [[stamp.format(n // 12, n % 12 * 5 + more, "{}") for more in (0, 4)] for n in range(12)]
    vtt = "WEBVTT\n\n" + "\n\n".join(
        f"{a.format('.')} --> {b.format('.')}\n{t}" for (a, b), t in zip(timing, said, strict=True)
    )
    srt = "\n\n".join(
        f"{n}\n{a.format(',')} --> {b.format(',')}\n{t}"
        for n, ((a, b), t) in enumerate(zip(timing, said, strict=True), 1)
    )
    segments = [{"start": n * 5, "end": n * 5 + 4, "text": t} for n, t in enumerate(said)]
    events = [{"tStartMs": n * 5000, "dDurationMs": 4000, "segs": [{"utf8": t}]} for n, t in enumerate(said)]
    markdown = (
        "---\ntitle: Aula\n---\n# Um\n\n"
        + "\n\n".join(said)
        + "\n\n```py\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"
    )
    return {
        ".vtt": vtt,
        ".srt": srt,
        ".json": json.dumps({"language": "pt", "segments": segments}, indent=1),
        ".json3": json.dumps({"events": events}),
        ".md": markdown + "\n# Quiz\n\n1. Por quê?\n   a) sim\n   b) não\n\n<quiz>\nE?\n- [x] é\n</quiz>\n",
        ".txt": "\n\n".join(said),
    }


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data) + 1)]


def spoil(data: bytes, chance: random.Random) -> bytes:
    spoilt = bytearray(data)
    for _ in range(chance.randint(1, 60)):
        spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
    return bytes(spoilt)


def shuffle_bytes(data: bytes, chance: random.Random) -> bytes:
    shuffled = list(data)
    chance.shuffle(shuffled)
    return bytes(shuffled)


def shuffle_lines(data: bytes, chance: random.Random) -> bytes:
    lines = data.split(b"\n")
    chance.shuffle(lines)
    return b"\n".join(lines)


def drop_lines(data: bytes, chance: random.Random) -> bytes:
    return b"\n".join(line for line in data.split(b"\n") if chance.random() > 0.2)


def double_lines(data: bytes, chance: random.Random) -> bytes:
    return b"\n".join(part for line in data.split(b"\n") for part in [line] * chance.choice([1, 1, 2]))


def recode(data: bytes, chance: random.Random) -> bytes:
    return data.decode(errors="replace").encode(
        chance.choice(["utf-16", "utf-16-be", "cp1252", "utf-32", "utf-8-sig"]), "replace"
    )


def odd_bytes(data: bytes, chance: random.Random) -> bytes:
    return data.replace(b"\n", chance.choice([b"\r", b"\r\n", b"\0\n", b"\x0b", b" \n", b"\n\xef\xbb\xbf"]))


DAMAGES = [cut, spoil, shuffle_bytes, shuffle_lines, drop_lines, double_lines, recode, odd_bytes]


def check(transcript: Transcript) -> None:
    """What holds of every transcript, whatever it was read from."""
    starts = [cue.start_s for cue in transcript.cues if cue.start_s is not None]
    assert starts == sorted(starts)
    for cue in transcript.cues:
        assert cue.text
        assert cue.text == " ".join(cue.text.split())
        cue.text.encode()
        if cue.start_s is not None and cue.end_s is not None:
            assert 0 <= cue.start_s <= cue.end_s
        assert not cue.words or " ".join(word.text for word in cue.words) == cue.text


def read_or_refuse(path: Path) -> Transcript | None:
    try:
        transcript = read_source(path, "aula")
    except UnreadableSource as error:
        refusal = error
    else:
        check(transcript)
        return transcript
    assert path.name in refusal.en
    assert path.name in refusal.pt
    return None


def test_hundreds_of_damaged_files(tmp_path: Path) -> None:
    """Each kind of damage on each kind of file, some with a wrong suffix; the seed is fixed."""
    chance = random.Random(20_250_101)
    clean = clean_files()
    readable = 0
    for number in range(FILES):
        suffix = chance.choice(sorted(clean))
        data = clean[suffix].encode()
        for damage in chance.sample(DAMAGES, chance.choice([1, 1, 2])):
            data = damage(data, chance) if data else data
        named = suffix if chance.random() < 0.8 else chance.choice(sorted(SUFFIXES))
        path = tmp_path / f"aula-{number}{named}"
        path.write_bytes(data)
        readable += read_or_refuse(path) is not None
    assert readable > FILES // 2


@pytest.mark.parametrize("suffix", sorted(clean_files()))
def test_half_a_file_is_mostly_read(tmp_path: Path, suffix: str) -> None:
    whole = clean_files()[suffix]
    path = tmp_path / f"aula{suffix}"
    path.write_text(whole[: len(whole) // 2])
    transcript = read_or_refuse(path)
    assert transcript is not None
    assert len(transcript.cues) >= 4


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\n \n\t",
        b"\xef\xbb\xbf",
        b"\0" * 100,
        b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 4,
        b"PK\x03\x04" + b"\0\1" * 500,
    ],
    ids=["empty", "blank", "mark", "zeros", "png", "zip"],
)
def test_nothing_to_read_is_refused(tmp_path: Path, suffix: str, content: bytes) -> None:
    path = tmp_path / f"aula{suffix}"
    path.write_bytes(content)
    assert read_or_refuse(path) is None


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000,
        '{"segments": ' + "[" * 100_000,
        '{"a":' * 50_000,
        '{"segments": [{"start": ' + "9" * 5000 + ', "end": 1, "text": "x"}]}',
        '{"segments": [{"start": 1e999, "end": -1e999, "text": "x"}]}',
        '{"segments": {}}',
        '{"segments": [[], 1, null, "x", {"text": {}}]}',
        '{"events": [{"segs": [{"utf8": 1}, 2, null]}]}',
        '{"segments": [], "segments": [], "text": "x"}',
        '{"text": "tudo sem tempos"}',
        '"só um texto"',
        "[1, 2, 3]",
        "[]",
        "null",
        "{",
    ],
)
def test_json_that_is_no_transcript(tmp_path: Path, content: str) -> None:
    path = tmp_path / "aula.json"
    path.write_text(content)
    with pytest.raises(UnreadableSource) as caught:
        read_source(path, "aula")
    assert caught.value.line is not None
    assert "aula.json:" in caught.value.en


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".vtt", "WEBVTT\n\n" + "a" * 50_000_000),
        (".srt", "00:00:01,000 --> " * 3_000_000),
        (".vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<c" * 10_000_000),
        (".vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\n" + "<00:00:01.000>" * 500_000),
        (".srt", "1\n00:00:01,000 --> 00:00:02,000\n" + "{\\an" * 5_000_000),
        (".txt", "palavra " * 6_250_000),
        (".md", "[" * 1_900_000),
        (".md", "> " * 500_000 + "fim"),
        (".md", "<Question choices={[{text: '" * 50_000),
        (".md", "<quiz>" * 200_000),
        (".md", "<!--" * 400_000),
        (".md", "*a " * 600_000),
        (".md", "- " * 5000 + "fundo"),
        (".json", '{"segments": [{"start": 0, "end": 1, "text": "' + "a" * 50_000_000 + '"}]}'),
        (".json", '{"text": "' + "[{" * 5_000_000),
    ],
    ids=lambda value: value if value.startswith(".") else value[:24].replace("\n", "|"),
)
def test_giants_are_done_with_in_seconds(tmp_path: Path, suffix: str, content: str) -> None:
    path = tmp_path / f"aula{suffix}"
    path.write_text(content)
    began = time.perf_counter()
    read_or_refuse(path)
    assert time.perf_counter() - began < 15


def test_what_is_no_file(tmp_path: Path) -> None:
    folder = tmp_path / "aula.vtt"
    folder.mkdir()
    with pytest.raises(UnreadableSource, match=r"arquivo comum|regular file"):
        read_source(folder, "aula")
    with pytest.raises(UnreadableSource, match=r"arquivo comum|regular file"):
        read_source(tmp_path / "nada.srt", "nada")
    with pytest.raises(UnreadableSource):
        read_source(tmp_path / "na\0da.srt", "nada")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    pipe = tmp_path / "aula.vtt"
    os.mkfifo(pipe)
    with pytest.raises(UnreadableSource, match=r"arquivo comum|regular file"):
        read_source(pipe, "aula")


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "aula.vtt"
    path.write_text("WEBVTT")
    path.chmod(0)
    if os.geteuid() == 0:  # root may read anything: the system's refusal has to be played

        def refuse(_: Path) -> bytes:
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(UnreadableSource, match="Permission denied"):
        read_source(path, "aula")


def test_errors_speak_both_languages(read: Callable[[str, str], Transcript]) -> None:
    with pytest.raises(UnreadableSource) as caught:
        read("aula.vtt", "WEBVTT\n\nNOTE nada aqui\n")
    assert "no caption with a time and a text" in caught.value.en
    assert "nenhuma legenda com tempo e texto" in caught.value.pt
