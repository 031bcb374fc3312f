"""One question and its answer: while it is made, and once it is there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import streamlit as st

from corpus.language import say
from interfaces.history.records import Rating
from interfaces.pages.cards import anchor_of, show_cards, show_hits
from interfaces.pages.context import Context
from interfaces.pages.noticing import noticed
from interfaces.pages.plain import plain, with_links
from interfaces.service import chat
from interfaces.service.chat import Shown
from interfaces.service.live import Snapshot
from interfaces.service.warming import Fetched

Record = Mapping[str, Any]
_SHOWN_AT_ONCE = 3
_FOUND_WITHIN_S = 0.35
_DRAFT_CHARACTERS = 260
_EARLIER = "earlier-versions"
_QUOTE_LINE = re.compile(r"^“.*” \[(\d+)\]$")


def show_question(turn_id: str, question: str) -> None:
    """What was asked, as it was typed."""
    with st.container(key=f"question-{turn_id}"):
        st.header(plain(question), anchor=False)


def show_draft(context: Context, turn_id: str, snapshot: Snapshot) -> None:
    """An answer in the making: what it waits for, what is written, and the lectures' words meanwhile."""
    draft = snapshot.draft
    with st.container(key=f"answer-{turn_id}"):
        if draft.understood:
            st.caption(say("Entendi como: ", "Understood as: ") + plain(draft.understood))
        with st.container(horizontal=True, vertical_alignment="center", key=f"status-{turn_id}"):
            st.markdown(f":gray[{_status(snapshot, context.desk.warming.fetched)}]")
            st.button(
                say("Parar", "Stop"),
                key=f"stop-{turn_id}",
                icon=":material/stop_circle:",
                type="tertiary",
                on_click=partial(chat.stop, context.desk, context.person, turn_id),
            )
        st.markdown(with_links(draft.text, partial(_link, turn_id, draft.quotes)) if draft.text else "")
        if draft.quotes:
            show_cards(context.about, turn_id, draft.quotes[:_SHOWN_AT_ONCE], draft.hits, most=_DRAFT_CHARACTERS)
        elif draft.hits:
            show_hits(context.about, turn_id, draft.hits[:_SHOWN_AT_ONCE])


def show_versions(shown: Shown) -> None:
    """Which answer to this question is shown, and a way to those before and after it; nothing where it is the only one.

    Each keeps its own citations and thumbs: they go by the turn's id.
    """
    here, of = shown.number, len(shown.versions)
    if of == 1:
        return
    first = shown.versions[0]
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"versions-{first}"):
        for way, name, to in (
            ("left", say("Resposta anterior", "Previous answer"), here - 1),
            ("right", say("Resposta seguinte", "Next answer"), here + 1),
        ):
            st.button(
                name,
                key=f"version-{way}-{first}",
                icon=f":material/chevron_{way}:",
                type="tertiary",
                disabled=not 1 <= to <= of,
                on_click=partial(_look_at, shown, to),
            )
        st.caption(say(f"{here}ª resposta de {of}", f"answer {here} of {of}"))


def earlier() -> frozenset[str]:
    """The ids of the versions that she looks at in the place of newer ones."""
    return frozenset(st.session_state.get(_EARLIER, ()))


def _look_at(shown: Shown, number: int) -> None:
    others = earlier() - set(shown.versions)
    newest = number == len(shown.versions)
    st.session_state[_EARLIER] = others if newest else others | {shown.versions[number - 1]}


def show_ended(context: Context, shown: Shown, ask: Callable[[str], None] | None) -> None:
    """An answer that is there, was stopped, or failed; ``ask`` where follow-ups are to be offered."""
    snapshot, turn_id = shown.snapshot, shown.turn.turn_id
    with st.container(key=f"answer-{turn_id}"):
        record = snapshot.record
        understood = record.get("understood") if record else snapshot.draft.understood
        if understood:
            _show_understood(context, turn_id, understood)
        if record is None:
            _show_broken(context, turn_id, snapshot)
            return
        _show_whole(context, turn_id, snapshot, record)
        _show_actions(context, shown, record)
        if ask is not None and record.get("follow_ups"):
            st.caption(say("Para continuar", "To go on"))
            with st.container(horizontal=True, gap="xsmall", key=f"follow-ups-{turn_id}"):
                for number, question in enumerate(record["follow_ups"]):
                    st.button(
                        plain(question),
                        key=f"follow-{turn_id}-{number}",
                        on_click=partial(ask, question),
                    )


