"""The report as one HTML file: no script, nothing loaded from elsewhere, every word from outside escaped."""

from __future__ import annotations

import re
from html import escape

import vl_convert

from corpus.language import say
from eval.report.document import Block, Document, Lines, Link, Note, Plot, Question, Section, Table

_STYLE = """
:root { color-scheme: light dark; --ink: #1d2327; --paper: #fdfdfb; --rule: #d5d8da; --soft: #f1f2ef; --link: #14507d }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8ea; --paper: #16191c; --rule: #3a4046; --soft: #20252a; --link: #8cc4f0 }
}
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 0 auto;
  max-width: 62rem; padding: 1.5rem }
h1, h2, h3 { line-height: 1.2 } h2 { border-bottom: 1px solid var(--rule); padding-bottom: .3rem; margin-top: 2.5rem }
a { color: var(--link) } .scroll { overflow-x: auto } nav ul { columns: 2; padding-left: 1.2rem }
table { border-collapse: collapse; margin: .5rem 0 1rem } caption { text-align: left; padding: .3rem 0 }
th, td { border-bottom: 1px solid var(--rule); padding: .3rem .7rem; text-align: left; vertical-align: top }
th { background: var(--soft) } dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem }
dt { font-weight: 600 } dd { margin: 0; overflow-wrap: anywhere }
figure { margin: 1rem 0; background: #fff; padding: .5rem; display: inline-block; max-width: 100%; overflow-x: auto }
figcaption { color: #333; font-size: .9rem } svg { max-width: 100%; height: auto }
article { border-top: 1px solid var(--rule); padding-top: .5rem; margin-top: 1.5rem } .answer { white-space: pre-wrap }
details { margin: .3rem 0 } summary { cursor: pointer } @media (max-width: 40rem) { dl { display: block } }
"""
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"


def to_html(document: Document) -> str:
    """The whole report, plots drawn."""
    title = escape(document.title)
    contents = "".join(
        f'<li><a href="#{_anchor(number)}">{escape(section.title)}</a></li>'
        for number, section in enumerate(document.sections)
    )
    sections = "\n".join(_section(number, section) for number, section in enumerate(document.sections))
    return (
        f'<!doctype html>\n<html lang="{"pt-BR" if document.language == "pt" else "en"}">\n<head>\n'
        f'<meta charset="utf-8">\n<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        f'<nav aria-label="{say("conteúdo", "contents")}"><ul>{contents}</ul></nav>\n{sections}\n</body>\n</html>\n'
    )


def _anchor(number: int) -> str:
    return f"s{number + 1}"


def _section(number: int, section: Section) -> str:
    body = "\n".join(_block(block) for block in section.blocks)
    return f'<section id="{_anchor(number)}">\n<h2>{escape(section.title)}</h2>\n{body}\n</section>'


def _block(block: Block) -> str:
    if isinstance(block, Question):
        return _question(block)
    if isinstance(block, Note):
        return f"<p>{escape(block.text)}</p>"
    if isinstance(block, Lines):
        return _pairs(block.pairs)
    if isinstance(block, Table):
        return _table(block)
    return _plot(block)


def _pairs(pairs: tuple[tuple[str, str], ...]) -> str:
    return "<dl>" + "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in pairs) + "</dl>"


def _table(table: Table) -> str:
    caption = f"<caption>{escape(table.caption)}</caption>" if table.caption else ""
    header = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in table.header)
    rows = "\n".join(
        "<tr>"
        + f'<th scope="row">{escape(row[0])}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in row[1:])
        + "</tr>"
        for row in table.rows
    )
    head = f"<thead><tr>{header}</tr></thead>"
    return f'<div class="scroll"><table>{caption}\n{head}\n<tbody>\n{rows}\n</tbody></table></div>'


def _plot(plot: Plot) -> str:
    drawn = vl_convert.vegalite_to_svg(plot.spec)
    # One name for screen readers instead of every bar's.
    drawn = re.sub(r"<svg ", f'<svg role="img" aria-label="{escape(plot.words)}" ', drawn, count=1)
    return f"<figure>{drawn}<figcaption>{escape(plot.words)}</figcaption></figure>"


def _question(question: Question) -> str:
    segments = "".join(
        f"<details><summary>{escape(_summary(segment.pairs))}</summary>{_pairs(segment.pairs)}</details>"
        for segment in question.segments
    )
    links = "".join(f"<li>{_link(link)}</li>" for link in question.references)
    findings = "".join(f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in question.findings)
    return (
        f"<article>\n<h3>{escape(question.number[0])}: {escape(question.number[1])}</h3>\n"
        f"<h4>{escape(question.segments_label)}</h4>\n{segments}\n"
        f'<h4>{escape(question.heading)}</h4>\n<p class="answer">{escape(question.answer[1].strip())}</p>\n'
        f"<h4>{escape(question.references_label)}</h4>\n<ol>{links}</ol>\n<dl>{findings}</dl>\n</article>"
    )


def _summary(pairs: tuple[tuple[str, str], ...]) -> str:
    """What tells one segment from another: all but its address and its text."""
    return " · ".join(f"{label} {value}" for label, value in pairs[:-1] if label != "URL")


def _link(link: Link) -> str:
    if not link.url.startswith(("http://", "https://")):
        return escape(link.text)
    return f'<a href="{escape(link.url)}" rel="noreferrer noopener">{escape(link.text)}</a>'
