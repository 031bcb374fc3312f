"""A class as a spreadsheet saves it: who is in it, line by line; and the passwords that go out as such a file.

Separated by comma, semicolon or tab, in UTF-8, UTF-16 or Windows' own encoding, with headings in Portuguese or English.
A cell that a spreadsheet would take for a formula is written with an apostrophe before it, and read without.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from corpus.errors import MonitoriaError, UsageError
from corpus.language import fold_accents, say
from interfaces.access import ROLES, role_name
from interfaces.history.known import login_of, stated_login
from interfaces.history.records import Role

LARGEST_KB = 1024
MOST_ROWS = 2000
_LONGEST = 200

# Headings as they are compared: in lower case, without accents. The first that is there counts.
_LOGIN = (
    *("login", "usuario", "user", "username", "user name", "nome de usuario"),
    *("e-mail", "email", "endereco de email", "endereco de e-mail", "email address", "matricula"),
)
_NAME = ("nome completo", "full name", "nome", "name", "primeiro nome", "first name", "aluno", "aluna", "student")
_SURNAME = ("sobrenome", "surname", "last name")
_ROLES = ("papeis", "papel", "roles", "role")
_ROLE_WORDS: dict[str, Role] = {
    **{role: role for role in ROLES},
    "estudante": "student",
    "aluno": "student",
    "aluna": "student",
    "docente": "instructor",
    "professor": "instructor",
    "professora": "instructor",
    "pesquisa": "researcher",
    "pesquisador": "researcher",
    "pesquisadora": "researcher",
    "administracao": "admin",
    "administrador": "admin",
    "administradora": "admin",
}
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list: whom it names, or why it cannot be used.

    Attributes:
        number: of the line in the file, from 1.
        fault: what is wrong with it, else ``None``.
    """

    number: int
    login: str
    name: str
    roles: frozenset[Role]
    fault: MonitoriaError | None = None


def read_class(given: bytes | str) -> list[Row]:
    """The lines below the headings, as a file or as pasted text has them; empty ones are passed over.

    Raises:
        UsageError: it is no such list, has no heading for the login, or is too long.
    """
    text = _text(given) if isinstance(given, bytes) else given.removeprefix("\ufeff")
    try:
        lines = list(_lines(text))
    except csv.Error as error:
        raise UsageError(
            pt=f"a lista não pôde ser lida como CSV ({error}); no programa de planilhas, salve-a como CSV (UTF-8)",
            en=f"the list could not be read as CSV ({error}); in the spreadsheet program save it as CSV (UTF-8)",
        ) from error
    if not lines:
        raise UsageError(pt="a lista está vazia; envie ou cole uma", en="the list is empty; send or paste one")
    headings = [fold_accents(cell).strip().casefold() for cell in lines[0][1]]
    if _first(headings, _LOGIN) is None:
        shown = ", ".join(cell.strip() for cell in lines[0][1])
        raise UsageError(
            pt=f"a primeira linha precisa dizer o nome das colunas, uma delas login (ou usuário, e-mail); ela tem "
            f"{shown!r:.120}",
            en=f"the first line must name the columns, one of them login (or user, e-mail); it has {shown!r:.120}",
        )
    if len(lines) - 1 > MOST_ROWS:
        raise UsageError(
            pt=f"a lista tem {len(lines) - 1} linhas; envie no máximo {MOST_ROWS} por vez",
            en=f"the list has {len(lines) - 1} lines; send at most {MOST_ROWS} at a time",
        )
    return list(_rows(headings, lines[1:]))


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """A file that spreadsheets open with one column a heading, in the language's own way, and run nothing of.

    >>> set_language = __import__("corpus.language").language.set_interface_language
    >>> set_language("en")
    >>> to_csv(["login"], [["=1+1"]]).decode("utf-8-sig").splitlines()
    ['login', "'=1+1"]
    >>> set_language(None)
    """
    made = io.StringIO()
    # Where a comma separates decimals, spreadsheets expect a semicolon between cells.
    writer = csv.writer(made, delimiter=say(";", ","))
    writer.writerows([[_guarded(cell) for cell in row] for row in (headings, *rows)])
    return codecs.BOM_UTF8 + made.getvalue().encode()


