"""The report as Markdown. What was said in lectures or written by a model stays text: it marks up and links nothing."""

from __future__ import annotations

import re

from corpus.language import say
from eval.report.document import Block, Document, Lines, Link, Note, Plot, Question, Table

# What would begin a heading, a list, a quotation, a rule, a table, code or a definition at the start of a line.
_BLOCK_START = re.compile(r"^(\s*)(#|>|[-+*](?=\s|$)|[-=~`_*]{3,}|\||\[[^\]]*\]:)")
_NUMBERED = re.compile(r"^(\s*\d{1,9})([.)])(?=\s|$)")
_ENTITY = re.compile(r"&(?=#?\w{1,40};)")
_LABEL = re.compile(r"[\[\]]")


def to_markdown(document: Document) -> str:
    """The whole report."""
    parts = [f"# {escaped(document.title)}\n"]
    for section in document.sections:
        parts.append(f"\n## {escaped(section.title)}\n")
        parts += [block_markdown(block) for block in section.blocks]
    return "\n".join(part for part in parts if part)


def block_markdown(block: Block) -> str:
    """One part; a plot is told in words, since Markdown has none."""
    if isinstance(block, Question):
        return question_markdown(block)
    if isinstance(block, Note):
        return escaped(block.text) + "\n"
    if isinstance(block, Lines):
        return "".join(f"- *{escaped(label)}:* {escaped(value)}\n" for label, value in block.pairs)
    if isinstance(block, Table):
        return _table(block)
    assert isinstance(block, Plot)
    return ""


def question_markdown(question: Question) -> str:
    """A question to the letter of the specimen, the rule at its end included."""
    lines = [f"**{question.number[0]}**: {escaped(question.number[1])} ", ""]
    lines.append(f"**{question.segments_label}**:")
    for segment in question.segments:
        lines += [f"- *{label}:* {escaped(value)}" for label, value in segment.pairs]
        lines.append("")
    if not question.segments:
        lines += [say("- (nenhum)", "- (none)"), ""]
    lines.append("")
    lines.append(f"**{question.answer[0]}**: {_paragraphs(question.answer[1])}")
    lines += ["", f"**{question.references_label}**:"]
    lines += [f"- {_link(link)}" for link in question.references] or [say("- (nenhuma)", "- (none)")]
    for label, value in question.findings:
        lines += ["", f"**{label}**: {escaped(value)}"]
    return "\n".join([*lines, "", "", "---"]) + "\n"


def escaped(text: str) -> str:
    r"""Text that Markdown shows as it is: no HTML, no link, no image, no code, nothing struck or made strong.

    >>> escaped("<b>x</b> [a](http://b) ![i](j)")
    '\\<b>x\\</b> [a]\\(http://b) !\\[i]\\(j)'
    """
    text = text.replace("\\", "\\\\").replace("<", "\\<").replace("`", "\\`")
    text = text.replace("](", "]\\(").replace("][", "]\\[").replace("![", "!\\[")
    text = _ENTITY.sub("&amp;", text)
    return text.replace("*", "\\*").replace("~~", "\\~\\~").replace("__", "\\_\\_")


def _paragraphs(text: str) -> str:
    """An answer's own lines, each as text; the first follows its label."""
    first, *more = escaped(text.strip()).split("\n")
    return "\n".join([first.rstrip("\r"), *(_line(line.rstrip("\r")) for line in more)])


def _line(line: str) -> str:
    # An indented line would be code.
    line = line.strip(" \t")
    return _NUMBERED.sub(r"\1\\\2", _BLOCK_START.sub(r"\1\\\2", line))


def _link(link: Link) -> str:
    url = link.url if link.url.startswith(("http://", "https://")) else ""
    return f"[{_LABEL.sub(_backslashed, escaped(link.text))}]({_address(url)})"


def _address(url: str) -> str:
    return "".join(f"%{ord(c):02X}" if c in " ()<>\"'`\\\n\r\t" else c for c in url)


def _backslashed(match: re.Match[str]) -> str:
    return "\\" + match.group()


def _table(table: Table) -> str:
    def row(cells: tuple[str, ...]) -> str:
        return "| " + " | ".join(escaped(cell).replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"

    lines = [f"{escaped(table.caption)}\n"] if table.caption else []
    lines += [row(table.header), "|" + "---|" * len(table.header), *map(row, table.rows)]
    return "\n".join(lines) + "\n"
