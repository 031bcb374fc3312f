"""JSON transcripts: parsing that survives what files hold, and finding out which kind one is."""

from __future__ import annotations

import json
import re
from typing import Any

from corpus.errors import UnreadableSource
from corpus.readers import timed_list, whisper, youtube
from corpus.reading import Document, Reading, Survivals

# The lists in which cues lie, by format.
_CUE_LISTS = ("segments", "events", "transcription", "chunks")
_LIST_OPENS = re.compile(rf'"({"|".join(_CUE_LISTS)})"\s{{0,100}}:\s{{0,100}}\[')


def read(document: Document) -> Reading:
    """Read a JSON transcript of any known kind; a file cut off in the middle gives what stands before.

    Raises:
        UnreadableSource: it is no JSON, no transcript, or holds no cue with text and a readable time.
    """
    survivals = Survivals(document.name)
    content = _parse(document, survivals)
    if isinstance(content, list):
        return timed_list.read(document, content, survivals)
    if isinstance(content, dict):
        if isinstance(content.get("events"), list):
            return youtube.read(document, content, survivals)
        if any(isinstance(content.get(name), list) for name in whisper.LISTS):
            return whisper.read(document, content, survivals)
    raise UnreadableSource(
        document.name,
        line=1,
        pt="JSON sem transcrição; são lidos Whisper (`segments`), YouTube json3 (`events`) "
        "e listas de `{text, start, duration}`.",
        en="JSON without a transcript; what is read: Whisper (`segments`), YouTube json3 (`events`) "
        "and lists of `{text, start, duration}`.",
    )


def _parse(document: Document, survivals: Survivals) -> Any:  # noqa: ANN401 - JSON is of any type
    try:
        return json.loads(document.text, strict=False)
    except json.JSONDecodeError as error:
        salvaged = _salvage(document.text)
        if salvaged is None:
            raise UnreadableSource(
                document.name,
                line=error.lineno,
                pt=f"JSON inválido ({error.msg}, coluna {error.colno}); exporte a transcrição de novo.",
                en=f"invalid JSON ({error.msg}, column {error.colno}); export the transcript again.",
            ) from error
        survivals.add(
            error.lineno,
            pt=f"o JSON se quebra aqui ({error.msg}); foi lido o que vem antes.",
            en=f"the JSON breaks off here ({error.msg}); what stands before was read.",
        )
        return salvaged
    except (RecursionError, ValueError) as error:
        # ValueError: an integer of more digits than Python converts.
        raise UnreadableSource(
            document.name,
            line=1,
            pt=f"JSON que não é de transcrição ({error}).",
            en=f"JSON that is no transcript ({error}).",
        ) from error


def _salvage(text: str) -> dict[str, Any] | list[Any] | None:
    """The whole items of the first cue list of a broken file; ``None`` where there is none."""
    named = _LIST_OPENS.search(text)
    start = re.match(r"\s*\[", text)
    opened = named if start is None else start
    if opened is None:
        return None
    decoder = json.JSONDecoder(strict=False)
    items: list[Any] = []
    position = opened.end()
    separator = re.compile(r"[\s,]*")
    while True:
        gap = separator.match(text, position)
        position = gap.end() if gap else position
        try:
            item, position = decoder.raw_decode(text, position)
        except (ValueError, RecursionError):
            break
        items.append(item)
    if not any(isinstance(item, dict) for item in items):
        return None
    return items if start is not None or named is None else {named.group(1): items}
