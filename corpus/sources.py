"""Files and folders in, lectures to read out: names, metadata beside the files, what changed.

Nothing is parsed while gathering: a file is hashed, so that a caller can leave unchanged ones alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from itertools import pairwise
from pathlib import Path

from corpus.decoding import clean_text
from corpus.errors import DuplicateLecture, UnreadableSource, UsageError
from corpus.metadata import LISTINGS, Listed, Listing, Metadata, listing_in
from corpus.passed_over import PAPERS, is_passed_over, passed_over
from corpus.readers import READER_VERSION, SUFFIXES, read_source, refuse_unreadable
from corpus.records import SourceWarning, Transcript

__all__ = ["Gathered", "Metadata", "SourceFile", "gather", "load"]

_NOT_WALKED = frozenset({"__MACOSX", "__pycache__", "node_modules"})
_GENERATION = re.compile(r"gen-\d+")


@dataclass(frozen=True, slots=True)
class SourceFile:
    """One file to read.

    Attributes:
        path: where it lies.
        lecture_id: the path below ``root`` without its suffix, or what the metadata say.
        root: the SOURCE under which it was found.
        sha256: of its bytes.
        metadata: what a ``lectures.json`` or ``lectures.csv`` beside it says.
    """

    path: Path
    lecture_id: str
    root: Path
    sha256: str
    metadata: Metadata = field(default_factory=Metadata)

    @property
    def fingerprint(self) -> str:
        """A sha256 (hex) of all that `load` depends on but the path: the same means the same transcript."""
        content = [READER_VERSION, self.lecture_id, self.sha256, asdict(self.metadata)]
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Gathered:
    """What lies under the SOURCEs: files by lecture id, files that could not be opened, and warnings."""

    files: tuple[SourceFile, ...]
    unreadable: tuple[UnreadableSource, ...] = ()
    warnings: tuple[SourceWarning, ...] = ()


def gather(sources: Sequence[Path]) -> Gathered:
    """Find every source file under the SOURCEs; folders are walked, hidden names skipped, links followed once.

    Raises:
        UsageError: a SOURCE does not exist or is of no known kind, or a listing beside the files is wrong.
        DuplicateLecture: two files claim one lecture id.
    """
    files: dict[Path, SourceFile] = {}
    unreadable: list[UnreadableSource] = []
    warnings: list[SourceWarning] = []
    for source in _distinct(sources):
        ignored: list[Path] = []
        found = list(_under(source, unreadable, ignored))
        warnings.extend(passed_over(source, ignored))
        if not found and source.is_dir():
            warnings.append(_nothing_under(source))
        unreadable.extend(_unnameable(path) for path in found if not _is_nameable(path))
        found = [path for path in found if _is_nameable(path)]
        for file in _named(source, found, warnings):
            resolved = _real(file.path)
            if resolved in files and files[resolved].lecture_id != file.lecture_id:
                warnings.append(_found_twice(file, files[resolved]))
            elif resolved not in files:
                _hash_into(files, resolved, file, unreadable)
    ordered = sorted(files.values(), key=lambda file: (file.lecture_id, str(file.path)))
    for first, second in pairwise(ordered):
        if first.lecture_id == second.lecture_id:
            raise DuplicateLecture(
                pt=f"{first.path} e {second.path} têm o mesmo id de aula, {first.lecture_id!r}; mude o nome de um "
                "deles ou dê a um outro lecture_id em lectures.json.",
                en=f"{first.path} and {second.path} have the same lecture id, {first.lecture_id!r}; rename one of "
                "them or give one another lecture_id in lectures.json.",
            )
    return Gathered(tuple(ordered), tuple(unreadable), tuple(dict.fromkeys(warnings)))


def load(file: SourceFile) -> Transcript:
    """Read a gathered file; what its metadata say goes before what the file itself tells.

    Raises:
        UnreadableSource: see `corpus.readers.read_source`.
    """
    transcript = read_source(file.path, file.lecture_id)
    said = {name: value for name, value in asdict(file.metadata).items() if value is not None}
    quizzes = tuple(replace(question, lecture_id=file.lecture_id) for question in transcript.quizzes)
    return replace(transcript, lecture=replace(transcript.lecture, **said), quizzes=quizzes)


def _distinct(sources: Sequence[Path]) -> list[Path]:
    """The SOURCEs without those that are another one spelt otherwise; a link to a file has its own name."""
    distinct: dict[Path, Path] = {}
    for source in sources:
        _refuse_missing(source)
        distinct.setdefault(_real(source) if source.is_dir() else _real(source.parent) / source.name, source)
    return list(distinct.values())


def _under(source: Path, unreadable: list[UnreadableSource], ignored: list[Path]) -> Iterator[Path]:
    """The files of one SOURCE, sorted by path; each folder once, whatever links lead to it; no index's own files.

    Files of a kind that is not read are added to ``ignored``.
    """
    if not source.is_dir():
        if source.suffix.lower() not in SUFFIXES:
            raise UsageError(
                pt=f"{_shown(source)}: tipo de arquivo desconhecido; são lidos {', '.join(sorted(SUFFIXES))}.",
                en=f"{_shown(source)}: unknown kind of file; what is read: {', '.join(sorted(SUFFIXES))}.",
            )
        yield source
        return
    seen: set[Path] = set()
    waiting = [source]
    while waiting:
        folder = waiting.pop()
        if _real(folder) in seen:
            continue
        seen.add(_real(folder))
        try:
            inside = sorted(folder.iterdir(), key=lambda path: path.name)
            is_index = _is_index(folder)
            if is_index and folder != source:
                continue
            folders = [path for path in inside if _is_walked(path, in_index=is_index) and path.is_dir()]
            files = [path for path in inside if _is_material(path)]
            if not is_index:
                ignored += [path for path in inside if is_passed_over(path)]
        except OSError as error:
            unreadable.append(_closed_folder(folder, error))
            continue
        waiting.extend(reversed(folders))
        yield from files


def _refuse_missing(source: Path) -> None:
    shown = _shown(source)
    try:
        if source.exists():
            return
    except OSError as error:
        raise UsageError(
            pt=f"{shown}: o sistema não deixa ver ({error.strerror}); confira as permissões.",
            en=f"{shown}: the system does not let it be seen ({error.strerror}); check its permissions.",
        ) from error
    raise UsageError(
        pt=f"SOURCE não existe: {shown}; confira o caminho.", en=f"SOURCE does not exist: {shown}; check the path."
    )


def _real(path: Path) -> Path:
    # Path.resolve raises where a link turns back to itself; realpath stops there.
    return Path(os.path.realpath(path))


def _is_walked(path: Path, *, in_index: bool) -> bool:
    # A course may keep its index at its own top: the lessons there are read, the index's folders are not.
    if in_index and (path.name == "embeddings" or _GENERATION.fullmatch(path.name)):
        return False
    return not path.name.startswith(".") and path.name not in _NOT_WALKED


def _is_index(folder: Path) -> bool:
    """Whether a build keeps its index here (`docs/architecture.md`), finished or not."""
    current = folder / "CURRENT"
    if current.is_file():
        with current.open("rb") as stream:
            name = stream.read(64).decode("utf-8", "replace").strip()
        if _GENERATION.fullmatch(name):
            return True
    return (folder / ".lock").is_file() and (folder / "embeddings").is_dir()


def _is_nameable(path: Path) -> bool:
    """Whether a path is text. An index records paths, so one that is not could not be kept."""
    return all(_shown(spelt) == str(spelt) for spelt in (path, _real(path)))


def _shown(path: Path) -> str:
    # Only what is no text is changed: the name in a report is compared with paths.
    return str(path).encode("utf-8", "replace").decode()


def _is_material(path: Path) -> bool:
    name = path.name.lower()
    if name.startswith(".") or name in LISTINGS or path.suffix.lower() not in SUFFIXES:
        return False
    if PAPERS.fullmatch(path.name):
        return False
    # A folder is walked, not read, even one named "aula.vtt"; a link that leads nowhere is reported when hashed.
    return not path.is_dir()


def _named(source: Path, found: Sequence[Path], warnings: list[SourceWarning]) -> Iterator[SourceFile]:
    """Each file with its id and metadata: from the listing in its own folder, else in the nearest one above."""
    whole_folder = source.is_dir()
    root = source if whole_folder else source.parent
    listings: dict[Path, Listing | None] = {}
    used: set[tuple[Path, Listed]] = set()
    for path in found:
        below = _id_below(path, root) if whole_folder else clean_text(path.stem)
        file = SourceFile(path=path, lecture_id=below, root=source, sha256="")
        for folder in _folders_up(path.parent, root):
            if folder not in listings:
                listings[folder] = listing_in(folder, warnings)
            listing = listings[folder]
            relative = clean_text(path.relative_to(folder).as_posix())
            entry = None if listing is None else listing.entry_for(relative, below)
            if entry is not None:
                used.add((folder, entry))
                named = entry.lecture_id if entry.file else None
                file = replace(file, lecture_id=named or below, metadata=entry.metadata)
                break
        yield file
    if whole_folder:
        warnings.extend(
            listing.matches_nothing(entry)
            for folder, listing in listings.items()
            if listing is not None
            for entry in listing.entries
            if (folder, entry) not in used
        )


def _folders_up(folder: Path, root: Path) -> Iterator[Path]:
    yield folder
    while root in folder.parents:
        folder = folder.parent
        yield folder


def _id_below(path: Path, root: Path) -> str:
    return clean_text(path.relative_to(root).with_suffix("").as_posix())


def _hash_into(
    files: dict[Path, SourceFile], resolved: Path, file: SourceFile, unreadable: list[UnreadableSource]
) -> None:
    digest = hashlib.sha256()
    try:
        refuse_unreadable(file.path)
        with file.path.open("rb") as stream:
            while chunk := stream.read(1 << 20):
                digest.update(chunk)
    except UnreadableSource as error:
        unreadable.append(error)
    except OSError as error:
        unreadable.append(_closed_folder(file.path, error))
    else:
        files[resolved] = replace(file, sha256=digest.hexdigest())


def _unnameable(path: Path) -> UnreadableSource:
    return UnreadableSource(
        _shown(path),
        pt="o nome não está em UTF-8; renomeie o arquivo ou a pasta.",
        en="its name is not UTF-8; rename the file or the folder.",
    )


def _closed_folder(path: Path, error: OSError) -> UnreadableSource:
    return UnreadableSource(
        _shown(path),
        pt=f"o sistema não deixa ler ({error.strerror}); confira as permissões.",
        en=f"the system does not let it be read ({error.strerror}); check its permissions.",
    )


def _nothing_under(source: Path) -> SourceWarning:
    shown, kinds = _shown(source), ", ".join(sorted(SUFFIXES))
    return SourceWarning(shown, None, f"nenhum arquivo a ler aqui ({kinds}).", f"no file to read here ({kinds}).")


def _found_twice(file: SourceFile, first: SourceFile) -> SourceWarning:
    return SourceWarning(
        str(file.path),
        None,
        f"dado duas vezes; ficou com o id {first.lecture_id!r}.",
        f"given twice; it keeps the id {first.lecture_id!r}.",
    )
