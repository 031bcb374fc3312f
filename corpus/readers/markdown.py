"""Markdown lessons (MkDocs, MDX, plain): blocks of readable text, each under its path of headings.

Self-assessments and answer keys are parsed as quizzes and left out of the text; so are diagrams, scripts
and comments. Nothing is rendered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from corpus.decoding import clean_text
from corpus.quiz_sections import hides_answers, is_quiz_heading, without_components
from corpus.quizzes import parse_quizzes
from corpus.readers.markup import prepare
from corpus.readers.text import plain_paragraphs
from corpus.reading import Document, Reading, Survivals
from corpus.records import Cue

# Longer files are exports, not lessons; the parser would take minutes over them.
_LARGEST = 2_000_000
# Inline parsing of brackets is not linear; a paragraph this long is taken as it stands.
_LONGEST_INLINE = 20_000
_DIAGRAMS = frozenset({"mermaid", "plantuml", "dot", "graphviz", "math-svg"})
_UNREAD_OPENS = re.compile(r"<(?:script|style|iframe|svg)\b", re.IGNORECASE)
_UNREAD_CLOSES = re.compile(r"</(?:script|style|iframe|svg)\s{0,10}>", re.IGNORECASE)
_SUMMARY = re.compile(r"<summary\b[^<>]{0,300}>([^\n]{0,300})</summary", re.IGNORECASE)
_HTML_TAG = re.compile(r"</?[A-Za-z!][^<>]{0,2000}>")
_ANNOTATION = re.compile(r"\s?(?:#|//|--)\s?\(\d{1,2}\)!?")
_ICON = re.compile(r":(?:fontawesome|material|octicons|simple)-[a-z0-9-]{1,80}:\s?")
_CODE_PREFIX = re.compile(r"#!\w{1,20} ")
_ALERT = re.compile(r"\[!(\w{1,20})\][+-]?\s*")
_ITEM_ENDS = (".", ";", ":", ",", "?", "!", "…")
# "Aula 3: redes" of a file that has "Aula 4" too: the name of a part, not of the whole.
_PART = re.compile(
    r"(aula|lecture|lesson|li[çc][ãa]o|class|session|sess[ãa]o|encontro|semana|week|m[óo]dulo|module|unidade|unit"
    r"|cap[íi]tulo|chapter|t[óo]pico|topic|parte|part|dia|day)\s+(?:n[.ºo°]{1,2}\s*)?(\d{1,3})\b",
    re.IGNORECASE,
)
_TITLE = re.compile(r"^title\s*:\s*(.+?)\s*$", re.MULTILINE)


def read(document: Document) -> Reading:
    """Read a lesson; a file of questions alone gives quizzes and no cue.

    Raises:
        UnreadableSource: never; a file without text gives neither cue nor quiz.
    """
    survivals = Survivals(document.name)
    if len(document.text) > _LARGEST:
        survivals.add(
            1,
            pt=f"Markdown de {len(document.text)} caracteres, mais que {_LARGEST}; foi lido como texto simples.",
            en=f"Markdown of {len(document.text)} characters, more than {_LARGEST}; it was read as plain text.",
        )
        cues = tuple(Cue(text=paragraph) for paragraph in plain_paragraphs(document.text))
        return Reading(cues=cues, warnings=survivals.all(), kind="written")
    tokens = _parser().parse(prepare(without_components(document.text)))
    walk = _Walk()
    walk.blocks(tokens)
    quizzes = parse_quizzes(document.text)
    if quizzes and not walk.cues:
        survivals.add(
            None,
            pt=f"só há perguntas ({len(quizzes)}); elas não são indexadas.",
            en=f"it holds questions only ({len(quizzes)}); these are not indexed.",
        )
    return Reading(
        cues=tuple(walk.cues),
        warnings=survivals.all(),
        quizzes=quizzes,
        title=_front_matter_title(tokens) or walk.title,
        kind="written",
    )


def _parser() -> MarkdownIt:
    """CommonMark with tables, front matter, admonitions, definition lists and footnotes; blocks only."""
    parser = MarkdownIt("commonmark", {"maxNesting": 100}).enable(["table", "strikethrough"])
    parser.use(front_matter_plugin).use(admon_plugin).use(deflist_plugin).use(footnote_plugin)
    # Inline parsing happens block by block below, where a block's length is known.
    return parser.disable(["inline", "footnote_tail"], ignoreInvalid=True)


_INLINE = MarkdownIt("commonmark").enable("strikethrough")


def _front_matter_title(tokens: Sequence[Token]) -> str | None:
    if not tokens or tokens[0].type != "front_matter":
        return None
    match = _TITLE.search(tokens[0].content)
    return clean_text(match.group(1).strip("\"'")) or None if match else None


@dataclass(slots=True)
class _Walk:
    """The cues collected on the way through the blocks, and where on that way we are."""

    cues: list[Cue] = field(default_factory=list)
    path: list[tuple[int, str]] = field(default_factory=list)
    titles: list[str] = field(default_factory=list)
    quiz_level: int | None = None
    hidden: bool = False

    @property
    def title(self) -> str | None:
        """The first heading of the first level, unless it is the first of several lectures in one file."""
        parts = [match for title in self.titles if (match := _PART.match(title)) is not None]
        if parts and parts[0].string == self.titles[0]:
            kind, number = parts[0].group(1).lower(), int(parts[0].group(2))
            if any(other.group(1).lower() == kind and int(other.group(2)) != number for other in parts):
                return None
        return self.titles[0] if self.titles else None

    def blocks(self, tokens: Sequence[Token]) -> None:
        position = 0
        while position < len(tokens):
            end = _closing(tokens, position)
            self.block(tokens[position], tokens[position + 1 : end])
            position = end + 1

    def block(self, token: Token, inside: Sequence[Token]) -> None:
        """One block: ``inside`` are the tokens between its opening and its closing one."""
        if token.type == "heading_open":
            self.heading(int(token.tag[1]), _plain(inside[0]))
        elif token.type == "paragraph_open" and _is_bold_quiz(inside[0]):
            self.quiz_level = self.quiz_level or 7
        elif token.type == "admonition_open" and hides_answers(token.content):
            return
        elif token.type == "html_block" and (summary := _SUMMARY.search(token.content)) is not None:
            self.hidden = hides_answers(_HTML_TAG.sub("", summary.group(1))) and "</details" not in token.content
            self.add("" if hides_answers(_HTML_TAG.sub("", summary.group(1))) else _html_text(token.content))
        elif token.type == "html_block" and self.hidden and "</details" in token.content:
            self.hidden = False
        else:
            self.add(_block_text(token, inside))

    def heading(self, level: int, text: str) -> None:
        if self.quiz_level is not None and level > self.quiz_level:
            return
        self.quiz_level = level if is_quiz_heading(text) else None
        if level == 1 and text and self.quiz_level is None:
            self.titles.append(text)
        while self.path and self.path[-1][0] >= level:
            self.path.pop()
        if text:
            self.path.append((level, text))

    def add(self, text: str) -> None:
        cleaned = clean_text(text)
        if cleaned and self.quiz_level is None and not self.hidden:
            self.cues.append(Cue(text=cleaned, heading=tuple(title for _, title in self.path)))


def _closing(tokens: Sequence[Token], position: int) -> int:
    """The position of the token that closes the block; its own where it opens none."""
    if tokens[position].nesting != 1:
        return position
    depth = 0
    for number in range(position, len(tokens)):
        depth += tokens[number].nesting
        if depth == 0:
            return number
    return len(tokens)


def _block_text(token: Token, inside: Sequence[Token]) -> str:
    texts = [text for text in _texts([token, *inside]) if text]
    if token.type in {"bullet_list_open", "ordered_list_open"}:
        # Items without a full stop would run into each other on one line.
        texts = [text if text.endswith(_ITEM_ENDS) else f"{text};" for text in texts[:-1]] + texts[-1:]
    return " ".join(texts)


def _texts(tokens: Sequence[Token]) -> Iterator[str]:
    """The readable texts of a block, in reading order; a table inside a list or note keeps its columns."""
    position = 0
    while position < len(tokens):
        token = tokens[position]
        if token.type == "table_open":
            end = _closing(tokens, position)
            yield from _table_rows(tokens[position + 1 : end])
            position = end
        elif token.type == "inline":
            yield _ALERT.sub("", _plain(token))
        elif token.type == "admonition_title_open" and position + 1 < len(tokens):
            yield _plain(tokens[position + 1]).rstrip(":") + ":"
            position += 1
        elif token.type in {"fence", "code_block"}:
            yield "" if _is_diagram(token) else _ANNOTATION.sub("", token.content)
        elif token.type == "html_block":
            yield _html_text(token.content)
        position += 1


def _html_text(html: str) -> str:
    """What a block of HTML shows: no comments, scripts or frames, no tags."""
    # Split, not one pattern from mark to mark: unclosed comments would make that quadratic.
    first, *rest = html.split("<!--")
    shown = first + "".join(part.partition("-->")[2] for part in rest)
    first, *rest = _UNREAD_OPENS.split(shown)
    for part in rest:
        closing = _UNREAD_CLOSES.search(part)
        first += part[closing.end() :] if closing is not None else part.partition(">")[2]
    return _HTML_TAG.sub(" ", first)


def _is_diagram(token: Token) -> bool:
    return token.info.strip().split(" ")[0].lstrip("{.").rstrip("}").lower() in _DIAGRAMS


def _table_rows(tokens: Sequence[Token]) -> Iterator[str]:
    """Each row as "column: value; column: value.", so that a row can be read, and found, by itself."""
    columns: list[str] = []
    cells: list[str] = []
    in_head = False
    for token in tokens:
        if token.type in {"thead_open", "thead_close"}:
            in_head = token.type == "thead_open"
        elif token.type == "inline":
            cells.append(_plain(token))
        elif token.type == "tr_close" and in_head:
            columns, cells = cells, []
        elif token.type == "tr_close":
            named = [
                f"{column}: {cell}" if column else cell for column, cell in zip(columns, cells, strict=False) if cell
            ]
            yield "; ".join(named) + "." if named else ""
            cells = []


def _is_bold_quiz(inline: Token) -> bool:
    bold = re.fullmatch(r"(\*\*|__)([^*_]{1,80})\1:?", inline.content.strip())
    return bold is not None and is_quiz_heading(bold.group(2))


def _plain(token: Token) -> str:
    """An inline token's text: links and emphasis as their text, images as their description."""
    content = _ICON.sub("", token.content)
    if len(content) > _LONGEST_INLINE:
        return content
    return "".join(_inline_texts(_INLINE.parseInline(content)))


def _inline_texts(tokens: Sequence[Token]) -> Iterator[str]:
    for token in tokens:
        if token.type in {"softbreak", "hardbreak"}:
            yield " "
        elif token.type == "code_inline":
            yield _CODE_PREFIX.sub("", token.content)
        elif token.type == "image":
            yield "" if token.content.startswith("type:") else "".join(_inline_texts(token.children or ()))
        elif token.type == "html_inline":
            yield " " if token.content.lower().startswith("<br") else ""
        elif token.children is not None:
            yield from _inline_texts(token.children)
        else:
            yield token.content
