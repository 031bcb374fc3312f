"""Exam questions with the model answer below each: ``9. Why …?``, an empty line, paragraphs and lists that answer.

Answers have numbered lists too. Where lines say ``Questão 9`` or ``Question 9``, these are the questions. Elsewhere
one begins where a paragraph begins with a number larger than the last question's and asks: it has a question mark, or
a sentence that begins with "explique", "define", … . An item is none that follows a colon or goes on with a list.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from corpus.language import fold_accents
from corpus.quizzes import parse_quizzes
from corpus.records import QuizQuestion

_NAMED = re.compile(
    r" {0,3}(?:#{1,6} +)?[*_]{0,3}(?:quest[ãa]o|pergunta|exerc[íi]cio|question|exercise) +(?:n[.ºo°]{1,2} *)?"
    r"([0-9]{1,3})[*_]{0,3} *(?:[.):–—-]+|$)[*_]{0,3} *(.*)",
    re.IGNORECASE,
)
_ITEM = re.compile(r" {0,3}(?:#{1,6} +)?[*_]{0,3}([0-9]{1,3}) ?(?:[.)º]+|[-–—] )[*_]{0,3}\s+(\S.*)")
_ANSWER = re.compile(
    r" {0,3}(?:#{1,6} +)?[*_]{0,3}(?:R|(?:padr[ãa]o de )?resposta(?: (?:esperada|modelo|correta))?|gabarito"
    r"|solu[çc][ãa]o|(?:(?:model|expected|sample|correct) )?answer|solution)[*_]{0,3} *(?::[*_]{0,3}\s*(.*)|$)",
    re.IGNORECASE,
)
_FENCE = re.compile(r" {0,3}(?:`{3,}|~{3,})")
_HEADING = re.compile(r" {0,3}#{1,6} ")
_BETWEEN = re.compile(r" {0,3}(?:#{1,6} .*|[-*_](?: *[-*_]){2,} *)?$")
_OF_AN_ITEM = re.compile(r"\s|[-*•+] |$")
_LETTER = re.compile(r"[*_(]{0,3}[a-hA-H]\s?(?:[.)*_]{1,4}|\n|$)")
_SENTENCE = re.compile(r"(?<=[.?!:;])\s+")
# How a sentence begins that asks without a question mark; accents folded.
_ASKING = frozenset(
    "explique descreva defina cite justifique compare discuta comente diferencie liste enumere apresente analise "
    "calcule determine mostre demonstre prove indique identifique escreva responda disserte relacione conceitue "
    "exemplifique esboce desenhe considere suponha dado dada seja aponte interprete resolva implemente obtenha "
    "explain describe define name list justify discuss comment give state compute calculate determine show derive "
    "write identify outline consider suppose given sketch contrast distinguish summarise summarize solve".split()
)
_MOST_WORDS_BEFORE = 80  # of whoever sets the exam; a lesson has more


@dataclass(frozen=True, slots=True)
class _Item:
    """A numbered line.

    Attributes:
        first: the line without its number; ``paragraph`` has those that belong to it too.
        opens: a paragraph begins with it.
        above: the last line before it that has text.
        followed: after its paragraph comes text that is no numbered line.
    """

    line: int
    number: int
    first: str
    paragraph: str
    opens: bool
    above: str
    followed: bool

    @property
    def asks(self) -> bool:
        return _asks(self.paragraph)


def read_exam(text: str) -> tuple[QuizQuestion, ...]:
    r"""The questions of an exam by their own numbers, each with its answer; none where the text is no exam.

    >>> [question] = read_exam("9. Por que sim?\n\nPorque:\n\n1. é;\n2. foi.")
    >>> question.number, question.question, question.reference_answer
    (9, 'Por que sim?', 'Porque:\n\n1. é;\n2. foi.')
    """
    lines = text.split("\n")
    starts = _named(lines) or [(item.line, item.number, item.first) for item in _numbered(lines)]
    if not starts:
        return ()
    before = [line for line in lines[: starts[0][0]] if not _HEADING.match(line)]
    if len(" ".join(before).split()) > _MOST_WORDS_BEFORE:
        return ()
    ends = [*(line for line, _, _ in starts[1:]), len(lines)]
    read = [
        _question(number, [first, *lines[line + 1 : end]])
        for (line, number, first), end in zip(starts, ends, strict=True)
    ]
    return tuple(question for question in read if question.question)


def _named(lines: Sequence[str]) -> list[tuple[int, int, str]]:
    found = [(place, _NAMED.match(line)) for place, line in enumerate(lines)]
    return [(place, int(match.group(1)), match.group(2)) for place, match in found if match is not None]


def _numbered(lines: Sequence[str]) -> list[_Item]:
    items = _items(lines)
    chosen: list[_Item] = []
    for place, item in enumerate(items):
        asked = chosen[-1] if chosen else None
        before = items[place - 1] if place and items[place - 1] is not asked else None
        if before is not None and not _goes_on(before, item, lines):
            before = None
        if _is_question(item, asked, before, items[place + 1 :]):
            chosen.append(item)
    return chosen


def _items(lines: Sequence[str]) -> list[_Item]:
    found: list[_Item] = []
    above, opens, fenced = "", True, False
    for place, line in enumerate(lines):
        if _FENCE.match(line):
            fenced = not fenced
        match = None if fenced else _ITEM.match(line)
        if match is not None:
            rest = lines[place + 1 :]
            end = next((n for n, other in enumerate(rest) if not other.strip() or _ITEM.match(other)), len(rest))
            paragraph = " ".join([match.group(2), *(other.strip() for other in rest[:end])])
            following = next((other for other in rest[end:] if other.strip()), None)
            followed = following is not None and not _ITEM.match(following)
            found.append(_Item(place, int(match.group(1)), match.group(2), paragraph, opens, above, followed))
        above = line.strip() or above
        opens = _BETWEEN.match(line) is not None
    return found


def _goes_on(before: _Item, item: _Item, lines: Sequence[str]) -> bool:
    """Whether an item is the next of the list that the one before it, which is no question, stands in.

    A list without empty lines is not continued after one.
    """
    if before.number != item.number - 1 or (item.opens and not before.opens):
        return False
    between = lines[before.line + 1 : item.line]
    own = next((n for n, line in enumerate(between) if not line.strip()), len(between))
    return all(_OF_AN_ITEM.match(line) for line in between[own:])


def _is_question(item: _Item, asked: _Item | None, before: _Item | None, later: Sequence[_Item]) -> bool:
    """Whether an item is the question after ``asked``; ``before`` is that of an answer's list which it goes on with."""
    if asked is not None and item.number <= asked.number:
        return False
    if not item.opens:
        # Question and answer on lines of one paragraph: then the numbers leave no gap.
        gap = asked is None or item.number != asked.number + 1
        return not gap and before is None and "?" in item.first and not item.above.endswith(":")
    rivals = [other for other in later if other.number == item.number and other.opens and other.asks]
    if item.above.endswith(":") and (asked is not None or rivals):
        return False
    return item.asks and (before is None or (item.followed and not before.asks and not rivals))


