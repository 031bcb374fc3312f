"""References as cards: where it was said, what was said around it, and a way to hear it from that second."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from corpus.language import say
from interfaces.pages.media import Media, media_in
from interfaces.pages.plain import marked, plain
from interfaces.render import clock, lecture_label, span
from interfaces.service.courses import Course

Record = Mapping[str, Any]
_AROUND_CHARACTERS = 140


def anchor_of(turn_id: str, n: int) -> str:
    """The id of a reference's card, for links in the text."""
    return f"ref-{turn_id[:8]}-{n}"


def show_cards(
    course: Course,
    turn_id: str,
    references: Sequence[Record],
    hits: Sequence[Record],
    *,
    most: int | None = None,
    likeliest: int | None = None,
) -> None:
    """A card for each reference; ``hits`` have the text around what is quoted, of which ``most`` characters stand.

    ``likeliest`` is the number of the one that is marked as likeliest to answer.
    """
    by_segment = {hit["segment_id"]: hit for hit in hits}
    for reference in references:
        hit = by_segment.get(reference["segment_id"], {})
        said = reference["quote"]
        if most is not None and len(said) > most:
            shown = plain(said[:most].rsplit(" ", 1)[0] + " …")
        else:
            shown = _in_context(hit.get("text") or said, said)
        _card(course, turn_id, reference, shown, likeliest=reference["n"] == likeliest)


def show_hits(course: Course, turn_id: str, hits: Sequence[Record]) -> None:
    """Passages before anything of them is quoted, or where nothing is."""
    for hit in hits:
        _card(course, turn_id, {**hit, "n": hit["rank"]}, plain(hit["text"][: 2 * _AROUND_CHARACTERS] + "…"))


def _card(course: Course, turn_id: str, reference: Record, shown: str, *, likeliest: bool = False) -> None:
    n, start_s = reference["n"], reference["start_s"]
    name = lecture_label(reference["lecture_id"], reference["title"])
    where = " · ".join(part for part in (name, span(start_s, reference["end_s"])) if part)
    with st.container(border=True, gap="xsmall", key=f"card-{turn_id}-{n}"):
        st.subheader(f"\\[{n}\\] {plain(where)}", anchor=anchor_of(turn_id, n))
        if likeliest:
            st.caption(f":material/star: {say('O que mais parece responder', 'The likeliest to answer')}")
        st.markdown(shown)
        media = media_in(course, reference["lecture_id"], reference["url"])
        player(f"{turn_id}-{n}", media, reference["url"], start_s)


def _in_context(text: str, quote: str) -> str:
    """The quote on a coloured ground with a little of what was said before and after."""
    text, quote = " ".join(text.split()), " ".join(quote.split())
    place = text.find(quote)
    if place < 0:
        return plain(quote)
    end = place + len(quote)
    first, last = max(0, place - _AROUND_CHARACTERS), min(len(text), end + _AROUND_CHARACTERS)
    if first:
        first = text.find(" ", first, place) + 1 or first
    if last < len(text):
        last = max(end, text.rfind(" ", end, last))
    around = ("… " if first else "") + text[first:last] + (" …" if last < len(text) else "")
    return marked(around, quote)


def player(key: str, media: Media | None, link: str | None, start_s: float | None) -> None:
    """A way to hear a lecture from a second on: a player that waits to be asked for, or a link."""
    if media is None:
        return
    at = clock(start_s or 0.0)
    if media.kind == "link":
        st.link_button(
            say(f"Abrir em {at}", f"Open at {at}") if start_s is not None else say("Abrir", "Open"),
            link or media.place,
            icon=":material/open_in_new:",
            type="tertiary",
            key=f"open-{key}",
        )
        return
    label = say(f"Ouvir a partir de {at}", f"Play from {at}") if start_s is not None else say("Ouvir", "Play")
    if st.toggle(label, key=f"play-{key}"):
        play = st.video if media.kind == "video" else st.audio
        play(media.place, start_time=int(start_s or 0), autoplay=True)
