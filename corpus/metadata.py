"""``lectures.json`` and ``lectures.csv``: what is known of lectures beside their files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from difflib import get_close_matches
from pathlib import Path, PurePosixPath

from corpus.decoding import clean_text, decode
from corpus.errors import UsageError
from corpus.language import Language, fold_accents
from corpus.reading import known_language
from corpus.records import SourceWarning

LISTINGS = ("lectures.json", "lectures.csv")
_TEXT_FIELDS = ("lecture_id", "file", "title", "url", "course", "date", "lecturer", "language")
# What the fields are called elsewhere, accents aside.
_MEANT = {
    "id": "lecture_id", "aula": "lecture_id", "arquivo": "file", "filename": "file", "titulo": "title",
    "nome": "title", "name": "title", "link": "url", "video": "url", "curso": "course", "disciplina": "course",
    "data": "date", "professor": "lecturer", "professora": "lecturer", "docente": "lecturer", "teacher": "lecturer",
    "idioma": "language", "lingua": "language",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a listing says of one lecture; ``None`` where it says nothing. ``date`` is ``YYYY-MM-DD``."""

    title: str | None = None
    url: str | None = None
    course: str | None = None
    date: str | None = None
    lecturer: str | None = None
    language: Language | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """One entry, with the line on which it starts; it names its file, its lecture id, or both."""

    line: int
    lecture_id: str | None
    file: str | None
    metadata: Metadata


@dataclass(frozen=True, slots=True)
class Listing:
    """A listing as read; ``by_file`` holds entries with a file, ``by_id`` those that go by id alone.

    ``warnings`` name the keys that mean nothing here.
    """

    path: Path
    entries: tuple[Listed, ...]
    by_file: Mapping[str, Listed] = field(default_factory=dict)
    by_id: Mapping[str, Listed] = field(default_factory=dict)
    warnings: tuple[SourceWarning, ...] = ()

    def entry_for(self, relative: str, below: str) -> Listed | None:
        """The entry of the file at ``relative``, from this listing's folder; ``below`` is its id from the SOURCE."""
        by_file = self.by_file.get(relative)
        if by_file is not None:
            return by_file
        return self.by_id.get(below) or self.by_id.get(clean_text(PurePosixPath(relative).with_suffix("").as_posix()))

    def matches_nothing(self, entry: Listed) -> SourceWarning:
        """What to say of an entry for which no file was found."""
        wanted = entry.file or entry.lecture_id
        return SourceWarning(
            str(self.path), entry.line, f"{wanted!r} não corresponde a nenhum arquivo.", f"{wanted!r} matches no file."
        )


def listing_in(folder: Path, warnings: list[SourceWarning]) -> Listing | None:
    """The listing of a folder, where it has one; a second one is not read, and that is said.

    Raises:
        UsageError: see `read_listing`.
    """
    present = [folder / name for name in LISTINGS if (folder / name).is_file()]
    if len(present) > 1:
        warnings.append(
            SourceWarning(
                str(present[1]),
                None,
                f"não foi lido, porque há também {present[0].name}.",
                f"it was not read, because there is {present[0].name} too.",
            )
        )
    if not present:
        return None
    listing = read_listing(present[0])
    warnings.extend(listing.warnings)
    return listing


def read_listing(path: Path) -> Listing:
    """Read a ``lectures.json`` (a list of objects) or ``lectures.csv`` (a header and rows).

    Unknown keys are ignored, and named in a warning. CSV may be separated by commas or semicolons.

    Raises:
        UsageError: it cannot be read, has the wrong shape or a wrong value, or lists a lecture twice.
    """
    try:
        text = decode(path.read_bytes()).text
    except OSError as error:
        raise UsageError(
            pt=f"{path}: o sistema não deixa ler ({error.strerror}); confira as permissões.",
            en=f"{path}: the system does not let it be read ({error.strerror}); check its permissions.",
        ) from error
    rows = [*(_csv_rows(path, text) if path.suffix.lower() == ".csv" else _json_rows(path, text))]
    entries = tuple(_entry(path, line, row) for line, row in rows)
    by_file: dict[str, Listed] = {}
    by_id: dict[str, Listed] = {}
    for entry in entries:
        into, key = (by_file, entry.file) if entry.file else (by_id, entry.lecture_id or "")
        if key in into:
            raise _wrong(
                path,
                entry.line,
                f"{key!r} já está na linha {into[key].line}",
                f"{key!r} is on line {into[key].line} already",
            )
        into[key] = entry
    return Listing(path, entries, by_file, by_id, _unknown_keys(path, rows))


def _unknown_keys(path: Path, rows: Iterable[tuple[int, Mapping[str, object]]]) -> tuple[SourceWarning, ...]:
    """A warning for each key that is none of ours, on the line where it is first."""
    lines: dict[str, int] = {}
    for line, row in rows:
        for key in row:
            lines.setdefault(key, line)
    return tuple(_unknown_key(path, line, key) for key, line in lines.items() if key and key not in _TEXT_FIELDS)