def _asks(text: str) -> bool:
    first_words = (fold_accents(sentence.split(" ", 1)[0]).lower() for sentence in _SENTENCE.split(text))
    return "?" in text or any(word.strip("*_,") in _ASKING for word in first_words)


def _question(number: int, lines: list[str]) -> QuizQuestion:
    while lines and not lines[0].strip():
        lines = lines[1:]
    while lines and _BETWEEN.match(lines[-1]):
        lines = lines[:-1]
    marks = [(place, match) for place, line in enumerate(lines) if (match := _ANSWER.match(line)) is not None]
    if marks:
        place, match = marks[0]
        asked, answer = lines[:place], "\n".join([match.group(1) or "", *lines[place + 1 :]]).strip()
        with_choices = _with_choices(asked, answer)
        if with_choices is not None:
            return replace(with_choices, number=number)
    else:
        end = _end(lines)
        asked, answer = lines[:end], "\n".join(lines[end:]).strip()
    bold = "\n".join([line.strip(" *") for line in asked[:1]] + asked[1:]).strip()
    return QuizQuestion(number=number, question=bold.strip("* "), reference_answer=answer or None)


def _with_choices(asked: Sequence[str], key: str) -> QuizQuestion | None:
    """A question with lettered choices, where its key is one of their letters."""
    if not asked or not _LETTER.match(key):
        return None
    found = parse_quizzes("\n".join(["# Quiz", "", f"1. {asked[0]}", *asked[1:], "", "# Gabarito", "", f"1. {key}"]))
    return found[0] if len(found) == 1 and any(choice.correct for choice in found[0].choices) else None


def _end(lines: Sequence[str]) -> int:
    """The line after a question's last: of its paragraph, or of the one that asks where the first leads up to it.

    Where nothing follows, the question ends with its first line that ends a sentence.
    """
    end = _paragraph_end(lines, 0)
    if end < len(lines):
        if lines[end - 1].rstrip().endswith(":"):
            begin = end
            while begin < len(lines):
                further = _paragraph_end(lines, begin + 1)
                if further < len(lines) and _asks(" ".join(lines[begin:further]).strip()):
                    return further
                begin = further
        return end
    return next((n for n, line in enumerate(lines, start=1) if line.rstrip().endswith(("?", ".", ":", "!"))), end)


def _paragraph_end(lines: Sequence[str], begin: int) -> int:
    return next((n for n in range(begin, len(lines)) if not lines[n].strip()), len(lines))
