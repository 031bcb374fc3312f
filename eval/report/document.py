"""The parts that a report is made of, whatever it is written as: sections of lines, tables, plots and questions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

Cell = str


@dataclass(frozen=True, slots=True)
class Lines:
    """Label and value, one a line."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Note:
    """A paragraph."""

    text: str


@dataclass(frozen=True, slots=True)
class Table:
    """A header and rows of the same length; ``caption`` says what it shows."""

    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]
    caption: str = ""


@dataclass(frozen=True, slots=True)
class Plot:
    """A chart as a Vega-Lite specification, and what it shows in words."""

    spec: dict[str, Any] = field(hash=False)
    words: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A retrieved segment as the specimen lists it: labels and values in order."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Link:
    """A reference: what it says and where it leads; ``url`` may be empty."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class Question:
    """One question in the layout of the specimen: each label with what stands behind it.

    Attributes:
        answer: with the specimen's label, which speaks of an LLM whoever wrote.
        heading: what the answer is, for pages that are not held to the specimen.
    """

    number: tuple[str, str]
    segments_label: str
    segments: tuple[Segment, ...]
    answer: tuple[str, str]
    heading: str
    references_label: str
    references: tuple[Link, ...]
    findings: tuple[tuple[str, str], ...]


Block = Lines | Note | Table | Plot | Question


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it."""

    title: str
    blocks: tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A report in one language."""

    title: str
    language: str
    sections: tuple[Section, ...]


def table(header: Sequence[str], rows: Sequence[Sequence[str]], caption: str = "") -> Table:
    """A table of whatever sequences come."""
    return Table(tuple(header), tuple(map(tuple, rows)), caption)
