"""What is wrong with a setting, in words: pydantic's faults name types that nobody writes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from rag.errors import SettingsError


def in_plain_words(error: ValidationError) -> SettingsError:
    """The first of the faults: which setting, its value, and what it may be."""
    first = error.errors()[0]
    place = ".".join(str(part) for part in first["loc"])
    value = first.get("input")
    if first["type"] == "extra_forbidden":
        return SettingsError(
            pt=f"a configuração {place} não existe; veja as que existem no README",
            en=f"the setting {place} does not exist; the README lists those that do",
        )
    pt, en = _limit(first)
    return SettingsError(
        pt=f"a configuração {place} tem um valor impossível, {value!r}: {pt}",
        en=f"the setting {place} has an impossible value, {value!r}: {en}",
    )


_SHAPES = {
    "bool_parsing": ("use true ou false", "use true or false"),
    "bool_type": ("use true ou false", "use true or false"),
    "tuple_type": ("use uma lista", "use a list"),
    "dict_type": (
        "use uma tabela de logins e papéis, como { 'ana@exemplo.br' = ['instructor'] }; em app.members, de pastas de "
        "cursos e logins",
        "use a table of logins and roles, such as { 'ana@example.org' = ['instructor'] }; in app.members, of course "
        "folders and logins",
    ),
}


def _limit(fault: Mapping[str, Any]) -> tuple[str, str]:
    """What a value should have been, in both languages."""
    context = fault.get("ctx", {})
    if "ge" in context or "gt" in context:
        low = context.get("ge", context.get("gt"))
        if "ge" in context:
            return f"use pelo menos {low}", f"use at least {low}"
        return f"use mais que {low}", f"use more than {low}"
    if "le" in context:
        return f"use no máximo {context['le']}", f"use at most {context['le']}"
    if "expected" in context:
        return f"use {context['expected']}", f"use {context['expected']}"
    if fault["type"] in _SHAPES:
        return _SHAPES[fault["type"]]
    return "precisa ser um número", f"{fault['msg'][0].lower()}{fault['msg'][1:]}"
