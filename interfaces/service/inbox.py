"""The folder that a course's uploads are kept in: what may go in, under which name, and back out if a build fails."""

from __future__ import annotations

import contextlib
import json
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Literal

from filelock import FileLock

from corpus.decoding import clean_text
from corpus.errors import DuplicateLecture, MonitoriaError, UnreadableSource, UsageError
from corpus.metadata import LISTINGS, read_listing
from corpus.readers import SUFFIXES, read_source
from corpus.sources import gather

FOLDER = "uploads"
MOST_MB = 64
_MOST_NAME_BYTES = 200
_LISTING = LISTINGS[0]
_URL = re.compile(r"https?://\S+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Offered:
    """A file as it came from a browser, and what the person says of it; an empty ``title`` or ``url`` says nothing."""

    name: str
    content: bytes
    title: str = ""
    url: str = ""


@dataclass(frozen=True, slots=True)
class Admitted:
    """A file that was read and may go in: ``name`` is its own last part, ``lecture_id`` what the course calls it."""

    name: str
    lecture_id: str
    title: str
    url: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """A file that does not go in, and why."""

    outcome: Literal["unreadable", "refused"]
    reason: MonitoriaError


@dataclass(frozen=True, slots=True)
class Inbox:
    """One course's folder of uploads, with a ``lectures.json`` beside the files."""

    folder: Path

    def names(self) -> list[str]:
        """The files in it, by the alphabet."""
        if not self.folder.is_dir():
            return []
        return sorted(
            path.name for path in self.folder.iterdir() if path.suffix.lower() in SUFFIXES and path.name != _LISTING
        )

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep other uploads into this course, of whatever process, waiting.

        Raises:
            UsageError: the folder cannot be made or written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / ".uploading")
            lock.acquire()
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        try:
            yield
        except OSError as error:
            raise _unwritable(self.folder, error) from error
        finally:
            lock.release()

    @contextlib.contextmanager
    def staging(self) -> Iterator[Path]:
        """A hidden folder on the same disk, gone afterwards; a build passes hidden names over."""
        with tempfile.TemporaryDirectory(prefix=".new-", dir=self.folder) as staged:
            yield Path(staged)

    @contextlib.contextmanager
    def placed(self, files: Sequence[Admitted], staged: Path) -> Iterator[None]:
        """The files moved from ``staged`` to where they are indexed; what stood there comes back if that fails."""
        listing = self._listing_with(files)
        (staged / _LISTING).write_text(json.dumps(listing, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
        read_listing(staged / _LISTING)
        before = staged / "before"
        before.mkdir()
        names = [*(one.name for one in files), _LISTING]
        try:
            for name in names:
                if (self.folder / name).exists():
                    shutil.copy2(self.folder / name, before / name)
                (staged / name).replace(self.folder / name)
            yield
        except BaseException:
            for name in names:
                if (before / name).exists():
                    (before / name).replace(self.folder / name)
                elif not (staged / name).exists():
                    (self.folder / name).unlink(missing_ok=True)
            raise

    @contextlib.contextmanager
    def taken_out(self, name: str, staged: Path) -> Iterator[None]:
        """A file and what was said of it moved to ``staged``; both come back if what is done meanwhile fails."""
        listing = self.folder / _LISTING
        others = [entry for entry in self._listing() if str(entry.get("file")) != name]
        moved = [name] if not listing.exists() else [name, _LISTING]
        try:
            for one in moved:
                (self.folder / one).replace(staged / one)
            if others:
                listing.write_text(json.dumps(others, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
            yield
        except BaseException:
            for one in moved:
                if (staged / one).exists():
                    (staged / one).replace(self.folder / one)
            raise

    def _listing(self) -> list[dict[str, Any]]:
        """What is known of the lectures; nothing where nobody said anything."""
        path = self.folder / _LISTING
        if not path.exists():
            return []
        read_listing(path)
        entries: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8-sig"), strict=False)
        return entries

    def _listing_with(self, files: Sequence[Admitted]) -> list[dict[str, Any]]:
        """What is known of the lectures, and what was said of these; saying nothing leaves what was said before."""
        entries = self._listing()
        by_file = {str(entry.get("file")): entry for entry in entries}
        for one in files:
            said = {key: value for key, value in (("title", one.title), ("url", one.url)) if value}
            if one.name in by_file:
                by_file[one.name].update(said)
            elif said:
                entries.append({"file": one.name} | said)
        return entries


def admitted(
    files: Sequence[Offered], staged: Path, taken: Mapping[str, str], on_read: Callable[[int], None]
) -> list[Admitted | Refusal]:
    """What may go in, written to ``staged``, in the order given.

    ``taken`` are other files' lecture ids and names; ``on_read`` is told how many files were looked at.
    """
    seen: dict[str, str] = {}
    # An uploaded lecture of the same name is replaced; one of another suffix would be the same lecture twice.
    kept = {path.stem: path.name for path in staged.parent.iterdir() if path.suffix.lower() in SUFFIXES}
    found: list[Admitted | Refusal] = []
    for file in files:
        try:
            one = _checked(file)
            _refuse_taken(one, {**taken, **{k: v for k, v in kept.items() if v != one.name}, **seen})
            path = staged / one.name
            path.write_bytes(file.content)
            try:
                read_source(path, one.lecture_id)
            except UnreadableSource:
                path.unlink()
                raise
        except UnreadableSource as error:
            found.append(Refusal("unreadable", _reason(error)))
        except MonitoriaError as error:
            found.append(Refusal("refused", error))
        else:
            seen[one.lecture_id] = one.name
            found.append(one)
        on_read(len(found))
    # What a build passes over, such as a README, would never be seen again.
    walked = {file.path.name for file in gather([staged]).files}
    passed_over = Refusal("refused", _bad_name())
    return [passed_over if isinstance(one, Admitted) and one.name not in walked else one for one in found]


def _checked(file: Offered) -> Admitted:
    """The file under a name that lies in the folder and nowhere else."""
    name = clean_text(PurePosixPath(file.name.replace("\\", "/")).name)
    suffix = PurePosixPath(name).suffix.lower()
    stem = clean_text(PurePosixPath(name).stem)
    kinds = ", ".join(sorted(SUFFIXES))
    if not stem or name.startswith(".") or suffix not in SUFFIXES:
        raise UsageError(pt=f"não se lê esse tipo de arquivo; são lidos {kinds}", en=f"no such file is read: {kinds}")
    if name.lower() in LISTINGS or len(name.encode()) > _MOST_NAME_BYTES:
        raise _bad_name()
    if not file.content:
        raise UnreadableSource("", pt="o arquivo está vazio (0 bytes).", en="the file is empty (0 bytes).")
    if len(file.content) > MOST_MB * 2**20:
        size = len(file.content) / 2**20
        raise UsageError(
            pt=f"o arquivo tem {size:.0f} MB, e o limite é {MOST_MB} MB; envie só a transcrição, ou divida-a",
            en=f"the file has {size:.0f} MB, and the limit is {MOST_MB} MB; send the transcript alone, or split it",
        )
    url, title = file.url.strip(), clean_text(file.title)[:300]
    if url and _URL.fullmatch(url) is None:
        raise UsageError(
            pt="o endereço precisa começar com http:// ou https://; corrija-o e envie de novo",
            en="the address must begin with http:// or https://; correct it and send again",
        )
    return Admitted(name, stem, title, url)


def _bad_name() -> UsageError:
    return UsageError(
        pt="um arquivo com esse nome não é lido como aula; renomeie-o e envie de novo",
        en="a file of that name is not read as a lecture; rename it and send it again",
    )


def _refuse_taken(file: Admitted, taken: Mapping[str, str]) -> None:
    holder = taken.get(file.lecture_id)
    if holder is not None:
        raise DuplicateLecture(
            pt=f"o id de aula {file.lecture_id!r} já é de {holder}; renomeie o arquivo e envie de novo",
            en=f"the lecture id {file.lecture_id!r} already belongs to {holder}; rename the file and send it again",
        )


def _reason(error: UnreadableSource) -> MonitoriaError:
    """The error without the path, which is ours and tells the person nothing."""
    pt, en = (text.removeprefix(error.name).lstrip(": ") for text in (error.pt, error.en))
    if error.line is not None:
        pt, en = (text.removeprefix(str(error.line)).lstrip(": ") for text in (pt, en))
    # The first line is where a file as a whole is said to be wrong.
    if error.line is not None and error.line > 1:
        pt, en = f"linha {error.line}: {pt}", f"line {error.line}: {en}"
    return MonitoriaError(pt=pt, en=en)


def _unwritable(folder: Path, error: OSError) -> UsageError:
    reason = error.strerror or type(error).__name__
    return UsageError(
        pt=f"não dá para escrever em {folder} ({reason}); libere espaço ou permissão, ou mude app.folder",
        en=f"{folder} cannot be written ({reason}); make room, allow it, or change app.folder",
    )
