"""Whisper's JSON in its dialects: openai-whisper, faster-whisper, WhisperX, whisper.cpp, Transformers.

What the recogniser repeats is kept: no word of a transcript is dropped here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from corpus.captions import RawCue, seconds, timed_cues
from corpus.decoding import clean_text
from corpus.language import how_many
from corpus.readers.timed_list import refuse_without_times, skipped
from corpus.reading import Document, Reading, Survivals, known_language
from corpus.records import Word

LISTS = ("segments", "transcription", "chunks")


def read(document: Document, content: Mapping[str, Any], survivals: Survivals) -> Reading:
    """Read ``segments`` (seconds), ``transcription`` (whisper.cpp, milliseconds) or ``chunks`` (Transformers).

    Raises:
        UnreadableSource: no segment has both a text and a readable start.
    """
    name = next(name for name in LISTS if isinstance(content.get(name), list))
    raw: list[RawCue] = []
    for position, item in enumerate(content[name]):
        if isinstance(item, dict) and isinstance(item.get("text"), str):
            raw.append(_cue(item))
        else:
            skipped(survivals, f"{name}[{position}]")
    refuse_without_times(document, raw, f"{name}[].start/end/text")
    cues = timed_cues(raw, survivals)
    lost = sum(bool(cue.words) for cue in raw) - sum(bool(cue.words) for cue in cues)
    if lost > 0:
        survivals.add(
            None,
            pt=f"em {how_many(lost, 'segmento', 'segmentos')} as palavras não formam o texto; valem o texto e os "
            "tempos do segmento.",
            en=f"in {how_many(lost, 'segment', 'segments')} the words do not make up the text; the segment's text and "
            "times stand.",
        )
    return Reading(cues=cues, warnings=survivals.all(), language=known_language(_language(content)))


def _cue(item: Mapping[str, Any]) -> RawCue:
    start, end = _span(item)
    return RawCue(item["text"], start, end, words=_words(item.get("words"), start, end))


def _span(item: Mapping[str, Any]) -> tuple[float | None, float | None]:
    offsets, timestamp = item.get("offsets"), item.get("timestamp")
    if isinstance(offsets, dict):
        return seconds(offsets.get("from"), 1000), seconds(offsets.get("to"), 1000)
    if isinstance(timestamp, list) and len(timestamp) == 2:
        return seconds(timestamp[0]), seconds(timestamp[1])
    return seconds(item.get("start")), seconds(item.get("end"))


def _words(items: object, start_s: float | None, end_s: float | None) -> tuple[Word, ...]:
    """The segment's words; a piece that does not start with a space goes on with the word before it.

    WhisperX leaves words without times where it cannot align them (digits); they take the end before them.
    """
    if not isinstance(items, list) or start_s is None:
        return ()
    spaced = any(_said(item)[:1].isspace() for item in items)
    words: list[Word] = []
    for item in items:
        said = _said(item)
        parts = clean_text(said).split()
        if not parts:
            continue
        before = words[-1].end_s if words else start_s
        begin = seconds(item.get("start"))
        begin = before if begin is None else begin
        end = seconds(item.get("end"))
        end = begin if end is None else max(begin, end)
        if spaced and words and not said[0].isspace():
            words[-1] = Word(words[-1].text + parts.pop(0), words[-1].start_s, max(end, words[-1].end_s))
        words.extend(Word(part, begin, end) for part in parts)
    return tuple(words)


def _said(item: object) -> str:
    if not isinstance(item, dict):
        return ""
    said = item.get("word", item.get("text"))
    return said if isinstance(said, str) else ""


def _language(content: Mapping[str, Any]) -> object:
    result: Mapping[str, Any] | Sequence[Any] = content.get("result") or {}
    return content.get("language") or (result.get("language") if isinstance(result, dict) else None)
