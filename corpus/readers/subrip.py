"""SubRip (.srt). The same scanner as WebVTT; the name does not shadow the `srt` library."""

from __future__ import annotations

from corpus.readers.captioned import raw_cue, timed_reading
from corpus.readers.cue_blocks import cue_blocks
from corpus.reading import Document, Reading, Survivals


def read(document: Document) -> Reading:
    """Read a SubRip file.

    Raises:
        UnreadableSource: it holds no cue with text and a readable time.
    """
    survivals = Survivals(document.name)
    raw = [raw_cue(block, comments=False) for block in cue_blocks(document.text, survivals, named=False)]
    return timed_reading(document, raw, survivals)
