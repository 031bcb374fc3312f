"""What stands in Markdown lessons beside Markdown: templates, MDX tags, tabs, icons. Taken out line by line.

Line numbers stay the same, so that warnings point to the right line.
"""

from __future__ import annotations

import re

# Jinja and Svelte-like template lines, MkDocs snippets, notebook buttons.
_DROPPED_LINE = re.compile(
    r"[ \t>]*(?:\{%.{0,500}%\}|\{[#:/][a-z].{0,200}\}|;?-{1,2}8<-{1,2}.{0,500}|\[\[open-in-colab\]\])[ \t]*"
)
_INLINE_TEMPLATE = re.compile(r"\{%[^%\n]{0,500}%\}|\{\{[^{}\n]{0,200}\}\}")
_ATTRIBUTES = re.compile(r"(?<=\S)[ \t]?\{[ \t]?[:.#][^{}\n`]{0,200}\}")
_ANCHOR = re.compile(r"(#{1,6}[ \t].{0,300}?)\[\[[^\[\]\n]{0,200}\]\][ \t]*")
_TAB = re.compile(r'([ \t]*)===[!+]?[ \t]+"([^"\n]{0,200})"[ \t]*')
_TAG_LINE = re.compile(r"[ \t>]*</?[A-Z][A-Za-z]{0,60}(?=[\s/>{]|$)")
_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})")
# A tag that is not closed within so many lines is text that looks like one.
_LONGEST_TAG = 80


def prepare(text: str) -> str:
    """Markdown that a CommonMark parser understands, as many lines as before.

    Content tabs become admonitions, which is what they look like on the page. Lines of MDX tags go and what
    these enclose stays: left in, a parser would take the text below ``<Tip>`` for HTML. Fenced code keeps
    everything but snippet includes.
    """
    lines = text.split("\n")
    fence = ""
    number = 0
    while number < len(lines):
        line = lines[number]
        mark = _FENCE.match(line)
        end = number + 1
        if mark is not None and not fence and "```" not in line[mark.end() :]:
            fence = mark.group(1)
            # MkDocs allows backticks in a fence's title, CommonMark does not and would see no fence.
            lines[number] = mark.group() + line[mark.end() :].replace("`", "")
        elif mark is not None and fence and mark.group(1).startswith(fence) and not line[mark.end() :].strip():
            fence = ""
        elif fence:
            lines[number] = "" if "--8<--" in line else line
        elif _TAG_LINE.match(line):
            end = _tag_end(lines, number)
            lines[number:end] = [""] * (end - number)
        else:
            lines[number] = _line(line)
        number = max(end, number + 1)
    return "\n".join(lines)


def _line(line: str) -> str:
    if _DROPPED_LINE.fullmatch(line):
        return ""
    tab = _TAB.fullmatch(line)
    if tab is not None:
        return f'{tab.group(1)}!!! tab "{tab.group(2)}"'
    anchored = _ANCHOR.fullmatch(line)
    line = anchored.group(1).rstrip() if anchored is not None else line
    return _ATTRIBUTES.sub("", _INLINE_TEMPLATE.sub("", line))


def _tag_end(lines: list[str], number: int) -> int:
    """The line after the one that ends in the tag's ``>``; ``number`` itself where it is no tag on its own lines.

    Braces may hold a ``>``, and a tag with text behind it (``<Tip>Cuidado</Tip>``) is left to the parser.
    """
    depth = 0
    for position in range(number, min(number + _LONGEST_TAG, len(lines))):
        line = lines[position].strip()
        depth += line.count("{") - line.count("}")
        if depth <= 0 and ">" in line:
            return position + 1 if line.endswith(">") and line.count("<") <= 1 else number
    return number
