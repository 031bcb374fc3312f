"""Typer's own words in its help pages and complaints, in the interface's language.

Typer knows English only. What it writes is translated once it is written, so that nothing of how it writes is ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from typer.core import TyperCommand, TyperGroup

from corpus.language import interface_language

if TYPE_CHECKING:
    from typer._click.core import Context

_HELP = (
    (r"^Usage: ", "Uso: "),
    (r"^Arguments:$", "Argumentos:"),
    (r"^Options:$", "Opções:"),
    (r"^Commands:$", "Comandos:"),
    (r"\[OPTIONS\]", "[OPÇÕES]"),
    (r"Show this message and exit\.", "Mostra esta ajuda e sai."),
    (r"\[required\]", "[obrigatório]"),
    (r"\[default:", "[padrão:"),
    (r"; required\]", "; obrigatório]"),
)
# What a value is; the column after it stays where it is.
_TYPES = {"str": "texto", "path": "caminho", "list[Path]": "caminho", "list[str]": "texto"} | {
    "int": "número",
    "int range": "número",
    "float": "número",
}
_TYPE = re.compile(r" <([a-zA-Z\[\] ]+)>( *)")
# What it says of wrong use.
_WRONG_USE = (
    (r"Missing option (.+?)\.?$", r"falta a opção \1."),
    (r"Missing argument (.+?)\.?$", r"falta o argumento \1."),
    (r"Missing command\.?$", "falta o comando."),
    (r"No such option: (\S+) \(Possible options: (.+)\)", r"a opção \1 não existe; parecidas: \2."),
    (r"No such option: (\S+).*", r"a opção \1 não existe."),
    (r"No such command (\S+)\. Did you mean (.+)\?", r"o comando \1 não existe; quis dizer \2?"),
    (r"No such command (.+?)\.?$", r"o comando \1 não existe."),
    (r"Option (\S+) requires an argument\.?", r"a opção \1 precisa de um valor."),
    (r"Option (\S+) does not take a value\.?", r"a opção \1 não leva valor."),
    (r"Invalid value for (.+?): .*valid integer.*", r"o valor de \1 não é um número inteiro."),
    (r"Invalid value for (.+?): .*valid number.*", r"o valor de \1 não é um número."),
    (r"Invalid value for (.+?): .*greater than or equal to (\S+)", r"o valor de \1 é menor que \2, o mínimo."),
    (r"Invalid value for (.+?): .*less than or equal to (\S+)", r"o valor de \1 é maior que \2, o máximo."),
    (r"Invalid value for (.+?): .*", r"valor impossível para \1."),
    (r"Got unexpected extra argument(?:s|\(s\))? \((.+)\)", r"sobrou \1; ponha aspas em volta da pergunta."),
)


class SpokenCommand(TyperCommand):
    """A command whose help page is in one language."""

    def get_help(self, ctx: Context) -> str:
        """The help page."""
        return _spoken(super().get_help(ctx))


class SpokenGroup(TyperGroup):
    """A group of commands whose help page is in one language."""

    def get_help(self, ctx: Context) -> str:
        """The help page."""
        return _spoken(super().get_help(ctx))


def wrong_use(message: str) -> str:
    """Typer's sentence on wrong use, in Portuguese where that is spoken."""
    one_line = " ".join(message.split())
    if interface_language() == "en":
        return one_line
    for pattern, spoken in _WRONG_USE:
        translated, found = re.subn(pattern, spoken, one_line)
        if found:
            return translated
    return one_line


def _spoken(page: str) -> str:
    if interface_language() == "en":
        return page
    for pattern, spoken in _HELP:
        page = re.sub(pattern, spoken, page, flags=re.MULTILINE)
    return _TYPE.sub(_spoken_type, page)


def _spoken_type(match: re.Match[str]) -> str:
    spoken, gap = _TYPES.get(match.group(1), match.group(1)), match.group(2)
    wider = len(spoken) - len(match.group(1))
    return f" <{spoken}>" + (" " * max(2, len(gap) - wider) if gap else "")
