"""`monitoria people`: who may use the app where it asks for a login, kept in the app's database by whoever runs it."""

from __future__ import annotations

import getpass
import os
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from corpus.errors import UsageError
from corpus.language import say
from interfaces.spoken_help import SpokenCommand

if TYPE_CHECKING:
    from interfaces.history.database import History
    from interfaces.history.records import Person, Role
    from interfaces.service.enrolling import Enrolled

_ROLES = "student,instructor,researcher,admin"
Login = Annotated[str, typer.Argument(metavar="LOGIN")]


def people(options: dict[str, Any]) -> typer.Typer:
    """The commands, with help in the interface's language."""
    group = typer.Typer(
        help=say("Pessoas que entram no app com senha.", "People who sign in to the app with a password."),
        no_args_is_help=True,
        **options,
    )
    for name, function, example, told in (
        ("add", add, "add ana@exemplo.br --roles admin", say("Cria uma pessoa e pede a senha.", "Add a person.")),
        (
            "import",
            import_people,
            "import turma.csv --passwords senhas.csv",
            say(
                "Cria as pessoas de uma turma (CSV), com senhas feitas aqui.", "Add a class (CSV), with made passwords."
            ),
        ),
        ("list", list_people, "list", say("Lista as pessoas e seus papéis.", "List people and their roles.")),
        ("roles", roles, "roles ana@exemplo.br instructor,researcher", say("Troca os papéis.", "Change roles.")),
        ("password", password, "password ana@exemplo.br", say("Troca a senha.", "Change the password.")),
        ("remove", remove, "remove ana@exemplo.br", say("Apaga alguém e tudo o que é seu.", "Delete a person.")),
    ):
        epilog = say("Exemplo: ", "Example: ") + f"monitoria people {example}"
        group.command(name, help=told, epilog=epilog, cls=SpokenCommand)(function)
    return group


def add(
    login: Login,
    name: Annotated[str, typer.Option("--name", help=say("nome que se mostra", "the name that is shown"))] = "",
    roles: Annotated[str, typer.Option("--roles", metavar=_ROLES, help=say("papéis", "roles"))] = "student",
) -> None:
    """Add a person with her password."""
    from interfaces.history.enrolling import Newcomer, add_people
    from interfaces.history.known import stated_login
    from interfaces.history.passwords import hashed
    from interfaces.history.people import person_by_login

    wanted = _roles("--roles", roles)
    history = _history()
    stated = stated_login(login)
    if person_by_login(history, stated) is not None:
        raise _there_already(login)
    (added,) = add_people(
        history, [Newcomer(stated, name.strip() or stated, frozenset(wanted), hashed(_typed_password()))]
    )
    if added is None:  # somebody else added her while the password was typed
        raise _there_already(login)
    print(_line(added))


def import_people(
    file: Annotated[Path, typer.Argument(metavar="FILE")],
    passwords: Annotated[
        Path,
        typer.Option(
            "--passwords",
            metavar="CSV",
            help=say("arquivo novo para as senhas feitas", "a new file for the passwords that are made"),
        ),
    ],
) -> None:
    """Add a class: columns login, name and, if wanted, roles; a bad line is told and stops no other.

    Raises:
        UsageError: the file cannot be read or is no such list, or the one for the passwords is there or cannot be made.
    """
    from interfaces import render
    from interfaces.service.class_list import read_class
    from interfaces.service.enrolling import enrol, passwords_csv

    rows = read_class(_content(file))
    history = _history()
    # Before anybody is added: a password that is written nowhere is nobody's.
    with _new_file(passwords) as stream:
        with render.bars() as progress:
            enrolled = enrol(history, rows, lambda done, of: progress(say("senhas", "passwords"), done, of))
        stream.write(passwords_csv(enrolled))
    counted = Counter(one.outcome for one in enrolled)
    for one in enrolled:
        print(_told(one))
    if not counted["added"]:
        passwords.unlink()
    added, there, refused = counted["added"], counted["there"], counted["refused"]
    print(
        say(
            f"acrescentadas: {added}; já existiam: {there}; recusadas: {refused}",
            f"added: {added}; there already: {there}; refused: {refused}",
        )
        + (say(f"; senhas em {passwords}", f"; passwords in {passwords}") if added else "")
    )
    if refused and refused == len(enrolled):
        raise typer.Exit(1)


