"""Multiple choice: which lettered choices a model holds right, by what the lectures say.

A llama.cpp model is held to letters by a grammar. What another writes is read strictly, and asked for once more where
it cannot be read: a letter is never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from string import ascii_uppercase as LETTERS  # noqa: N812 - it is a constant

from corpus.language import Language, fold_accents, say
from rag.errors import GenerationFailed
from rag.generator import Generation
from rag.llm import LLM, WRITING, Size, briefly
from rag.prompts import Prompt, filled
from rag.quotes import Quote

# Quotes that a model is shown. Of the 70 questions of a course's quizzes the embedded one had 36 right without any, 48
# with three, 46 with six in half as much time again; quotes chosen by the choices' words too made no difference (49).
READS: Mapping[Size, int | None] = {"small": 3, "large": None}
_TOKENS = 100  # of a model that no grammar holds
_TRIES = 2
_MARKUP = re.compile(r"[*_`\"“”]+")
_LABEL = re.compile(
    r"(?:(?P<choice>alternativas?|letras?|op[çc](?:ão|ões)|options?|choices?|letters?)|respostas?|gabarito|answers?)\b"
    r"(?: (?:certas?|corretas?|correct|right))?(?: (?:é|são|is|are))?\s*:?\s*",
    re.IGNORECASE,
)
_ONE = r"\(?[A-Za-z](?!\w)\)?"
_JOINT = r"\s*(?:,\s*(?:e|and)\s|[,;/+&]|\s(?:e|and)\s)\s*"
_ONLY_LETTERS = re.compile(rf"{_ONE}(?:{_JOINT}{_ONE})*\s*\.?")
_FIRST = re.compile(r"\(?(?P<letter>[A-Za-z])(?!\w)(?P<end>\s?\)|\s?[.,:–—-](?=\s)|)\s*(?P<rest>.*)")
_MORE = re.compile(r"(?:[,;/+&]|(?:e|ou|and|or)\b)\s*\(?[A-Za-z](?!\w)")
_ANOTHER = re.compile(r"(?<!\w)\(?([A-Za-z])\)")


@dataclass(frozen=True, slots=True)
class Chosen:
    """What a model chose.

    Attributes:
        places: of the chosen ones in the list of choices, from 0, ascending; ``None`` where there is no choice.
        cause: why there is none.
        failed: the model failed, so that it is worth asking again.
        prompt_sha256: of the prompt that asked.
    """

    places: tuple[int, ...] | None
    cause: str | None = None
    failed: bool = False
    prompt_sha256: str | None = None


def choose(
    llm: LLM,
    question: str,
    choices: Sequence[str],
    quotes: Sequence[Quote],
    language: Language,
    timeout_s: float,
    *,
    several: bool,
) -> Chosen:
    """Ask for the right choice, or for all that are right where ``several`` are; raises nothing of the model's."""
    if not quotes:
        return Chosen(
            None, say("não há trecho das aulas por que escolher", "there is no passage of the lectures to choose by")
        )
    prompt = _prompt(question, choices, quotes, language, several=several)
    asked, reply = prompt, ""
    try:
        for _ in range(_TRIES):
            generation = Generation(_to_letters(llm, len(choices), several=several), asked, timeout_s)
            reply = "".join(generation.tokens())
            places = None if generation.cut_off else read_letters(reply, choices)
            if places is not None and (several or len(places) == 1):
                return Chosen(places, prompt_sha256=prompt.sha256)
            again = filled("choose_again", language)
            asked = replace(prompt, user=again.user, before=(("user", prompt.user), ("assistant", reply)))
    except GenerationFailed as error:
        return Chosen(None, str(error), failed=True, prompt_sha256=prompt.sha256)
    shown = " ".join(reply.split())[:60]
    cause = say(
        f"o modelo {llm.name} não respondeu com a letra de uma alternativa: {shown!r}",
        f"the model {llm.name} did not reply with a choice's letter: {shown!r}",
    )
    return Chosen(None, cause, prompt_sha256=prompt.sha256)


