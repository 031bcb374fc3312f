"""What WebVTT and SubRip share: markup out of the text, inline word times, scrolls merged."""

from __future__ import annotations

import html
import re

from corpus.captions import RawCue, merge_rolling, parse_timestamp, timed_cues, words_from_pieces
from corpus.errors import UnreadableSource
from corpus.language import Language
from corpus.readers.cue_blocks import Block, paragraphs
from corpus.reading import Document, Reading, Survivals
from corpus.records import Word

# Only tags that captions use, so that "List<int>", "a < b" and a tokenizer's "<s>" stay what they are.
_TAG = re.compile(r"</?(?:c|v|lang|ruby|rt|b|i|u|em|strong|span|font)(?:[.\s][^<>]{0,300})?>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s?/?>", re.IGNORECASE)
_OVERRIDE = re.compile(r"\{\\[^{}]{0,200}\}")
_ENTITY = re.compile(r"&#?\w{1,31};")
_INLINE_TIME = re.compile(r"<((?:[0-9]{1,5}:)?[0-9]{1,2}:[0-9]{1,2}\.[0-9]{1,3})>")
_NOT_SPOKEN = re.compile(r"(?:NOTE|STYLE|REGION)(?:\s|$)")


def plain(markup: str) -> str:
    r"""A cue's text without tags, overrides and entities.

    >>> plain("<v Ana>Pergunta:</v> {\\an8}a &lt; b em <i>List<int></i>?")
    'Pergunta: a < b em List<int>?'
    """
    text = _OVERRIDE.sub("", _TAG.sub("", _BREAK.sub(" ", markup)))
    return _ENTITY.sub(lambda entity: html.unescape(entity.group()), text)


def raw_cue(block: Block, *, comments: bool) -> RawCue:
    """A block as a cue; its words are timed where the text holds inline times.

    ``comments`` says that the format has ``NOTE`` and ``STYLE`` blocks, which start after a blank line.
    """
    runs = list(paragraphs(block.payload))
    begins_with_text = bool(block.payload and block.payload[0])
    lines = [
        line
        for position, run in enumerate(runs)
        if not (comments and _NOT_SPOKEN.match(run[0]) and (position or not begins_with_text))
        for line in run
    ]
    if block.start_s is None or not any(_INLINE_TIME.search(line) for line in lines):
        text = "\n".join(plain(_INLINE_TIME.sub("", line)) for line in lines)
        return RawCue(text, block.start_s, block.end_s, block.line)
    words: list[Word] = []
    carried: int | None = None
    for line in lines:
        if carried is None and _INLINE_TIME.search(line):
            carried = len(words)
        words.extend(_timed_words(line, block.start_s, block.end_s))
    return RawCue(" ".join(word.text for word in words), block.start_s, block.end_s, block.line, tuple(words), carried)


def _timed_words(line: str, start_s: float, end_s: float | None) -> tuple[Word, ...]:
    """Words of a line with inline times; the first starts with its cue."""
    pieces = _INLINE_TIME.split(line)
    times = [start_s, *(parse_timestamp(time) or start_s for time in pieces[1::2])]
    texts = [plain(piece) for piece in pieces[0::2]]
    return words_from_pieces(list(zip(texts, times, strict=True)), max(times) if end_s is None else end_s)


def timed_reading(
    document: Document, raw: list[RawCue], survivals: Survivals, language: Language | None = None
) -> Reading:
    """What SubRip and WebVTT do alike once a file lies there as cues.

    Raises:
        UnreadableSource: no cue has both text and a readable time.
    """
    if not any(cue.start_s is not None and cue.text.strip() for cue in raw):
        line = raw[0].line if raw else 1
        raise UnreadableSource(
            document.name,
            line=line,
            pt="nenhuma legenda com tempo e texto; confira se o arquivo é mesmo uma legenda (.vtt, .srt).",
            en="no caption with a time and a text; check that the file really holds captions (.vtt, .srt).",
        )
    cues = timed_cues(merge_rolling(raw), survivals)
    return Reading(cues=cues, warnings=survivals.all(), language=language)
