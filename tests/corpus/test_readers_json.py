"""Transcripts in JSON: one example by hand for each dialect, and what is survived."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from corpus.records import Transcript, Word

Read = Callable[[str, "str | bytes"], Transcript]


def spans(transcript: Transcript) -> list[tuple[str, float | None, float | None]]:
    return [(cue.text, cue.start_s, cue.end_s) for cue in transcript.cues]


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
    assert "in 1 segment the words do not make up the text" in transcript.warnings[0].en


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