def _guarded(cell: str) -> str:
    # One that begins like a guarded one gets another apostrophe, so that reading takes off what writing put on.
    return f"'{cell}" if cell.lstrip("'").startswith(_FORMULA) else cell


def _unguarded(cell: str) -> str:
    return cell[1:] if cell.startswith("'") and cell.lstrip("'").startswith(_FORMULA) else cell


def _text(content: bytes) -> str:
    if len(content) > LARGEST_KB * 1024:
        raise UsageError(
            pt=f"a lista passa de {LARGEST_KB} KB; envie um arquivo menor",
            en=f"the list is larger than {LARGEST_KB} KB; send a smaller file",
        )
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        if b"\0" in content:
            raise _no_text()
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            # What Excel saves as plain CSV in Western Europe and the Americas.
            return content.decode("cp1252")
        except UnicodeDecodeError as error:
            raise _no_text() from error


def _no_text() -> UsageError:
    return UsageError(
        pt="o arquivo não é texto; no programa de planilhas, salve-o como CSV (UTF-8)",
        en="the file is no text; in the spreadsheet program save it as CSV (UTF-8)",
    )


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Each line that says something, with the number of the line that it begins at."""
    said = re.match(r"sep=(.)\r?\n", text)  # what Excel reads and writes above the headings
    begin = 2 if said else 1
    rest = text[said.end() :] if said else text
    heading = next((line for line in rest.splitlines() if line.strip()), "")
    delimiter = said.group(1) if said else max(",;\t", key=heading.count)
    reader = csv.reader(io.StringIO(rest, newline=""), delimiter=delimiter)
    before = 0
    for cells in reader:
        number, before = begin + before, reader.line_num
        if any(cell.strip() for cell in cells):
            yield number, [_unguarded(cell.strip()) for cell in cells]


def _rows(headings: Sequence[str], lines: Sequence[tuple[int, list[str]]]) -> Iterator[Row]:
    places = [_first(headings, names) for names in (_LOGIN, _NAME, _SURNAME, _ROLES)]
    seen: dict[str, int] = {}
    for number, cells in lines:
        login, name, surname, named = ("" if at is None or at >= len(cells) else cells[at] for at in places)
        name = " ".join(f"{name} {surname}".split())
        try:
            roles = _roles_of(named)
            _check(login, name, cells[len(headings) :])
            if (earlier := seen.setdefault(login_of(login), number)) != number:
                raise UsageError(
                    pt=f"{login!r} já está na linha {earlier}; deixe uma só",
                    en=f"{login!r} is in line {earlier} already; leave one of them",
                )
        except MonitoriaError as error:
            yield Row(number, login[:_LONGEST], name[:_LONGEST], frozenset(), error)
        else:
            yield Row(number, login, name or login, roles)


def _roles_of(named: str) -> frozenset[Role]:
    words = [word for word in re.split(r"[,;/|\s]+", named) if word]
    unknown = next((word for word in words if fold_accents(word).casefold() not in _ROLE_WORDS), None)
    if unknown is not None:
        known = ", ".join(role_name(role) for role in ROLES)
        raise UsageError(
            pt=f"o papel {unknown!r:.60} não existe; use {known}, ou deixe vazio para estudante",
            en=f"there is no role {unknown!r:.60}; use {known}, or leave it empty for student",
        )
    return frozenset(_ROLE_WORDS[fold_accents(word).casefold()] for word in words) or frozenset({"student"})


def _check(login: str, name: str, beyond: Sequence[str]) -> None:
    stated_login(login)
    if not login.isprintable() or len(login) > _LONGEST or len(name) > _LONGEST:
        raise UsageError(
            pt=f"o login ou o nome tem quebras de linha ou mais de {_LONGEST} caracteres; veja se faltam aspas",
            en=f"the login or the name has line breaks or more than {_LONGEST} characters; look for a missing quote",
        )
    if any(cell.strip() for cell in beyond):
        raise UsageError(
            pt=f"a linha tem mais células que o cabeçalho ({beyond[0]!r:.60} sobra); ponha entre aspas o que tem "
            "separador dentro",
            en=f"the line has more cells than there are headings ({beyond[0]!r:.60} is left); quote what has a "
            "separator in it",
        )


def _first(headings: Sequence[str], names: Sequence[str]) -> int | None:
    """The place of the first of these names that is a heading."""
    return next((headings.index(name) for name in names if name in headings), None)
