"""Self-assessments and their answer keys, as topics for evaluation.

Read are MkDocs ``<quiz>`` blocks, MDX ``<Question>`` components, and sections such as ``# Autoavaliação``
with a ``# Gabarito`` behind. Nothing is invented: without a key no choice is marked as correct.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace

from corpus.quiz_sections import Component, Section, components, is_quiz_heading, sections
from corpus.records import Choice, QuizQuestion

_CHECKBOX = re.compile(r"\s{0,8}[-*+]\s+\[([ xX])\]\s?(.*)")
_LETTERED = re.compile(r"\s{0,12}(?:[-*+]\s+)?\(?([a-hA-H])\s?[.)]\s+(\S.*)")
_NUMBERED = re.compile(r"\s{0,4}(?:[-*+]\s+)?[*_]{0,3}([0-9]{1,3})[*_]{0,3}\s?[.)]?[*_]{0,3}\s+(\S.*)")
_KEY_LETTER = re.compile(r"[*_(]{0,3}([a-hA-H])\s?(?:[.)*_]{1,4}|$)\s*(.*)")
_EXPECTED = re.compile(r"^[*_]{0,3}(?:resposta(?: esperada)?|expected answer|answer)\s?:[*_]{0,3}\s*", re.IGNORECASE)
_FENCE_LINE = re.compile(r"[ \t]*(?:`{3,}|~{3,})")
_TEMPLATE_LINE = re.compile(r"[ \t]*\{[#:/%].{0,200}\}[ \t]*")
_EMPHASIS = re.compile(r"\*\*(?=\S)([^*`]{1,500})(?<=\S)\*\*")
# Exports of slides leave half a pair behind: "- 1. Qual das seguintes opções …?**"
_EDGE_EMPHASIS = re.compile(r"^\s*\*\*(?=\S)|(?<=\S)\*\*\s*$")
_INLINE_TAG = re.compile(r"</?(?:code|em|strong|b|i|u|a|span)(?:\s[^<>]{0,300})?>", re.IGNORECASE)
_FIELD = re.compile(
    r"\b(text|correct)\s{0,9}:\s{0,9}"
    r"(\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`|true|false)"
    r"|\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|`(?:[^`\\]|\\.)*`",
    re.DOTALL,
)


def parse_quizzes(text: str, lecture_id: str | None = None) -> tuple[QuizQuestion, ...]:
    r"""Every question of a lesson or quiz file, numbered from 1 in the order of the file.

    >>> parse_quizzes("<quiz>\nO que é O(1)?\n- [x] constante\n- [ ] linear\n</quiz>")[0].reference_answer
    'constante'
    """
    found = list(_from_components(text, components(text)))
    if not found:
        found = [question for draft in _from_sections(text.split("\n")) if (question := _ask(draft)) is not None]
    return tuple(replace(question, number=number, lecture_id=lecture_id) for number, question in enumerate(found, 1))


def quiz_topics(questions: Iterable[QuizQuestion], prefix: str | None = None) -> list[dict[str, object]]:
    """Topics (CONTRACTS, Files): one dict a question, ids ``{lecture_id}-q01`` (or ``{prefix}-q01``).

    A multiple-choice question's ``reference_answer`` is its correct choices joined by ``"; "``; keys without
    a value are left out.
    """
    topics: list[dict[str, object]] = []
    for question in questions:
        stem = prefix or question.lecture_id or "quiz"
        topic: dict[str, object] = {"id": f"{stem}-q{question.number:02d}", "question": question.question}
        if question.choices:
            topic["choices"] = [{"text": choice.text, "correct": choice.correct} for choice in question.choices]
        if question.reference_answer is not None:
            topic["reference_answer"] = question.reference_answer
        topic["type"] = "multiple-choice" if question.choices else "open"
        if question.lecture_id is not None:
            topic["lecture_id"] = question.lecture_id
        topics.append(topic)
    return topics


def _multiple_choice(question: str, choices: Iterable[Choice]) -> QuizQuestion | None:
    options = tuple(choice for choice in choices if choice.text)
    if not question or not options:
        return None
    correct = "; ".join(choice.text for choice in options if choice.correct)
    return QuizQuestion(number=0, question=question, choices=options, reference_answer=correct or None)


def _asked(markup: str) -> str:
    """A question's text: fences, emphasis, inline tags and entities gone, the lines of code kept as they are."""
    kept: list[str] = []
    fenced = False
    for line in markup.split("\n"):
        if _FENCE_LINE.match(line):
            fenced = not fenced
        elif fenced:
            kept.append(line.rstrip())
        elif not _TEMPLATE_LINE.fullmatch(line):
            bare = _EDGE_EMPHASIS.sub("", _EMPHASIS.sub(r"\1", _INLINE_TAG.sub("", line)))
            kept.append(html.unescape(bare).replace("\xa0", " ").rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()


def _from_components(text: str, tagged: list[Component]) -> Iterator[QuizQuestion]:
    before, heading = 0, ""
    for component in tagged:
        if component.name == "Question":
            # Two components under one heading are variants of one question (PyTorch, TensorFlow).
            heading = _heading_question(text[before : component.start]) or heading
            question = _multiple_choice(heading, _mdx_choices(component.body))
        else:
            question = _mkdocs(component.body)
        before = component.end
        if question is not None:
            yield question


def _heading_question(above: str) -> str:
    """The last heading above an MDX component, with what stands between the two (often code)."""
    lines = above.split("\n")
    headings = sections(lines)
    if not headings:
        return ""
    last = headings[-1]
    title = re.sub(r"^[0-9]{1,3}[.)]\s+|\[\[[^\]]*\]\]", "", last.title)
    return _asked("\n".join([title, "", *lines[last.start + 1 :]]))


def _mdx_choices(body: str) -> list[Choice]:
    choices: list[Choice] = []
    for found in _FIELD.finditer(body):
        if found.group(1) == "text":
            choices.append(Choice(_asked(_unquote(found.group(2))), correct=False))
        elif found.group(1) == "correct" and choices:
            choices[-1] = replace(choices[-1], correct=found.group(2) == "true")
    return choices


def _unquote(literal: str) -> str:
    """A JavaScript string literal's value."""
    inner = literal[1:-1]
    if literal[0] != '"':
        inner = re.sub(r'(?<!\\)"', r"\\\"", inner).replace("\\'", "'").replace("\\`", "`")
    try:
        return str(json.loads(f'"{inner}"', strict=False))
    except json.JSONDecodeError:
        return re.sub(r"\\(.)", r"\1", inner)


def _mkdocs(body: str) -> QuizQuestion | None:
    asked: list[str] = []
    choices: list[tuple[bool, list[str]]] = []
    for line in body.split("\n"):
        option = _CHECKBOX.match(line)
        if option is not None:
            choices.append((option.group(1) in "xX", [option.group(2)]))
        elif choices:
            choices[-1][1].append(line)
        else:
            asked.append(line)
    return _multiple_choice(
        _asked("\n".join(asked)), (Choice(_asked("\n".join(lines)), correct) for correct, lines in choices)
    )


@dataclass(slots=True)
class _Draft:
    """A question of a section while its lines and its key are being collected."""

    number: int
    asked: list[str]
    options: list[tuple[str, list[str], bool]] = field(default_factory=list)
    key: list[str] = field(default_factory=list)


def _from_sections(lines: list[str]) -> list[_Draft]:
    drafts: list[_Draft] = []
    for section in _outermost(sections(lines)):
        body = lines[section.start + 1 : section.end]
        if _is_key(section.title):
            _add_key(drafts, body)
        else:
            drafts.extend(_questions(body))
    return drafts


def _outermost(found: list[Section]) -> list[Section]:
    chosen: list[Section] = []
    for section in found:
        if is_quiz_heading(section.title) and (not chosen or section.start >= chosen[-1].end):
            chosen.append(section)
    # A key below its questions ("# Quiz" > "## Gabarito") is read apart from them.
    keys = [s for s in found if is_quiz_heading(s.title) and _is_key(s.title) and s not in chosen]
    cut = [
        replace(
            section,
            end=min([key.start for key in keys if section.start < key.start < section.end], default=section.end),
        )
        for section in chosen
    ]
    return sorted([*cut, *keys], key=lambda section: section.start)


def _is_key(title: str) -> bool:
    return re.search(r"gabarito|respostas|answer|soluç|solution|chave", title, re.IGNORECASE) is not None


def _questions(body: list[str]) -> list[_Draft]:
    drafts: list[_Draft] = []
    for line in body:
        option, checkbox, numbered = _LETTERED.match(line), _CHECKBOX.match(line), _NUMBERED.match(line)
        if drafts and checkbox is not None:
            drafts[-1].options.append(("", [checkbox.group(2)], checkbox.group(1) in "xX"))
        elif drafts and option is not None:
            drafts[-1].options.append((option.group(1).lower(), [option.group(2)], False))
        elif numbered is not None:
            drafts.append(_Draft(int(numbered.group(1)), [numbered.group(2)]))
        elif drafts and not line.startswith("#"):
            (drafts[-1].options[-1][1] if drafts[-1].options else drafts[-1].asked).append(line)
    return drafts


def _add_key(drafts: list[_Draft], body: list[str]) -> None:
    """Give each question the lines of the key that follow its number; the nearest question of a number wins."""
    by_number = {draft.number: draft for draft in drafts}
    current: _Draft | None = None
    for line in body:
        entry = _NUMBERED.match(line)
        if entry is not None and int(entry.group(1)) in by_number:
            current = by_number[int(entry.group(1))]
            current.key.append(entry.group(2))
        elif current is not None:
            current.key.append(line)


def _ask(draft: _Draft) -> QuizQuestion | None:
    question = _asked("\n".join(draft.asked))
    key = "\n".join(draft.key).strip()
    if not draft.options:
        answer = _asked(_EXPECTED.sub("", key))
        return QuizQuestion(number=0, question=question, reference_answer=answer or None) if question else None
    letter = _KEY_LETTER.match(_EXPECTED.sub("", key))
    right = letter.group(1).lower() if letter else ""
    return _multiple_choice(
        question,
        (
            Choice(_asked("\n".join(lines)), marked or (bool(name) and name == right))
            for name, lines, marked in draft.options
        ),
    )
