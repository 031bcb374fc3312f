"""How the index is: what it holds and was made with, and a check of every byte."""

from __future__ import annotations

from functools import partial

import streamlit as st

from corpus.errors import MonitoriaError
from corpus.language import number, say
from interfaces.pages.context import Context
from interfaces.pages.moments import moment
from interfaces.pages.plain import plain
from interfaces.pages.segments.wording import fault
from interfaces.pages.segments.working import begin, show_work
from interfaces.service.health import Health, health, verify


def show(context: Context) -> None:
    """Show the index's health."""
    assert context.course is not None
    course = context.course.course_id
    try:
        found = health(context.desk, context.person, course)
    except MonitoriaError as error:
        st.error(fault(error), icon=":material/error:")
        return
    _facts(found)
    work = show_work(context, "verification", say("Lendo todos os bytes…", "Reading every byte…"))
    if work is not None and work.state == "done":
        checked = work.result
        st.success(
            say(
                f"{checked.generation}: {len(checked.files)} arquivos conferidos, todos como foram gravados.",
                f"{checked.generation}: {len(checked.files)} files checked, all as they were written.",
            ),
            icon=":material/check:",
        )
    st.button(
        say("Conferir todos os bytes", "Check every byte"),
        icon=":material/fact_check:",
        disabled=work is not None and not work.ended,
        on_click=partial(begin, partial(verify, context.desk, context.person, course)),
    )
    _lectures(found)


def _facts(found: Health) -> None:
    manifest, encoder = found.manifest, found.manifest.encoder
    counts = found.corrections
    waiting = counts.get("conflict", 0) + counts.get("gone", 0)
    in_use = counts.get("live", 0)
    opened = say(f" (aberta: {found.opened})", f" (open: {found.opened})")
    facts = {
        say("Aulas", "Lectures"): number(manifest.n_lectures),
        say("Trechos", "Segments"): number(manifest.n_segments),
        say("Correções em uso", "Corrections in use"): number(in_use),
        say("Correções à espera de decisão", "Corrections waiting for a decision"): number(waiting),
        say("Geração", "Generation"): manifest.generation + (opened if found.opened != manifest.generation else ""),
        say("Criada em", "Created"): f"{moment(manifest.created_at)} ({_age(found.days_old)})",
        say("Codificador", "Encoder"): f"{encoder.name} ({encoder.source}, {encoder.runtime}, {encoder.dim})",
        "sha256": f"{encoder.sha256[:16]}…",
        say("Tamanho", "Size"): f"{number(found.size_bytes / 1e6, 1)} MB",
        say("Feita pela versão", "Made by version"): manifest.monitoria_version,
    }
    st.table(
        {say("O quê", "What"): list(facts), say("Valor", "Value"): [plain(value) for value in facts.values()]},
        border="horizontal",
        hide_index=True,
        hide_header=True,
        alt=say("O que o índice contém", "What the index holds"),
    )


def _age(days: float) -> str:
    whole = int(days)
    if whole == 0:
        hours = int(days * 24)
        return say(f"há {hours} h", f"{hours} h ago") if hours else say("há menos de uma hora", "less than an hour ago")
    return say(f"há {whole} {'dia' if whole == 1 else 'dias'}", f"{whole} {'day' if whole == 1 else 'days'} ago")


def _lectures(found: Health) -> None:
    kinds = {"spoken": say("falada", "spoken"), "written": say("escrita", "written")}
    st.header(say("Aulas", "Lectures"), anchor=False)
    st.table(
        {
            say("Id", "Id"): [plain(one.lecture_id) for one in found.lectures],
            say("Título", "Title"): [plain(one.title) for one in found.lectures],
            say("Tipo", "Kind"): [f"{kinds[one.kind]}, {one.language}" for one in found.lectures],
        },
        border="horizontal",
        hide_index=True,
    )
