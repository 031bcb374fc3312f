"""Multiple choice, scored by the choice and by no judge: what was chosen, against the key.

What cannot be read is neither right nor wrong: it has no verdict, and its cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import comb
from typing import Any

from corpus.language import say
from eval.grading import Verdict
from eval.topics import Topic
from rag.choosing import plain, read_letters


@dataclass(frozen=True, slots=True)
class ChoiceScore:
    """One answer to a multiple-choice topic. Choices are told by their place, from 0.

    Attributes:
        chosen: ascending; ``None`` where no choice can be read, for the ``cause``.
        guess: how probable it is that a blind guess is exact: of one choice where one is right, 1/n; where several
            are, of any of the 2ⁿ - 1 sets of choices.
        guess_share: the expected share of such a guess.
    """

    topic_id: str
    chosen: tuple[int, ...] | None
    correct: tuple[int, ...]
    guess: float
    guess_share: float
    cause: str | None = None

    @property
    def exact(self) -> bool | None:
        """Whether what was chosen is what is right, all of it and nothing else; ``None`` where nothing was read."""
        return None if self.chosen is None else set(self.chosen) == set(self.correct)

    @property
    def share(self) -> float | None:
        """Jaccard's index of what was chosen and what is right."""
        if self.chosen is None:
            return None
        chosen, correct = set(self.chosen), set(self.correct)
        return len(chosen & correct) / len(chosen | correct)

    @property
    def verdict(self) -> Verdict | None:
        """C where exact, P where something right was chosen, else I; ``None`` where nothing was read."""
        if self.chosen is None:
            return None
        return "C" if self.exact else "P" if self.share else "I"


def score_choice(record: Mapping[str, Any] | None, topic: Topic) -> ChoiceScore | None:
    """The score of an answer (an object of an answers file, or none); ``None`` where the topic has no choices or key.

    An answer without ``choice``, of another program, is read by its text: a letter as `rag.choosing.read_letters` has
    it, or the text of exactly one choice.
    """
    correct = topic.correct
    if not correct:
        return None
    read = say("sem resposta", "no answer") if record is None else _chosen(record, [c.text for c in topic.choices])
    chosen, cause = (None, read) if isinstance(read, str) else (read, None)
    return ChoiceScore(topic.topic_id, chosen, correct, *_guesses(len(topic.choices), len(correct)), cause)


def _chosen(record: Mapping[str, Any], choices: Sequence[str]) -> tuple[int, ...] | str:
    """The chosen places, or why there are none."""
    shown = record.get("choices_shown")
    if shown is not None and shown != list(choices):
        return say("as alternativas eram outras quando se perguntou", "the choices were others when it was asked")
    if "choice" not in record:
        return _from_text(str(record.get("answer") or ""), choices)
    choice = record["choice"]
    if choice is None:
        return str(record.get("choice_cause") or say("sem escolha na resposta", "the answer has no choice"))
    is_list = isinstance(choice, list) and choice != []
    if not is_list or not all(type(place) is int and 0 <= place < len(choices) for place in choice):
        told, last = f"{choice!r:.60}", len(choices) - 1
        return say(
            f"choice é {told}, e não uma lista de números de 0 a {last}",
            f"choice is {told}, not a list of numbers from 0 to {last}",
        )
    return tuple(sorted(set(choice)))


def _from_text(answer: str, choices: Sequence[str]) -> tuple[int, ...] | str:
    lettered = read_letters(answer, choices)
    if lettered is not None:
        return lettered
    named = _named(plain(answer), [plain(choice) for choice in choices])
    if len(named) == 1:
        return tuple(named)
    n = len(named)
    return say(
        f"a resposta não diz uma letra e tem o texto de {n} alternativas, e não de uma",
        f"the answer says no letter and holds the text of {n} choices, not of one",
    )


def _named(answer: str, choices: Sequence[str]) -> set[int]:
    """The choices whose text stands in an answer as whole words, and not only inside that of a longer one."""
    found = [(place, *span) for place, choice in enumerate(choices) for span in _spans(answer, choice)]
    return {
        place
        for place, begin, end in found
        if not any(b <= begin and end <= e and e - b > end - begin for _, b, e in found)
    }


def _spans(answer: str, choice: str) -> Iterator[tuple[int, int]]:
    if choice:
        yield from (match.span() for match in re.finditer(rf"(?<!\w){re.escape(choice)}(?!\w)", answer))


def _guesses(n_choices: int, n_correct: int) -> tuple[float, float]:
    """How probable a blind guess is to be exact, and its expected share.

    >>> _guesses(4, 1), _guesses(2, 2)
    ((0.25, 0.25), (0.3333333333333333, 0.6666666666666666))
    """
    if n_correct == 1:
        return 1 / n_choices, 1 / n_choices
    n_wrong, n_sets = n_choices - n_correct, 2**n_choices - 1
    shares = (
        comb(n_correct, right) * comb(n_wrong, wrong) * right / (n_correct + wrong)
        for right in range(1, n_correct + 1)
        for wrong in range(n_wrong + 1)
    )
    return 1 / n_sets, sum(shares) / n_sets
