"""What an admin does with people: see who is there, add, give roles and passwords, remove.

Where an identity provider says who comes, there are no passwords, and roles are what ``app.roles`` says: then she may
see, and remove what is kept of somebody.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from corpus.errors import UsageError
from interfaces.access import need
from interfaces.history import people as kept
from interfaces.history.admins import is_last_admin
from interfaces.history.enrolling import Newcomer, add_people
from interfaces.history.enrolling import everybody as all_kept
from interfaces.history.errors import LastAdmin
from interfaces.history.known import stated_login
from interfaces.history.passwords import hashed, made
from interfaces.history.records import Person, Role
from interfaces.service.account import delete_all
from interfaces.service.class_list import read_class
from interfaces.service.desk import Desk
from interfaces.service.enrolling import Enrolled, Step, enrol
from interfaces.service.provider import roles_by_settings


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody as an admin sees her.

    Attributes:
        person_id: empty where the settings name her and she has not come yet.
        roles: those that she has when she comes.
        signs_in: whether she can: with a password where passwords are asked for, else always.
    """

    person_id: str
    login: str
    name: str
    roles: frozenset[Role]
    signs_in: bool


@dataclass(frozen=True, slots=True)
class Handed:
    """A password that the app made for somebody: known here and nowhere else."""

    login: str
    password: str = field(repr=False)


def everybody(desk: Desk, person: Person) -> list[Known]:
    """Everybody who is kept, by login; with an identity provider also those whom the settings name.

    Raises:
        AccessDenied: the person may not manage people.
    """
    need(person, "manage people")
    found = all_kept(desk.history)
    if desk.settings.app.login != "oidc":
        return [Known(one.person_id, one.login, one.name, one.roles, able) for one, able in found]
    known = [Known(one.person_id, one.login, one.name, roles_by_settings(desk, one.login), True) for one, _ in found]
    come = {one.login for one in known}
    named = [
        Known("", login, login, roles_by_settings(desk, login), True)
        for login in desk.settings.app.roles
        if login not in come
    ]
    return sorted([*known, *named], key=lambda one: one.login)


def add(
    desk: Desk, person: Person, login: str, name: str, roles: Iterable[Role], password: str = ""
) -> tuple[Person, Handed | None]:
    """Add somebody with this password, or with one of the app's making where it is empty.

    Raises:
        UsageError: no login, no role, or the login is taken.
        PasswordRefused: too short or too long.
    """
    _need_passwords(desk, person)
    login, wanted = stated_login(login), _some(roles)
    given = password or made()
    (added,) = add_people(desk.history, [Newcomer(login, name.strip() or login, wanted, hashed(given))])
    if added is None:
        raise UsageError(
            pt=f"{login!r:.80} já existe; escolha essa pessoa na lista para trocar os papéis ou a senha",
            en=f"{login!r:.80} is there already; choose that person in the list to change roles or the password",
        )
    return added, None if password else Handed(added.login, given)


def add_class(desk: Desk, person: Person, given: bytes | str, report: Step | None = None) -> list[Enrolled]:
    """Add a class by its list (`class_list`); what became of each of its lines.

    Raises:
        UsageError: it is no such list.
    """
    _need_passwords(desk, person)
    return enrol(desk.history, read_class(given), report)


def change_roles(desk: Desk, person: Person, person_id: str, roles: Iterable[Role]) -> Person:
    """Give somebody these roles and no others.

    Raises:
        UsageError: no role is named.
        LastAdmin: nobody would be left who may manage people.
        NotKept: no such person.
    """
    _need_passwords(desk, person)
    return kept.set_roles(desk.history, person_id, _some(roles), keeps_admin=True)


def give_password(desk: Desk, person: Person, person_id: str, password: str = "") -> Handed | None:
    """Give somebody else another password, of the app's making where it is empty; her sessions end.

    Raises:
        UsageError: it is the person herself.
        PasswordRefused: too short or too long.
        NotKept: no such person.
    """
    _need_passwords(desk, person)
    if person_id == person.person_id:
        raise UsageError(
            pt="esta é a sua senha; troque-a em Minha conta, com a senha atual",
            en="this is your own password; change it in My account, with the present one",
        )
    given = password or made()
    kept.set_password(desk.history, person_id, given)
    return None if password else Handed(kept.person(desk.history, person_id).login, given)


def remove(desk: Desk, person: Person, person_id: str) -> Person:
    """Delete somebody with all that is hers, as `monitoria people remove` does; returns who it was.

    Raises:
        UsageError: it is the person herself.
        LastAdmin: nobody would be left who may manage people.
        NotKept: no such person.
        IndexProblem: a course is busy or damaged, so that her name could not be taken off; nothing is deleted.
    """
    need(person, "manage people")
    if person_id == person.person_id:
        raise UsageError(
            pt="esta é a sua conta; apague-a em Minha conta",
            en="this is your own account; delete it in My account",
        )
    gone = kept.person(desk.history, person_id)
    keeps_admin = desk.settings.app.login == "password"
    if keeps_admin and is_last_admin(desk.history, person_id):
        raise LastAdmin(gone.login)
    delete_all(desk, gone, keeps_admin=keeps_admin)
    return gone


def _need_passwords(desk: Desk, person: Person) -> None:
    need(person, "manage people")
    if desk.settings.app.login != "password":
        raise UsageError(
            pt=f'aqui não se entra com senha (app.login = "{desk.settings.app.login}"); papéis se dão em app.roles',
            en=f'nobody signs in with a password here (app.login = "{desk.settings.app.login}"); roles are given in '
            "app.roles",
        )


def _some(roles: Iterable[Role]) -> frozenset[Role]:
    wanted = frozenset(roles)
    if not wanted:
        raise UsageError(
            pt="nenhum papel foi escolhido; escolha ao menos um", en="no role was chosen; choose at least one"
        )
    return wanted
