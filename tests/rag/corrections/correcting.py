"""A course of three lectures in which one sentence was misheard, to be corrected."""

from __future__ import annotations

from pathlib import Path

from corpus.records import Segment
from rag.config import Settings
from rag.corrections import correct, corrections
from rag.encoder import Encoder
from rag.index import CourseIndex
from rag.pipeline import Monitoria

HEARD = "A Festa API recebe o pedido e responde em Jason para quem pediu."
SAID = "A FastAPI recebe o pedido e responde em JSON para quem pediu."
_SUBJECTS = ("rotas", "modelos", "bancos", "testes", "filas", "imagens", "senhas", "logs")


def srt(heard: str = HEARD, last: str = "Até a próxima aula, pessoal.") -> str:
    """Eight minutes in cues of half a minute; the second one is what was misheard."""
    texts = [f"Agora vamos olhar com calma para {subject} e ver para que servem." for subject in _SUBJECTS * 2]
    texts[1], texts[-1] = heard, last
    blocks = []
    for number, text in enumerate(texts):
        start, end = (f"00:{t // 60:02d}:{t % 60:02d},000" for t in (30 * number, 30 * number + 29))
        blocks.append(f"{number + 1}\n{start} --> {end}\n{text}\n")
    return "\n".join(blocks)


def segments(index: Path, lecture_id: str = "aula-01") -> list[Segment]:
    opened = CourseIndex(index)
    return [s for s in (opened.segment(row) for row in range(len(opened))) if s.lecture_id == lecture_id]


def misheard(index: Path) -> Segment:
    return next(found for found in segments(index) if "Festa API" in found.text)


def mend(index: Path, encoder: Encoder) -> Segment:
    """Correct what was misheard; the segment as it was."""
    found = misheard(index)
    correct(index, found.segment_id, found.text.replace(HEARD, SAID), by="p-7", encoder=encoder)
    return found


def status(index: Path) -> list[str]:
    return [found.status for found in corrections(index)]


def opened_without_llm(index: Path, encoder: Encoder, settings: Settings) -> Monitoria:
    llm = settings.llm.model_copy(update={"spec": "none"})
    return Monitoria.open(index, settings=settings.model_copy(update={"llm": llm}), encoder=encoder)
