"""The part of a segment that a list shows: where most of the question's words are, whole words, at most so long."""

from __future__ import annotations

from corpus.language import Language
from rag.lexical import analyse, places_of

_BEFORE = 0.25  # of the room that is left goes before what was found, the rest after it


def snippet(text: str, question: str, language: Language, n_characters: int) -> str:
    """At most ``n_characters`` of a text, around where it has the most different words of the question.

    Whitespace is one space; ``…`` stands where text is left out. The text's beginning where it has none of the words.

    >>> snippet("Bom dia a todos. O dropout sorteia neurônios.", "o que é dropout?", "pt", 24)
    '… O dropout sorteia …'
    """
    text = " ".join(text.split())
    if len(text) <= n_characters:
        return text
    terms = frozenset(analyse(question, language))
    begin, end = _densest(text, terms, language, n_characters)
    left = n_characters - (end - begin)
    begin = max(0, min(begin - int(left * _BEFORE), len(text) - n_characters))
    return _whole_words(text, begin, begin + n_characters)


def _densest(text: str, terms: frozenset[str], language: Language, n_characters: int) -> tuple[int, int]:
    """First and last character of the stretch with the most different words, the shortest of these, the first."""
    places = [(begin, end, analyse(text[begin:end], language)) for begin, end in places_of(terms, text, language)]
    best, found = (0, 0, 0), (0, 0)
    for first, (begin, _, _) in enumerate(places):
        seen: set[str] = set()
        for _, end, stems in places[first:]:
            if end - begin > n_characters:
                break
            seen.update(terms.intersection(stems))
            worth = (len(seen), begin - end, -begin)
            if worth > best:
                best, found = worth, (begin, end)
    return found


def _whole_words(text: str, begin: int, end: int) -> str:
    """What lies between, without the words that are cut."""
    if begin > 0 and not text[begin - 1].isspace():
        begin = text.find(" ", begin, end) + 1 or begin
    if end < len(text) and not text[end].isspace():
        end = max(text.rfind(" ", begin, end), begin) or end
    kept = text[begin:end].strip()
    return ("… " if begin > 0 else "") + kept + (" …" if end < len(text) else "")
