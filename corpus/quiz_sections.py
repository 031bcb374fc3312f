"""Where a lesson stops teaching and starts asking: self-assessments, exercises, answer keys.

They are questions, not material, and are never indexed. Parsing them is the work of `corpus.quizzes`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass

_LONGEST_HEADING = 80
# Whole headings, without accents, case, numbering and punctuation. "avaliação" alone, "prova" and "teste" are
# left out: in a course on machine learning, mathematics or software they head lessons.
_NAMES = re.compile(
    r"""
      (?:auto\s?avaliacao | avaliacao\sde\saprendizagem | verificacao\sde\saprendizagem)
    | (?:hora\sdo\s|mini\s?|pop\s|quick\s)? quiz(?:zes)? (?:\srapido|\stime|\sfinal)?
    | (?:end\sof\s(?:chapter|lesson|module|unit|section)|final|chapter|lesson) \s quiz
    | quiz \s (?:do|de) \s (?:fim|final) \s (?:do|de|da) \s (?:capitulo|aula|modulo|unidade)
    | questionario (?:\sfinal|\s(?:do|de)\s(?:fim|final)\s(?:do|de|da)\s(?:capitulo|aula|modulo|unidade))?
    | (?:lista\sde\s)? exercicios? (?:\s(?:de\s(?:fixacao|revisao|aprendizagem)|propostos|resolvidos|praticos))?
    | atividades? \s (?:de\s(?:fixacao|revisao|aprendizagem)|avaliativas?)
    | (?:questao|pergunta|exercicio|question|exercise) \s [0-9]{1,3}
    | questoes (?:\s(?:de|para)\s(?:fixacao|revisao))?
    | perguntas \s (?:de|para) \s (?:fixacao|revisao)
    | (?:teste|verifique|avalie) \s (?:os\s)? seus \s conhecimentos | teste \s de \s conhecimentos
    | gabaritos? (?:\s(?:comentado|oficial))? | chave \s de \s (?:respostas|correcao)
    | (?:suas\s)? respostas (?:\s(?:esperadas|corretas|comentadas))?
    | (?:gabarito|respostas|solucoes|resolucao) \s (?:do|da|dos|das|ao|a|aos|as)
        \s (?:quiz|exercicios?|questoes|questionario|auto\s?avaliacao|perguntas|atividades?)
    | self \s (?:assessment|evaluation|test|check)s? | (?:practice|review) \s questions | (?:practice\s)? exercises?
    | answers? \s keys? | answers | (?:answers|solutions) \s (?:to|for|of) \s (?:the\s)? (?:exercises|questions|quiz)
    | (?:check|test) \s your \s (?:understanding|knowledge|learning) | knowledge \s checks?
    """,
    re.VERBOSE,
)
_REVEALS = re.compile(
    r"(?:(?:ver|veja|mostrar|revelar|clique para ver|show|reveal|click to (?:show|reveal)) )?(?:a |as |the )?"
    r"(?:respostas?|solucao|solucoes|gabarito|answers?|solutions?)"
)
_QUALIFIER = re.compile(
    r"(?:\s(?:do|da|de|of|for|the))*\s(?:aula|capitulo|modulo|unidade|semana|secao|lesson|chapter|module|unit|week"
    r"|section)(?:\s[0-9ivx]{1,4})?$|\s[0-9]{1,3}$"
)
_NUMBERING = re.compile(r"^(?:[0-9]{1,3}\s)+")
_ATX = re.compile(r" {0,3}(#{1,6})[ \t]+(\S.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})")
_ITEM = re.compile(
    r"[-*•]\s|\(?(?:[0-9]{1,3}|[a-eA-EivxIVX]{1,4})\s?[.)\-–:]|\(\s*\)|\[[ xX]\]|(?:V|F)\b|\W*[0-9]+\W*$"
)
_COMPONENT = re.compile(r"<Question\b|<quiz\b[^<>\n]{0,200}>", re.IGNORECASE)


def is_quiz_heading(heading: str) -> bool:
    """Whether a heading, as a whole, announces questions or their answers.

    >>> [is_quiz_heading(text) for text in ("📝 4. **Autoavaliação**", "Gabarito da aula 3", "End-of-chapter quiz")]
    [True, True, True]
    >>> [is_quiz_heading(text) for text in ("Respostas em milissegundos", "Avaliação de modelos", "Quiz em Python")]
    [False, False, False]
    """
    words = _NUMBERING.sub("", _folded(heading))
    return any(
        all(_NAMES.fullmatch(part) for part in re.split(r" (?:e|and) ", whole))
        for whole in (words, _QUALIFIER.sub("", words))
    )


def hides_answers(summary: str) -> bool:
    """Whether a folded box with this title holds questions or answers (``<details>``, ``??? success``).

    >>> hides_answers("Ver resposta"), hides_answers("Dica")
    (True, False)
    """
    return is_quiz_heading(summary) or _REVEALS.fullmatch(_folded(summary)) is not None


def _folded(heading: str) -> str:
    """A heading's bare words: no accents, case, markup, signs; empty where it is too long to be a heading."""
    if len(heading) > _LONGEST_HEADING:
        return ""
    bare = re.sub(r"\[\[[^\]]*\]\]|\{[^}]*\}", " ", heading)
    folded = "".join(c for c in unicodedata.normalize("NFKD", bare.casefold()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", folded).split())


@dataclass(frozen=True, slots=True)
class Section:
    """A Markdown heading with the lines below it, up to the next heading of its level or a higher one.

    ``start`` is the heading's line and ``end`` the line after the last, both 0-based.
    """

    level: int
    title: str
    start: int
    end: int


def sections(lines: list[str]) -> list[Section]:
    """Every ATX section, in order; a ``#`` inside fenced code is no heading."""
    headings = list(_headings(lines))
    found: list[Section] = []
    open_at: list[int] = []
    ends = [len(lines)] * len(headings)
    for position, (level, _, start) in enumerate(headings):
        while open_at and headings[open_at[-1]][0] >= level:
            ends[open_at.pop()] = start
        open_at.append(position)
    for (level, title, start), end in zip(headings, ends, strict=True):
        found.append(Section(level, title, start, end))
    return found


def _headings(lines: list[str]) -> Iterator[tuple[int, str, int]]:
    fence = ""
    for number, line in enumerate(lines):
        mark = _FENCE.match(line)
        if mark is not None and not fence and "```" not in line[mark.end() :]:
            fence = mark.group(1)
        elif mark is not None and fence and mark.group(1).startswith(fence) and not line[mark.end() :].strip():
            fence = ""
        heading = None if fence or len(line) > 1000 else _ATX.match(line)
        if heading is not None:
            yield len(heading.group(1)), heading.group(2), number


@dataclass(frozen=True, slots=True)
class Component:
    """A question written as a tag: ``<quiz>…</quiz>`` (MkDocs) or ``<Question …/>`` (MDX).

    ``start`` and ``end`` are character offsets; ``body`` is what stands between.
    """

    name: str
    start: int
    end: int
    body: str


def components(text: str) -> list[Component]:
    """Every question component, in order; one that is never closed reaches to the next blank line."""
    found: list[Component] = []
    position = 0
    while (opening := _COMPONENT.search(text, position)) is not None:
        name = "quiz" if opening.group().lower().startswith("<quiz") else "Question"
        inner, end = _quiz_end(text, opening.end()) if name == "quiz" else _question_end(text, opening.end())
        found.append(Component(name, opening.start(), end, text[opening.end() : inner]))
        position = end
    return found


def _quiz_end(text: str, position: int) -> tuple[int, int]:
    closing = re.compile(r"</quiz\s{0,10}>", re.IGNORECASE).search(text, position)
    following = re.compile(r"<quiz\b", re.IGNORECASE).search(text, position)
    if closing is None or (following is not None and following.start() < closing.start()):
        return _blank_line(text, position)
    return closing.start(), closing.end()


def _question_end(text: str, position: int) -> tuple[int, int]:
    """The ``/>`` that closes the tag: not one inside a string, where ``<br/>`` may stand."""
    mark = re.compile(r"[\"'`]|/>")
    opened = position
    while (found := mark.search(text, position)) is not None:
        if found.group() == "/>":
            return found.start(), found.end()
        position = _string_end(text, found.start())
        if position < 0:
            break
    return _blank_line(text, opened)


def _string_end(text: str, start: int) -> int:
    closing = re.compile(rf"\\.|{text[start]}", re.DOTALL)
    for found in closing.finditer(text, start + 1):
        if len(found.group()) == 1:
            return found.end()
    return -1


def _blank_line(text: str, position: int) -> tuple[int, int]:
    found = text.find("\n\n", position)
    end = len(text) if found < 0 else found
    return end, end


def blank_out(text: str, start: int, end: int) -> str:
    """The text with a stretch emptied; its line breaks stay, so that line numbers do."""
    return text[:start] + "\n" * text.count("\n", start, end) + text[end:]


def without_components(text: str) -> str:
    """Markdown without question components and, for MDX, without the heading and code that ask the question."""
    kept: list[str] = []
    position = 0
    for component in components(text):
        start = component.start
        if component.name == "Question":
            asked = [match.start() for match in re.finditer(r"^#{2,6} ", text[position:start], re.MULTILINE)]
            start = position + asked[-1] if asked else start
        kept.append(text[position:start])
        kept.append("\n" * text.count("\n", start, component.end))
        position = component.end
    kept.append(text[position:])
    return "".join(kept)


def without_plain_quizzes(lines: list[str], inside: bool = False) -> tuple[list[str], bool]:
    """Plain text's lines with those of self-assessments emptied, and whether one still goes on at the end.

    Plain text has no heading levels: a section of questions ends at a title-like line that prose follows.
    """
    kept: list[str] = []
    for number, line in enumerate(lines):
        stripped = line.strip()
        if stripped and len(stripped) <= _LONGEST_HEADING and stripped[-1] not in ".,;?!" and is_quiz_heading(stripped):
            inside = True
        elif inside and _is_title(stripped) and _prose_follows(lines, number):
            inside = False
        kept.append("" if inside else line)
    return kept, inside


def continues_quiz(line: str) -> bool:
    """Whether a page that starts with this line goes on asking or answering."""
    return bool(_ITEM.match(line.strip())) or line.rstrip().endswith("?")


def _is_title(line: str) -> bool:
    return (
        0 < len(line) <= _LONGEST_HEADING and line[0].isupper() and line[-1] not in ".,;:?!" and not _ITEM.match(line)
    )


def _prose_follows(lines: list[str], number: int) -> bool:
    following = next((line.strip() for line in lines[number + 1 :] if line.strip()), "")
    return len(following) > _LONGEST_HEADING and not _ITEM.match(following) and not following.endswith("?")
