"""PDF slides and notes, page by page, with `pypdf`; a page is a heading. Scanned pages are not recognised."""

from __future__ import annotations

import io
import logging
import re

from pypdf import PageObject, PdfReader

from corpus.decoding import clean_text
from corpus.errors import UnreadableSource
from corpus.language import detect_language, how_many
from corpus.quiz_sections import continues_quiz, without_plain_quizzes
from corpus.reading import Reading, Survivals
from corpus.records import Cue

# pypdf logs each oddity of a file; what matters to a reader is said here as a warning.
logging.getLogger("pypdf").addHandler(logging.NullHandler())

_LONGEST_BLOCK = 1200
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")


def read(name: str, data: bytes) -> Reading:
    """Read a PDF's pages; pages without text are named in a warning.

    Raises:
        UnreadableSource: damaged, encrypted with a password, or without any text.
    """
    survivals = Survivals(name)
    pages = _page_texts(name, data, survivals)
    language = detect_language(" ".join(pages)[:20_000])
    cues: list[Cue] = []
    inside = False
    for number, page in enumerate(pages, start=1):
        lines = page.replace("\r", "\n").split("\n")
        first = next((line for line in lines if line.strip()), "")
        lines, inside = without_plain_quizzes(lines, inside and continues_quiz(first))
        heading = f"Página {number}" if language == "pt" else f"Page {number}"
        cues.extend(Cue(text=block, heading=(heading,)) for block in _blocks("\n".join(lines)))
    if not any(page.strip() for page in pages):
        raise UnreadableSource(
            name,
            pt=f"o PDF ({how_many(len(pages), 'página', 'páginas')}) não tem texto; se é digitalizado, passe-o antes "
            "por OCR.",
            en=f"the PDF ({how_many(len(pages), 'page', 'pages')}) holds no text; if it is scanned, run OCR on it "
            "first.",
        )
    return Reading(tuple(cues), warnings=survivals.all(), language=language, kind="written")


def _page_texts(name: str, data: bytes, survivals: Survivals) -> list[str]:
    try:
        reader = PdfReader(io.BytesIO(data), strict=False)
        if reader.is_encrypted and not reader.decrypt(""):
            raise UnreadableSource(
                name,
                pt="o PDF pede senha; salve uma cópia sem senha.",
                en="the PDF asks for a password; save a copy without one.",
            )
        pages = list(reader.pages)
    except UnreadableSource:
        raise
    except Exception as error:
        raise UnreadableSource(
            name,
            pt=f"PDF danificado ({_reason(error)}); abra-o e salve-o de novo.",
            en=f"damaged PDF ({_reason(error)}); open it and save it again.",
        ) from error
    return [_page_text(page, number, survivals) for number, page in enumerate(pages, start=1)]


def _page_text(page: PageObject, number: int, survivals: Survivals) -> str:
    try:
        text = page.extract_text()
    except Exception as error:  # noqa: BLE001 - one broken page must not cost the others
        survivals.add(
            None,
            pt=f"página {number} ilegível ({_reason(error)}); foi pulada.",
            en=f"page {number} is unreadable ({_reason(error)}); it was skipped.",
        )
        return ""
    if not text.strip():
        survivals.add(None, pt=f"página {number} sem texto.", en=f"page {number} holds no text.")
    return text


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:120] if str(error) else type(error).__name__


def _blocks(page: str) -> list[str]:
    """A page as blocks of whole sentences, since few PDFs tell paragraphs apart."""
    blocks: list[str] = []
    for sentence in _SENTENCE.split(clean_text(page)):
        if blocks and len(blocks[-1]) + len(sentence) < _LONGEST_BLOCK:
            blocks[-1] += f" {sentence}"
        elif sentence:
            blocks.append(sentence)
    return blocks
