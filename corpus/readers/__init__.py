"""Files in, transcripts out: one module a format, found by suffix and by content.

Nothing else is known here: no folders, no metadata beside the files (`corpus.sources`), no segments.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from corpus.decoding import Decoded, clean_text, decode, looks_binary
from corpus.errors import UnreadableSource
from corpus.language import detect_language, how_many
from corpus.readers import json_text, markdown, pdf, subrip, text, vtt
from corpus.reading import Document, Reading
from corpus.records import Lecture, SourceWarning, Transcript

__all__ = ["LARGEST_BYTES", "READER_VERSION", "SUFFIXES", "read_source", "refuse_unreadable", "title_from_id"]

LARGEST_BYTES = 256 * 1024 * 1024
# Raised whenever the same bytes would be read differently than before.
READER_VERSION = 2

_BY_SUFFIX: dict[str, Callable[[Document], Reading]] = {
    ".json": json_text.read,
    ".json3": json_text.read,
    ".markdown": markdown.read,
    ".md": markdown.read,
    ".mdx": markdown.read,
    ".srt": subrip.read,
    ".txt": text.read,
    ".vtt": vtt.read,
}
SUFFIXES = frozenset(_BY_SUFFIX) | {".pdf"}

_SUBRIP_OPENING = re.compile(
    r"\s*(?:[0-9]{1,9}[ \t]*\n)?[ \t]*[0-9]{1,5}:[0-9]{2}:[0-9]{2}[,.][0-9]{1,3}[ \t]*-->[ \t]*[0-9]"
)
_JSON_OPENING = re.compile(r'\s*(?:\{\s*"|\[\s*\{)')
_HEADING = re.compile(r"(?:\A\s{0,100}|\n[ \t]{0,100}\n)#{1,6} \S")


def read_source(path: Path, lecture_id: str) -> Transcript:
    """Read one file.

    The lecture carries what the file itself tells: a title (front matter, first heading, else the id), a
    language (declared, else detected), whether it is spoken or written, the file's path and sha256.

    Raises:
        UnreadableSource: the file cannot be opened, is empty, is binary, or holds nothing to read.
    """
    data = _file_bytes(path)
    # A file name may hold bytes that are no text; messages and records must be.
    name = clean_text(str(path))
    if data[:1024].lstrip().startswith(b"%PDF-") or path.suffix.lower() == ".pdf":
        reading = pdf.read(name, data)
    else:
        reading = _read_text(name, path.suffix.lower(), decode(data))
    cues, spoken = reading.cues, reading.kind == "spoken"
    if not cues and not reading.quizzes:
        raise UnreadableSource(
            name,
            line=1,
            pt="não há texto a indexar neste arquivo; confira se é o arquivo certo.",
            en="there is no text to index in this file; check that it is the right file.",
        )
    lecture = Lecture(
        lecture_id=lecture_id,
        title=reading.title or title_from_id(lecture_id),
        language=reading.language or detect_language(" ".join(cue.text[:2000] for cue in cues[:300])),
        kind="spoken" if spoken else "written",
        source=name,
        source_sha256=hashlib.sha256(data).hexdigest(),
    )
    return Transcript(lecture=lecture, cues=cues, quizzes=reading.quizzes, warnings=reading.warnings)


def refuse_unreadable(path: Path) -> None:
    """Refuse what is no regular file, or larger than ``LARGEST_BYTES``, before a byte of it is read.

    Raises:
        UnreadableSource: always then.
        OSError: the system refuses to say.
    """
    if not path.is_file():
        raise UnreadableSource(
            str(path),
            pt="não é um arquivo comum; dê um arquivo de legendas ou de texto.",
            en="it is not a regular file; give a file of captions or text.",
        )
    size = path.stat().st_size
    if size > LARGEST_BYTES:
        raise UnreadableSource(
            str(path),
            pt=f"tem {size / 2**20:.0f} MiB, mais que os {LARGEST_BYTES // 2**20} MiB que se leem; divida-o.",
            en=f"it has {size / 2**20:.0f} MiB, more than the {LARGEST_BYTES // 2**20} MiB read; split it.",
        )


def _file_bytes(path: Path) -> bytes:
    try:
        refuse_unreadable(path)
        return path.read_bytes()
    except (OSError, ValueError) as error:
        # ValueError: a NUL in the path.
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise UnreadableSource(
            clean_text(str(path)),
            pt=f"o sistema não deixa ler ({reason}); confira permissões e caminho.",
            en=f"the system does not let it be read ({reason}); check permissions and path.",
        ) from error


def title_from_id(lecture_id: str) -> str:
    """A readable title where a file gives none.

    >>> title_from_id("modulo-1/aula-03_redes")
    'Aula 03 redes'
    """
    words = re.sub(r"[-_\s]+", " ", lecture_id.rsplit("/", 1)[-1]).strip() or lecture_id
    return words[:1].upper() + words[1:]


def _read_text(name: str, suffix: str, decoded: Decoded) -> Reading:
    if looks_binary(decoded.text) or not decoded.text.strip():
        empty = not decoded.text.strip()
        raise UnreadableSource(
            name,
            line=1,
            pt="o arquivo está vazio." if empty else "o conteúdo é binário, não texto.",
            en="the file is empty." if empty else "its content is binary, not text.",
        )
    reader, found = _by_content(decoded.text, suffix)
    reading = reader(Document(name, decoded.text))
    warnings: list[SourceWarning] = []
    if found is not None:
        warnings.append(
            SourceWarning(
                name,
                1,
                f"o conteúdo é {found}, não {suffix or 'sem sufixo'}; foi lido como {found}.",
                f"the content is {found}, not {suffix or 'without suffix'}; it was read as {found}.",
            )
        )
    if decoded.damaged:
        warnings.append(_damage(name, decoded))
    return replace(reading, warnings=(*warnings, *reading.warnings))


def _damage(name: str, decoded: Decoded) -> SourceWarning:
    offset, n = decoded.text.find("\ufffd"), decoded.damaged
    return SourceWarning(
        name,
        decoded.text.count("\n", 0, max(0, offset)) + 1,
        f"{how_many(n, 'caractere ilegível', 'caracteres ilegíveis')}, em seu lugar U+FFFD (lido como "
        f"{decoded.encoding}).",
        f"{how_many(n, 'unreadable character', 'unreadable characters')}, U+FFFD in place (read as "
        f"{decoded.encoding}).",
    )


def _by_content(content: str, suffix: str) -> tuple[Callable[[Document], Reading], str | None]:
    """The reader for a text, and the format's name where the suffix promised another."""
    opening = content[:4096]
    if re.match(r"\s*WEBVTT", opening):
        return vtt.read, None if suffix == ".vtt" else "WebVTT"
    if _SUBRIP_OPENING.match(opening):
        return subrip.read, None if suffix == ".srt" else "SubRip"
    if suffix in {".txt", ".vtt", ".srt"} and _JSON_OPENING.match(opening):
        return json_text.read, "JSON"
    if suffix == ".txt" and _HEADING.search(content):
        return markdown.read, None
    return _BY_SUFFIX.get(suffix, text.read), None