def _unknown_key(path: Path, line: int, key: str) -> SourceWarning:
    folded, shown = fold_accents(key).strip().lower(), clean_text(key)[:60]
    near = get_close_matches(folded, _TEXT_FIELDS, n=1)
    meant = _MEANT.get(folded) or (near[0] if near else None)
    asked_pt, asked_en = ("", "") if meant is None else (f'; quis dizer "{meant}"?', f'; did you mean "{meant}"?')
    return SourceWarning(
        str(path),
        line,
        f'chave desconhecida "{shown}", ignorada{asked_pt}',
        f'unknown key "{shown}", ignored{asked_en}',
    )


def _wrong(path: Path, line: int, pt: str, en: str) -> UsageError:
    return UsageError(
        pt=f"{path}:{line}: {pt}; corrija e tente de novo.", en=f"{path}:{line}: {en}; correct it and try again."
    )


def _json_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    """The objects of a JSON list, each with its line; decoded one by one to know it."""
    decoder = json.JSONDecoder(strict=False)
    gap = re.compile(r"[\s]*,?[\s]*")
    try:
        whole = json.loads(text, strict=False)
    except json.JSONDecodeError as error:
        raise _wrong(path, error.lineno, f"JSON inválido ({error.msg})", f"invalid JSON ({error.msg})") from error
    except (RecursionError, ValueError) as error:
        raise _wrong(path, 1, f"JSON inválido ({error})", f"invalid JSON ({error})") from error
    if not isinstance(whole, list):
        raise _wrong(path, 1, "era esperada uma lista de aulas, [{...}]", "expected a list of lectures, [{...}]")
    position = text.index("[") + 1
    for _ in whole:
        skipped = gap.match(text, position)
        start = skipped.end() if skipped else position
        row, position = decoder.raw_decode(text, start)
        line = text.count("\n", 0, start) + 1
        if not isinstance(row, dict):
            raise _wrong(
                path, line, f"era esperado um objeto, veio {row!r:.60}", f"expected an object, got {row!r:.60}"
            )
        yield line, row


def _csv_rows(path: Path, text: str) -> Iterator[tuple[int, Mapping[str, object]]]:
    header = text.split("\n", 1)[0]
    reader = csv.DictReader(io.StringIO(text), delimiter=";" if header.count(";") > header.count(",") else ",")
    columns = {name.strip() for name in reader.fieldnames or ()}
    if not columns & {"lecture_id", "file"}:
        raise _wrong(path, 1, "falta a coluna lecture_id (ou file)", "the column lecture_id (or file) is missing")
    line = 2
    try:
        for row in reader:
            if any(row.values()):
                yield line, {name.strip(): value or None for name, value in row.items() if isinstance(name, str)}
            line = reader.line_num + 1
    except csv.Error as error:
        raise _wrong(path, line, f"CSV inválido ({error})", f"invalid CSV ({error})") from error


def _entry(path: Path, line: int, row: Mapping[str, object]) -> Listed:
    values: dict[str, str] = {}
    for name in _TEXT_FIELDS:
        value = row.get(name)
        if value is None:
            continue
        if not isinstance(value, str):
            raise _wrong(
                path, line, f"{name} deve ser um texto, não {value!r:.60}", f"{name} must be a text, not {value!r:.60}"
            )
        if cleaned := clean_text(value):
            values[name] = cleaned
    if not values.keys() & {"lecture_id", "file"}:
        raise _wrong(path, line, "falta lecture_id (ou file)", "lecture_id (or file) is missing")
    file = values.get("file", "").replace("\\", "/").removeprefix("./") or None
    metadata = Metadata(
        title=values.get("title"),
        url=_url(path, line, values.get("url")),
        course=values.get("course"),
        date=_date(path, line, values.get("date")),
        lecturer=values.get("lecturer"),
        language=_language(path, line, values.get("language")),
    )
    return Listed(line, values.get("lecture_id"), file, metadata)


def _url(path: Path, line: int, value: str | None) -> str | None:
    if value is None or re.match(r"https?://[^\s]+$", value, re.IGNORECASE):
        return value
    raise _wrong(
        path,
        line,
        f"url deve começar com http:// ou https://, não {value!r}",
        f"url must start with http:// or https://, not {value!r}",
    )


def _date(path: Path, line: int, value: str | None) -> str | None:
    """ISO 8601; a day written the Brazilian way, ``31/12/2025``, is understood."""
    if value is None:
        return None
    brazilian = re.fullmatch(r"(\d{1,2})/(\d{1,2})/(\d{4})", value)
    try:
        if brazilian is not None:
            day, month, year = map(int, brazilian.groups())
            return date(year, month, day).isoformat()
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError as error:
        raise _wrong(
            path, line, f"date deve ser AAAA-MM-DD, não {value!r}", f"date must be YYYY-MM-DD, not {value!r}"
        ) from error


def _language(path: Path, line: int, value: str | None) -> Language | None:
    known = known_language(value)
    if value is not None and known is None:
        raise _wrong(
            path, line, f"language deve ser pt ou en, não {value!r}", f"language must be pt or en, not {value!r}"
        )
    return known
