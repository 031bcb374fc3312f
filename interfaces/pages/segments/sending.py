"""Upload of transcripts, with a progress bar while they are indexed and a word on each file afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import number, say
from corpus.readers import SUFFIXES
from interfaces.pages.context import Context
from interfaces.pages.plain import plain
from interfaces.pages.segments.wording import fault
from interfaces.pages.segments.working import begin, followed, show_work
from interfaces.service.inbox import MOST_MB, Offered
from interfaces.service.uploading import Uploaded, take_back, upload, uploaded
from interfaces.service.works import Kind

if TYPE_CHECKING:
    from streamlit.runtime.uploaded_file_manager import UploadedFile

# What is told on this page, one at a time: the one that was begun last.
_KINDS: tuple[Kind, ...] = ("upload", "removal")


def show(context: Context) -> None:
    """Show the upload."""
    going_on = any(work is not None and not work.ended for work in (followed(context, kind) for kind in _KINDS))
    work = show_work(context, "upload", say("Lendo e indexando…", "Reading and indexing…"))
    if work is not None and work.state == "done":
        _result(work.result)
    kinds = ", ".join(sorted(SUFFIXES))
    st.markdown(
        say(
            f"Transcrições, lições e slides: {kinds}. Até {MOST_MB} MB por arquivo. O nome do arquivo, sem a "
            "terminação, é o id da aula; enviar outra vez o mesmo nome a substitui.",
            f"Transcripts, lessons and slides: {kinds}. Up to {MOST_MB} MB a file. The file's name without its "
            "ending is the lecture's id; sending the same name again replaces it.",
        )
    )
    _form(context, waits=going_on)
    _kept(context, waits=going_on)


def _kept(context: Context, *, waits: bool) -> None:
    """What was sent already, each to be taken out again."""
    taking = show_work(context, "removal", say("Retirando…", "Taking it out…"))
    if taking is not None and taking.state == "done":
        gone = taking.result
        st.success(
            say(
                f"{plain(gone.name)} saiu do curso. Agora são {gone.n_lectures} aulas.",
                f"{plain(gone.name)} is out of the course. It now has {gone.n_lectures} lectures.",
            ),
            icon=":material/check:",
        )
    course = context.about.course_id
    kept = uploaded(context.desk, context.person, course)
    if not kept:
        return
    with st.expander(say(f"Já enviados ({len(kept)})", f"Sent already ({len(kept)})")):
        st.markdown("\n".join(f"- {plain(name)}" for name in kept))
        name = st.selectbox(
            say("Retirar do curso", "Take out of the course"),
            kept,
            index=None,
            placeholder=say("Escolha um arquivo", "Choose a file"),
            key="take-back-name",
        )
        if name is not None:
            st.caption(
                say(
                    "As conversas que citam esta aula ficam como estão; perguntas novas já não a encontram.",
                    "Conversations that cite this lecture stay as they are; new questions no longer find it.",
                )
            )
            st.button(
                say("Retirar", "Take it out"),
                key="take-back",
                icon=":material/delete:",
                disabled=waits,
                on_click=partial(_take_back, context, name),
            )


def _take_back(context: Context, name: str) -> None:
    begin(partial(take_back, context.desk, context.person, context.about.course_id, name), forgetting=_KINDS)
    st.session_state["take-back-name"] = None


def _form(context: Context, *, waits: bool) -> None:
    # Another number is another, empty, uploader.
    number_of = int(st.session_state.get("uploader", 0))
    files = st.file_uploader(
        say("Arquivos", "Files"), accept_multiple_files=True, max_upload_size=MOST_MB, key=f"files-{number_of}"
    )
    if not files:
        return
    with st.expander(say("Títulos e endereços (opcional)", "Titles and addresses (optional)")):
        for place, file in enumerate(files):
            st.markdown(f"**{plain(file.name)}**")
            st.text_input(say("Título", "Title"), key=f"title-{number_of}-{place}", max_chars=300)
            st.text_input(
                say("Endereço do vídeo", "Address of the video"),
                key=f"url-{number_of}-{place}",
                max_chars=2000,
                placeholder="https://",
            )
    many = len(files) > 1
    st.button(
        say(f"Enviar {len(files)} arquivo{'s' if many else ''}", f"Send {len(files)} file{'s' if many else ''}"),
        type="primary",
        icon=":material/upload:",
        disabled=waits,
        on_click=partial(_send, context, files, number_of),
    )


def _send(context: Context, files: Sequence[UploadedFile], number_of: int) -> None:
    said = st.session_state
    offered = [
        Offered(
            file.name,
            file.getvalue(),
            said.get(f"title-{number_of}-{place}", ""),
            said.get(f"url-{number_of}-{place}", ""),
        )
        for place, file in enumerate(files)
    ]
    begin(partial(upload, context.desk, context.person, context.about.course_id, offered), forgetting=_KINDS)
    st.session_state.uploader = number_of + 1


def _result(result: Uploaded) -> None:
    went_in = sum(one.outcome in ("new", "changed", "unchanged") for one in result.files)
    of = len(result.files)
    entered = "Entrou" if went_in == 1 else "Entraram"
    head = say(
        f"{entered} {went_in} de {of} {'arquivo' if of == 1 else 'arquivos'} no curso.",
        f"{went_in} of {of} {'file' if of == 1 else 'files'} went into the course.",
    )
    if went_in:
        head += say(
            f" Agora são {result.n_lectures} aulas e {number(result.n_segments)} trechos.",
            f" It now has {result.n_lectures} lectures and {number(result.n_segments)} segments.",
        )
    box, icon = (st.success, ":material/check:") if went_in == of else (st.warning, ":material/warning:")
    box(head, icon=icon)
    outcomes = {
        "new": say("nova", "new"),
        "changed": say("substituída", "replaced"),
        "unchanged": say("igual à que havia", "the same as before"),
        "unreadable": say("**ilegível**", "**unreadable**"),
        "refused": say("**recusada**", "**refused**"),
    }
    st.table(
        {
            say("Arquivo", "File"): [plain(one.name) for one in result.files],
            say("Resultado", "Result"): [outcomes[one.outcome] for one in result.files],
            say("Observação", "Remark"): [_remark(one.reason) for one in result.files],
        },
        border="horizontal",
        hide_index=True,
    )
    if result.n_conflicts:
        st.warning(
            say(
                f"Correções que esperam uma decisão: {result.n_conflicts}. Veja em Correções.",
                f"Corrections that wait for a decision: {result.n_conflicts}. See Corrections.",
            ),
            icon=":material/warning:",
        )


def _remark(reason: MonitoriaError | None) -> str:
    return fault(reason)