def show_given(context: Context, turn_id: str, snapshot: Snapshot) -> None:
    """An answer as whoever asked saw it, for somebody else to read: nothing to rate, and nothing to ask again."""
    record, draft = snapshot.record, snapshot.draft
    with st.container(key=f"answer-{turn_id}"):
        if understood := (record.get("understood") if record else draft.understood):
            st.caption(say("Entendida como: ", "Understood as: ") + plain(understood))
        if record is not None:
            _show_whole(context, turn_id, snapshot, record)
            return
        if draft.text:
            st.markdown(with_links(draft.text, partial(_link, turn_id, draft.quotes)))
        if snapshot.state == "stopped":
            st.caption(say("Quem perguntou parou esta resposta.", "Whoever asked stopped this answer."))
        else:
            st.caption(plain(snapshot.error or say("Ainda sem resposta.", "No answer yet.")))
        show_cards(context.about, turn_id, draft.quotes[:_SHOWN_AT_ONCE], draft.hits)


def _show_whole(context: Context, turn_id: str, snapshot: Snapshot, record: Record) -> None:
    if record["abstained"]:
        _show_abstention(context, turn_id, snapshot)
    else:
        _show_answer(context, turn_id, record)
    if record["error"]:
        st.caption(plain(record["error"]))


def _status(snapshot: Snapshot, fetched: Fetched | None) -> str:
    if snapshot.ahead:
        many = snapshot.ahead > 1
        return say(
            f"{snapshot.ahead} pergunta{'s' if many else ''} à frente; os trechos já estão aqui",
            f"{snapshot.ahead} question{'s' if many else ''} ahead; the passages are here already",
        )
    if not snapshot.draft.found:
        return say("Procurando nas aulas…", "Searching the lectures…")
    if snapshot.draft.taken_back:
        return say("A aula não sustenta o que foi escrito; tentando de novo…", "The lecture does not back it; again…")
    if snapshot.draft.text:
        return say("Escrevendo…", "Writing…")
    if fetched is not None:
        done, of = fetched
        how_far = f"{done / 1e6:.0f}" + (f" / {of / 1e6:.0f}" if of else "") + " MB"
        return say(f"Baixando o modelo, só desta vez: {how_far}", f"Fetching the model, this once: {how_far}")
    return say("Lendo os trechos…", "Reading the passages…")


def _link(turn_id: str, references: Sequence[Record], n: int) -> str | None:
    return f"#{anchor_of(turn_id, n)}" if any(reference["n"] == n for reference in references) else None


def _show_answer(context: Context, turn_id: str, record: Record) -> None:
    references = record["references"]
    written, order = _taken_apart(record["answer"], references)
    if written:
        st.markdown(with_links(written, partial(_link, turn_id, references)))
    first, rest = _in_two(record, order)
    # Where quotes are all that there is, the one to begin with; that is seen without a word where it is the first.
    likeliest = order[0] if order and record["mode"] == "quotes" and first[0]["n"] != order[0] else None
    show_cards(context.about, turn_id, first, record["hits"], likeliest=likeliest)
    if rest:
        with st.expander(say(f"Outros trechos próximos ({len(rest)})", f"Other passages nearby ({len(rest)})")):
            show_cards(context.about, turn_id, rest, record["hits"])


def _in_two(record: Record, order: Sequence[int]) -> tuple[list[Record], list[Record]]:
    """The references whose cards stand at once, and the others, each by number, as one reads them.

    What the text cites stands at once; where it cites nothing, the likeliest, which ``order`` has first. Numbers are
    those that the draft showed, so that no card is another one in the end.
    """
    by_number = {reference["n"]: reference for reference in record["references"]}
    quotes = record["mode"] == "quotes"
    cited = set() if quotes else {n for sentence in record["sentences"] for n in sentence["citations"]}
    wanted = [n for n in dict.fromkeys([*sorted(cited), *order, *by_number]) if n in by_number]
    n_shown = max(_SHOWN_AT_ONCE if quotes else 1, len(cited & set(by_number)))
    shown, hidden = sorted(wanted[:n_shown]), sorted(wanted[n_shown:])
    return [by_number[n] for n in shown], [by_number[n] for n in hidden]


