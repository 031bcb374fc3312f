"""WebVTT: captions from YouTube, Zoom, Teams, Whisper; with inline word times and rolling lines."""

from __future__ import annotations

import re

from corpus.readers.captioned import raw_cue, timed_reading
from corpus.readers.cue_blocks import cue_blocks
from corpus.reading import Document, Reading, Survivals, known_language

_LANGUAGE = re.compile(r"^Language:\s*([A-Za-z-]{2,12})\s*$", re.MULTILINE)


def read(document: Document) -> Reading:
    """Read a WebVTT file.

    Raises:
        UnreadableSource: it holds no cue with text and a readable time.
    """
    survivals = Survivals(document.name)
    blocks = cue_blocks(document.text, survivals, named=True)
    header = "\n".join(document.text[:2000].split("\n")[: blocks[0].line if blocks else 1])
    declared = _LANGUAGE.search(header)
    return timed_reading(
        document,
        [raw_cue(block, comments=True) for block in blocks],
        survivals,
        language=known_language(declared.group(1)) if declared else None,
    )
