"""Who may do what: roles, the actions each allows, and the refusal in two languages.

Every public action of `interfaces.service` asks here first; the menu only follows.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal, get_args

from corpus.language import say
from interfaces.history.records import Conversation, Person, Role
from rag.errors import MonitoriaError

__all__ = ["LOCAL", "MAY", "ROLES", "AccessDenied", "Action", "may", "need", "own", "role_name"]

Action = Literal[
    "ask",
    "read own",
    "see segments",
    "correct segments",
    "upload",
    "see asked questions",
    "evaluate",
    "annotate",
    "manage people",
    "see every course",
]

ROLES: tuple[Role, ...] = get_args(Role)

_STUDENT: frozenset[Action] = frozenset({"ask", "read own"})
MAY: Mapping[Role, frozenset[Action]] = MappingProxyType(
    {
        "student": _STUDENT,
        "instructor": _STUDENT
        | {
            "see segments",
            "correct segments",
            "upload",
            "see asked questions",
            "see every course",
        },
        "researcher": _STUDENT | {"see segments", "evaluate", "annotate"},
        "admin": frozenset(get_args(Action)),
    }
)

# Who everybody is where nobody logs in.
LOCAL = Person(person_id="local", login="local", name="local", roles=frozenset(ROLES))

_ACTIONS: Mapping[Action, tuple[str, str]] = MappingProxyType(
    {
        "ask": ("fazer perguntas", "ask questions"),
        "read own": ("ver as próprias conversas", "read one's own conversations"),
        "see segments": ("examinar os trechos", "look into the segments"),
        "correct segments": ("corrigir trechos", "correct segments"),
        "upload": ("enviar material", "upload material"),
        "see asked questions": ("ver as perguntas feitas", "see the questions asked"),
        "evaluate": ("avaliar respostas em lote", "evaluate in batches"),
        "annotate": ("anotar respostas", "annotate answers"),
        "manage people": ("cuidar das pessoas e dos papéis", "manage people and roles"),
        "see every course": ("ver todos os cursos", "see every course"),
    }
)
_NAMES: Mapping[Role, tuple[str, str]] = MappingProxyType(
    {
        "student": ("estudante", "student"),
        "instructor": ("docente", "instructor"),
        "researcher": ("pesquisa", "researcher"),
        "admin": ("administração", "admin"),
    }
)


class AccessDenied(MonitoriaError):
    """This person may not do that."""


def role_name(role: Role) -> str:
    """A role as people call it, in the interface's language."""
    return say(*_NAMES[role])


def may(person: Person, action: Action) -> bool:
    """Whether one of the person's roles allows the action."""
    return any(action in MAY[role] for role in person.roles)


def need(person: Person, action: Action) -> None:
    """Pass if the person may do it.

    Raises:
        AccessDenied: none of her roles allows it; the message says which would.
    """
    if may(person, action):
        return
    roles = [role for role in ROLES if action in MAY[role]]
    pt, en = _ACTIONS[action]
    raise AccessDenied(
        pt=f"{person.login} não pode {pt}; peça à administração um destes papéis: "
        + ", ".join(_NAMES[role][0] for role in roles),
        en=f"{person.login} may not {en}; ask an admin for one of these roles: "
        + ", ".join(_NAMES[role][1] for role in roles),
    )


def own(person: Person, conversation: Conversation) -> None:
    """Pass if the conversation is the person's own; no role reads another's.

    Raises:
        AccessDenied: it is somebody else's.
    """
    need(person, "read own")
    if conversation.person_id != person.person_id:
        raise AccessDenied(
            pt=f"esta conversa não é de {person.login}; abra uma das suas",
            en=f"this conversation is not {person.login}'s; open one of your own",
        )
