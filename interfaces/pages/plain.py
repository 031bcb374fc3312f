"""Text of people, lectures and models in Streamlit's Markdown, where it must mean nothing but itself.

Streamlit's Markdown gives a meaning to more than CommonMark does: ``:red[…]``, ``:material/…:``, ``:smile:``,
``$…$``, ``www.…``, ``a@b.c``, ``->``. Most of it is read before backslashes are undone, the rest after; so every
punctuation character gets a backslash, and where the later passes look, a character that has no width.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from rag.citations import cited_numbers

# Word joiner: no width, no break; it keeps what Streamlit looks for after parsing from being found.
JOINER = "\u2060"

_PUNCTUATION = re.compile(r"([!-/:-@\[-`{-~])")
# Looked for in text that was parsed already: shortcodes and icons, addresses, e-mails, arrows.
_LATER = re.compile(r"(:(?=\S)|@(?=\S)|www(?=\.)|(?<!\S)[<>~-](?=(?:->|[-=>])(?!\S)))", re.IGNORECASE)
_CITATION = re.compile(r"\[\s*\d{1,4}(?:\s*[,;–-]\s*\d{1,4})*\s*\]")
_ITEM = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
# Marks that turn the direction of what follows them, in whose shadow text reads as something else.
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def plain(text: str) -> str:
    r"""The text as Markdown that shows exactly it, on one line.

    >>> print(plain("**oi** [1]"))
    \*\*oi\*\* \[1\]
    """
    kept = "".join(c for c in text if c.isspace() or (unicodedata.category(c) != "Cc" and c not in _TURNS))
    line = " ".join(kept.split())
    return _PUNCTUATION.sub(r"\\\1", _LATER.sub(rf"\1{JOINER}", line))


def with_links(text: str, link_of: Callable[[int], str | None]) -> str:
    """A written answer as Markdown: plain, its lines and list items kept, ``[1]`` a link where ``link_of`` has one."""
    blocks: list[str] = []
    for line in text.splitlines():
        if not line.strip():
            continue
        item = _ITEM.match(line)
        written = _linked(line[item.end() :] if item else line, link_of)
        blocks.append(f"- {written}" if item else f"{written}\n")
        if item is None and len(blocks) > 1 and blocks[-2].startswith("- "):
            blocks[-2] += "\n"
    return "\n".join(blocks)


def marked(text: str, part: str) -> str:
    """The text as Markdown, the part of it that is quoted on a coloured ground."""
    before, found, after = _around(" ".join(text.split()), " ".join(part.split()))
    if not found:
        return plain(text)
    pieces = [plain(before), f":blue-background[{plain(found)}]", plain(after)]
    return " ".join(piece for piece in pieces if piece)


def _around(text: str, part: str) -> tuple[str, str, str]:
    place = text.find(part) if part else -1
    return (text, "", "") if place < 0 else (text[:place], part, text[place + len(part) :])


def _linked(line: str, link_of: Callable[[int], str | None]) -> str:
    parts: list[str] = []
    begin = 0
    for match in _CITATION.finditer(line):
        parts.append(spaced(line[begin : match.start()]))
        parts.append("".join(_number(n, link_of(n)) for n in cited_numbers(match.group())))
        begin = match.end()
    return "".join([*parts, spaced(line[begin:])]).strip()


def _number(n: int, link: str | None) -> str:
    return f"\\[{n}\\]" if link is None else f"[\\[{n}\\]]({link})"


def spaced(text: str) -> str:
    """Plain, with a space kept at either end where there was one."""
    if not text.strip():
        return " " if text else ""
    return (" " if text[0].isspace() else "") + plain(text) + (" " if text[-1].isspace() else "")
