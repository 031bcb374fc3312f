"""Everything that a run made, to take along: the report in its formats, and what it is made of."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.language import say
from interfaces.pages.context import Context
from interfaces.pages.evaluation.blindness import unless_blind
from interfaces.service import reporting

_MIME = {"md": "text/markdown", "html": "text/html", "csv": "text/csv", "json": "application/json"}


def show(context: Context, run_id: str) -> None:
    """Show a button for each file, and one for all."""
    unless_blind(context, run_id, partial(_show, context, run_id))


def _show(context: Context, run_id: str) -> None:
    desk, person = context.desk, context.person
    # Told at once whether it is for this person's eyes, not only when a file is asked for.
    names = reporting.files(desk, person, run_id)
    st.download_button(
        say("Baixar tudo (ZIP)", "Download everything (ZIP)"),
        data=partial(reporting.archive, desk, person, run_id),
        file_name=f"monitoria-{run_id[:8]}.zip",
        mime="application/zip",
        icon=":material/folder_zip:",
        type="primary",
        on_click="ignore",
        key="download-all",
        disabled=not names,
    )
    told = _told()
    for name in names:
        row = f"file-{name.replace('.', '-')}"
        # Where there is no room beside the button, the words stand right under it.
        with st.container(horizontal=True, vertical_alignment="center", gap="xsmall", key=row):
            st.download_button(
                name,
                data=partial(reporting.file, desk, person, run_id, name),
                file_name=name,
                mime=_MIME.get(name.rpartition(".")[2], "text/plain"),
                icon=":material/download:",
                on_click="ignore",
                key=f"download-{name}",
            )
            st.caption(told.get(name) or _again(name))


def _told() -> dict[str, str]:
    return {
        "report.md": say("o relatório, em Markdown", "the report in Markdown"),
        "report.html": say("o relatório, com gráficos, em uma página", "the report with its plots, as one page"),
        "results.csv": say("uma linha por pergunta, para planilhas", "a row a question, for spreadsheets"),
        "results.jsonl": say("tudo o que se sabe de cada pergunta", "all that is known of each question"),
        "judgements.jsonl": say("o que o juiz disse", "what the judge said"),
        "judging.json": say("quem julgou, com que rubricas", "who judged, by which rubrics"),
        "ragas.jsonl": say("o que o ragas mediu", "what ragas measured"),
        "ragas.json": say("com que modelo o ragas mediu", "by which model ragas measured"),
        "annotations.jsonl": say("o que as pessoas disseram", "what people said"),
        "annotations.csv": say("o mesmo, para planilhas", "the same for spreadsheets"),
        "topics.jsonl": say("as perguntas", "the questions"),
        "answers.jsonl": say("as respostas, com trechos e referências", "the answers with passages and references"),
        "run.trec": say("os trechos achados, no formato TREC", "the passages found, in TREC's format"),
    }


def _again(name: str) -> str:
    """Of ``judgements-2.jsonl`` and so on."""
    time = name.removesuffix(".jsonl").rpartition("-")[2]
    return say(f"o que o juiz disse na {time}ª vez", f"what the judge said, time {time}")