def _taken_apart(text: str, references: Sequence[Record]) -> tuple[str, list[int]]:
    """What was written, without the quotes that stand on cards anyway, and the order in which these stood."""
    quoted = {f"“{reference['quote']}” [{reference['n']}]" for reference in references}
    lines = text.split("\n")
    written = "\n".join(line for line in lines if line not in quoted).strip()
    order = [int(found.group(1)) for line in lines if line in quoted and (found := _QUOTE_LINE.match(line))]
    return written, order


def _show_abstention(context: Context, turn_id: str, snapshot: Snapshot) -> None:
    record = snapshot.record or {}
    st.markdown(f"**{say('As aulas não respondem a essa pergunta.', 'The lectures do not answer this question.')}**")
    st.caption(say("O que dizem de mais próximo:", "The nearest that they say:"))
    if snapshot.draft.quotes:
        show_cards(context.about, turn_id, snapshot.draft.quotes[:_SHOWN_AT_ONCE], record.get("hits", ()))
    else:
        show_hits(context.about, turn_id, record.get("hits", ())[:_SHOWN_AT_ONCE])


def _show_broken(context: Context, turn_id: str, snapshot: Snapshot) -> None:
    draft = snapshot.draft
    if draft.text:
        st.markdown(with_links(draft.text, partial(_link, turn_id, draft.quotes)))
    if snapshot.state == "stopped":
        st.caption(say("Você parou esta resposta.", "You stopped this answer."))
    else:
        st.error(
            plain(snapshot.error or say("A resposta foi interrompida.", "The answer was cut off.")),
            icon=":material/error:",
        )
    st.button(
        say("Tentar de novo", "Try again"),
        key=f"again-{turn_id}",
        icon=":material/refresh:",
        on_click=partial(_again, context, turn_id),
    )
    show_cards(context.about, turn_id, draft.quotes[:_SHOWN_AT_ONCE], draft.hits)


def _show_understood(context: Context, turn_id: str, understood: str) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"understood-{turn_id}"):
        st.caption(say("Entendi como: ", "Understood as: ") + plain(understood))
        with (
            st.popover(say("Corrigir", "Correct"), icon=":material/edit:", type="tertiary"),
            st.form(f"understood-form-{turn_id}", border=False),
        ):
            st.text_area(
                say("A pergunta inteira", "The whole question"),
                value=understood,
                key=f"whole-{turn_id}",
                max_chars=chat.MOST_CHARACTERS,
            )
            st.form_submit_button(
                say("Perguntar assim", "Ask this"),
                on_click=lambda: _again(context, turn_id, st.session_state[f"whole-{turn_id}"]),
            )


def _show_actions(context: Context, shown: Shown, record: Record) -> None:
    turn_id = shown.turn.turn_id
    key = f"thumbs-{turn_id}"
    rated = None if shown.feedback is None else int(shown.feedback.rating == "up")

    def rate() -> None:
        chosen = st.session_state[key]
        rating: Rating | None = None if chosen is None else "up" if chosen else "down"
        chat.rate(context.desk, context.person, turn_id, rating, shown.feedback.reason if shown.feedback else "")

    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"actions-{turn_id}"):
        st.feedback("thumbs", key=key, default=rated, on_change=rate)
        with st.popover(say("Copiar", "Copy"), icon=":material/content_copy:", type="tertiary"):
            st.code(record["answer"], language=None, wrap_lines=True)
        st.button(
            say("Responder de novo", "Answer again"),
            key=f"again-{turn_id}",
            icon=":material/refresh:",
            type="tertiary",
            on_click=partial(_again, context, turn_id),
        )
    if shown.feedback is not None:
        _ask_why(context, shown)


def _ask_why(context: Context, shown: Shown) -> None:
    turn_id, feedback = shown.turn.turn_id, shown.feedback
    assert feedback is not None
    key = f"why-{turn_id}"
    st.text_input(
        say("Por quê? (opcional)", "Why? (optional)"),
        value=feedback.reason,
        key=key,
        max_chars=500,
        on_change=lambda: chat.rate(context.desk, context.person, turn_id, feedback.rating, st.session_state[key]),
    )


def await_passages(context: Context, turn_id: str) -> None:
    """Have the page show this new turn first, with its passages, which are there within a few dozen milliseconds."""
    st.session_state.asked = turn_id
    context.desk.answering.wait_found(turn_id, _FOUND_WITHIN_S)


def _again(context: Context, turn_id: str, question: str | None = None) -> None:
    with noticed():
        asked = chat.ask_again(context.desk, context.person, turn_id, question)
        st.session_state[_EARLIER] = earlier() - {turn_id}
        await_passages(context, asked.turn_id)
