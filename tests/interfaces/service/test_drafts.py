"""A draft is a fold of what the stream told: however the text was cut into pieces, the same is shown."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from interfaces.service.drafts import Draft, draft_of, told
from rag.events import QuotesChosen, SentenceChecked, TextWritten
from rag.records import Sentence


@given(st.lists(st.text(min_size=1), min_size=1))
def test_no_piece_is_lost_and_their_order_is_kept(pieces: list[str]) -> None:
    assert draft_of([("text", {"text": piece}) for piece in pieces]).text == "".join(pieces)


def test_a_sentence_that_nothing_backs_is_taken_back_and_the_next_attempt_stands_alone() -> None:
    events = [
        TextWritten("O professor diz"),
        TextWritten(" que sim."),
        SentenceChecked(Sentence("O professor diz que sim.", (), "not")),
    ]
    draft = draft_of(map(told, events))
    assert (draft.text, draft.taken_back) == ("", True)
    draft = draft.take(*told(TextWritten("O professor diz que não.")))
    assert (draft.text, draft.taken_back) == ("O professor diz que não.", False)


def test_one_unbacked_sentence_among_several_takes_nothing_away() -> None:
    written = "Isto vale [1]. Aquilo não."
    draft = draft_of([("text", {"text": written}), *map(told, [SentenceChecked(Sentence("Aquilo não.", (), "not"))])])
    assert draft.text == written


def test_an_unknown_kind_changes_nothing_and_quotes_say_that_the_search_is_over() -> None:
    assert Draft().take("note", {"anything": 1}) == Draft()
    assert draft_of([told(QuotesChosen(()))]).found