def list_people() -> None:
    """List everybody."""
    from interfaces.history.people import people as everybody

    for person in everybody(_history()):
        print(_line(person))


def roles(login: Login, roles: Annotated[str, typer.Argument(metavar=_ROLES)]) -> None:
    """Give a person these roles and no others."""
    from interfaces.history.people import set_roles

    wanted = _roles("ROLES", roles)
    history = _history()
    print(_line(set_roles(history, _known(history, login).person_id, wanted)))


def password(login: Login) -> None:
    """Give a person another password."""
    from interfaces.history.people import set_password

    history = _history()
    person = _known(history, login)
    set_password(history, person.person_id, _typed_password())
    print(say(f"a senha de {person.login} foi trocada", f"the password of {person.login} was changed"))


def remove(
    login: Login,
    index: Annotated[
        list[Path] | None,
        typer.Option("--index", metavar="DIR", help=say("índices que ela corrigiu", "indexes that she corrected")),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help=say("não pergunta antes", "do not ask first"))] = False,
) -> None:
    """Delete a person with her conversations, ratings and annotations; her corrections stay, without her name.

    The courses are those of app.courses, or of --index, as the app has them.
    """
    from interfaces.service.account import delete_all
    from interfaces.service.desk import open_desk

    desk = open_desk(index or ())
    person = _known(desk.history, login)
    if not yes:
        _make_sure(person.login)
    delete_all(desk, person)
    desk.close()
    print(say(f"{person.login} e tudo o que era seu foi apagado", f"{person.login} and all that was hers is deleted"))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            pt=f"a lista {file} não pôde ser lida ({reason}); confira o caminho",
            en=f"the list {file} could not be read ({reason}); check the path",
        ) from error


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """A file made now, for its owner alone; gone again where nothing came of it."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            pt=f"o arquivo {path} para as senhas não pôde ser criado ({reason}); dê outro nome com --passwords",
            en=f"the file {path} for the passwords could not be made ({reason}); give another name with --passwords",
        ) from error
    try:
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _told(one: Enrolled) -> str:
    from interfaces.render import clean

    names = {
        "added": say("acrescentada", "added"),
        "there": say("já existia", "there already"),
        "refused": say("recusada", "refused"),
    }
    fault = "" if one.fault is None else f": {one.fault}"
    return clean(f"{one.number}\t{one.login}\t{names[one.outcome]}{fault}")


def _there_already(login: str) -> UsageError:
    return UsageError(
        pt=f"{login} já existe; troque os papéis com monitoria people roles, a senha com people password",
        en=f"{login} is there already; change roles with monitoria people roles, the password with people password",
    )


def _make_sure(login: str) -> None:
    asked = say(f"Apagar {login} e tudo o que é seu? [s/N] ", f"Delete {login} and all that is hers? [y/N] ")
    if not sys.stdin.isatty():
        raise UsageError(pt="sem terminal não há a quem perguntar; use --yes", en="nobody is there to ask; use --yes")
    if input(asked).strip().casefold() not in ("s", "sim", "y", "yes"):
        raise UsageError(pt="nada foi apagado", en="nothing was deleted")


def _history() -> History:
    from interfaces.history.database import History
    from interfaces.history.locating import database_of
    from rag.config import load_settings

    return History.open(database_of(load_settings().app))


def _known(history: History, login: str) -> Person:
    from interfaces.history.people import person_by_login

    person = person_by_login(history, login)
    if person is None:
        raise UsageError(
            pt=f"não há {login!r:.80}; veja quem há com monitoria people list",
            en=f"there is no {login!r:.80}; see who is there with monitoria people list",
        )
    return person


def _roles(option: str, named: str) -> list[Role]:
    from interfaces.access import ROLES
    from interfaces.eval_commands import named_of

    return named_of(option, named, ROLES)


def _typed_password() -> str:
    """A password typed twice at a terminal, or one line of what is piped in; never an argument, which others see."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\r\n")
    typed = getpass.getpass(say("Senha: ", "Password: "))
    if getpass.getpass(say("Outra vez: ", "Once more: ")) != typed:
        raise UsageError(pt="as senhas não são iguais; tente de novo", en="the passwords differ; try again")
    return typed


def _line(person: Person) -> str:
    from interfaces.render import clean

    return clean(f"{person.login}\t{person.name}\t{', '.join(sorted(person.roles))}")