def read_letters(text: str, choices: Sequence[str]) -> tuple[int, ...] | None:
    """The places of the choices that a text names by letter, ascending; ``None`` where it does not plainly do so.

    It is letters alone, or begins with one that a parenthesis closes, that is named as a choice's (``Alternativa B:``),
    or that is followed by that choice's own text. One that goes on to another letter or choice says nothing plain.

    >>> choices = ["Django", "Flask", "FastAPI"]
    >>> [read_letters(text, choices) for text in ("B", "b) é leve", "Alternativa C.", "(A)", "A e C", "B. Flask")]
    [(1,), (1,), (2,), (0,), (0, 2), (1,)]
    >>> [read_letters(text, choices) for text in ("A melhor é Flask", "D", "B) Django", "A) ou B)", "B, portanto, sim")]
    [None, None, None, None, None]
    """
    bare = " ".join(_MARKUP.sub("", text).split())
    of_a_choice = False
    while (label := _LABEL.match(bare)) is not None:
        of_a_choice = of_a_choice or label.group("choice") is not None
        bare = bare[label.end() :]
    if _ONLY_LETTERS.fullmatch(bare) is not None:
        return _places([part.strip("(). ") for part in re.split(_JOINT, bare)], len(choices))
    first = _FIRST.match(bare)
    if first is None:
        return None
    letter, end, rest = first.group("letter"), first.group("end").strip(), first.group("rest")
    places = _places([letter], len(choices))
    if places is None or _MORE.match(rest) or any(other.upper() != letter.upper() for other in _ANOTHER.findall(rest)):
        return None
    followed_by = [place for place, choice in enumerate(choices) if plain(rest).startswith(plain(choice) or "\n")]
    if followed_by:
        return places if places[0] in followed_by else None
    return places if end == ")" or (end and of_a_choice) else None


def plain(text: str) -> str:
    """A choice's or an answer's text as it is compared: no accents, capitals, quotes, nor full stop at its end.

    >>> plain("  A `Função`. ")
    'a funcao'
    """
    return " ".join(fold_accents(_MARKUP.sub("", text)).casefold().split()).strip(" .,;:")


def _places(letters: Sequence[str], n_choices: int) -> tuple[int, ...] | None:
    places = sorted({LETTERS.index(letter.upper()) for letter in letters})
    return tuple(places) if places[-1] < n_choices else None


def _prompt(
    question: str, choices: Sequence[str], quotes: Sequence[Quote], language: Language, *, several: bool
) -> Prompt:
    return filled(
        "choose_several" if several else "choose",
        language,
        passages="\n\n".join(" ".join(quote.text.split()) for quote in quotes),
        question=question.strip(),
        choices="\n".join(f"{LETTERS[n]}) {' '.join(choice.split())}" for n, choice in enumerate(choices)),
    )


def _to_letters(llm: LLM, n_choices: int, *, several: bool) -> LLM:
    """The model, held to letters where a grammar can hold it.

    Its slot is the writer's, whose examples are read again after: a third one would cost every course memory.
    """
    if not llm.takes_grammar:
        return replace(llm, chat=briefly(llm.chat, _TOKENS))
    brief = replace(llm, chat=briefly(llm.chat, 3 * n_choices))
    return replace(brief, chat=brief.in_slot(WRITING, grammar=letter_grammar(n_choices, several=several)))


def letter_grammar(n_choices: int, *, several: bool) -> str:
    """GBNF for one letter, or for letters that ascend, separated by commas.

    >>> print(letter_grammar(3, several=True))
    root ::= "A" a | "B" b | "C"
    a ::= (", " ("B" b | "C"))?
    b ::= (", " ("C"))?
    """
    letters = LETTERS[:n_choices]
    if not several:
        return "root ::= " + " | ".join(f'"{letter}"' for letter in letters)

    def one_of(later: str) -> str:
        return " | ".join(f'"{letter}"' + (f" {letter.lower()}" if letter != letters[-1] else "") for letter in later)

    rules = [f'{letter.lower()} ::= (", " ({one_of(letters[n:])}))?' for n, letter in enumerate(letters[:-1], start=1)]
    return "\n".join([f"root ::= {one_of(letters)}", *rules])
