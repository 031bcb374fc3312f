"""Whether a question leans on what was said before: a pronoun without its noun, ellipsis, too few words of its own.

Rules over words, Portuguese and English: no parser, no model. What such a question lacks is found in `rag.followups`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from corpus.language import Language, fold_accents
from rag.question_words import (
    ABOUT_A_CLAUSE,
    BEFORE_THAT,
    BOUNDARY,
    EXPLAINS,
    FUNCTION,
    GENERIC,
    HERE,
    LECTURES,
    PEOPLE,
    POSSESSIVE,
    PRONOUNS,
    TELLS_WHICH,
)

_TOKEN = re.compile(r"[^\W_]+(?:[-'’_][^\W_]+)*[+#]*|[,;:.?!]+")
_BREAKS = frozenset(",;:.?!")
_KEPT = frozenset(("é", "está", "estás"))
_LONG = 80  # words; with more than these a question says what it is about
_SHORT = 8  # words; an opening such as "E no teste?" with more than these brings what it asks about

# Said around a question, no part of it.
_POLITE = re.compile(
    r"(?:(?:oi|ola|opa|bom dia|boa tarde|boa noite|tudo bem|por favor|muito obrigad[oa]|obrigad[oa]|valeu|entendi|ok|"
    r"okay|certo|beleza|legal|ah|hum+|hmm+|(?:o )?professora?|prof|(?:tenho )?uma duvida|"
    r"outra (?:coisa|pergunta|duvida)|mudando de assunto|me (?:explica|explique|diz|diga|fala)|"
    r"(?:eu )?(?:queria|quero|gostaria de) (?:saber|entender)|"
    r"(?:voce |vc )?(?:pode|poderia) (?:me )?(?:explicar|dizer)|"
    r"hi|hello|hey|thanks|thank you|please|great|i see|got it|one more (?:thing|question)|another question|"
    r"(?:can|could) you (?:please )?(?:tell|explain to) me|"
    r"i would like to know|i(?: just)? want(?:ed)? to (?:ask|know))"
    r"\b[ ,;:.?!]*)+"
)
_AND: Mapping[Language, re.Pattern[str]] = {
    "pt": re.compile(r"(?:mas |entao |ah )?e (?:(?!verdade|possivel|preciso|necessario|obrigatorio|permitido)\w)"),
    "en": re.compile(r"(?:(?:but |so )?and|what about|how about|what if)\b"),
}
_SO: Mapping[Language, re.Pattern[str]] = {"pt": re.compile("entao |mas "), "en": re.compile("so |but |then ")}
# "O que é X?", "When is the X?": whole, however short.
_NAMES_ITS_NOUN: Mapping[Language, re.Pattern[str]] = {
    "pt": re.compile(
        r"(?:(?:mas|entao|e) )*(?:o que|oq|quem|quando|onde|como|pra que|para que|pra q|quanto)(?: (?:é|e) que| que)? "
        r"(?:é|e|sao|foi|foram|era|eram|fica|ficam|sera|serve|servem|significa|vale|valem|custa|quer dizer|funciona)\b"
    ),
    "en": re.compile(r"(?:(?:but|and|so) )*(?:what|who|when|where|how|why) ?(?:is|are|was|were|does|do|did|'s)\b"),
}
_DEFINED = re.compile(
    r"(?:e |and )?(?:o que|oq|what) (?:é|e|sao|is|are) (?:(?:o|a|os|as|the) )?\w+ (?:(?:de|do|da|of) )?\w+"
)
# A number, a choice or a property asked of something that is not named.
_ASKS_OF_THE_UNNAMED: Mapping[Language, re.Pattern[str]] = {
    "pt": re.compile(
        r"(?:e )?(?:(?:qual|quais) (?:(?:é|foi|era|seria|e|sao|foram|eram) )?[oa]s? \w+(?: mesm[oa])?|"
        r"(?:de|em|com|por|para|pra|no|na|nos|nas|do|da) \S+(?: \S+)?|"
        r"(?:qual|quais|que) (?!e\b|é\b|sao\b|foi\b)\w+|como (?:é que )?(?:se |eu |a gente )?\w+) ?(?:\?|$)"
    ),
    "en": re.compile(
        r"(?:and )?(?:what (?:is|was|are|were) the \w+|(?:which|what) \w+|"
        r"(?:in|on|at|with|for|from|by|of) (?:the |which |what )?\w+) ?(?:\?|$)"
    ),
}
_OF_THEM: Mapping[Language, re.Pattern[str]] = {
    "pt": re.compile(
        r"\b(?:quantos|quantas) (?:ja |que )?(?:vai|vao|vamos|tem|sao|foram|eram|ha|da|dao|precisam?|podem?|devo|usam?|"
        r"usamos|existem|ficam|cabem|eu|voce|ele|eles|ela|elas|a gente|nos)\b|"
        r"\b(?:qual|quais) (?:(?:eu|voce|ele|eles|a gente) )?(?:(?:devo|deve|posso|pode|preciso|vale a pena) )?"
        r"(?:usar|uso|usa|usam|escolher|escolho|escolhe|serve|funciona|ganha|ganhou|venceu|vence|compensa|aprende|treina|"
        r"gasta|tem|da|deu)\b"
    ),
    "en": re.compile(
        r"\bhow many (?:are|is|were|was|do|does|did|can|should|will|of (?:them|those|these)|have|has|in|at|on)\b|"
        r"\bwhich (?:is|was|does|did|should|do|works?|wins?|won|can|gives?|gave|needs?|learns?|has|had)\b"
    ),
}
_CHOSEN: Mapping[Language, re.Pattern[str]] = {
    "pt": re.compile(
        r"\b(?:(?:[oa]|d[oa]|n[oa]|pr[oa]|ao|pel[oa]) (?:primeir|segund|terceir|quart|ultim|outr)[oa]|"
        r"(?:[oa]s|d[oa]s|n[oa]s) (?:dois|duas|tres|outr[oa]s)|ambos|ambas|[oa] mesm[oa](?: coisa)?)(?= (\S+)|$)"
    ),
    "en": re.compile(
        r"\b(?:the (?:first|second|third|last|other|others|former|latter|two|same)(?: ones?| thing)?|both|"
        r"(?:which|that|this|another|bigger|smaller|larger|better|other) ones?)(?= (\S+)|$)"
    ),
}
_EXPLETIVE = re.compile(
    r"\b(?:is|was|would|will|isn't|does|did) it (?:be )?(?:really |always |still |ever |actually |even )?"
    r"(?:(?:possible|necessary|true|ok|okay|allowed|worth|mandatory|important|because|that|make sense|take|matter)\b|"
    r"\w+ (?:to|if|that|when|for)\b)|\bit (?:is|was|takes|means|makes sense)\b|\bit's\b"
)
_DEMONSTRATIVE = re.compile(r"[dn]?(?:es[st][ea]s?|aquel[ea]s?)")
_HAS_A_VERB: Mapping[Language, re.Pattern[str]] = {
    "pt": re.compile(
        r"\b(?:pode|podem|posso|podemos|precisa|preciso|precisamos|da|deu|tem|tinha|teve|vale|valeu|funciona|funcionou|"
        r"serve|serviu|usa|usam|usar|usou|foi|foram|era|eram|é|fica|ficou|vai|vou|vamos|quer|faz|fez|fazer|saiu|caiu|subiu|"
        r"leva|levar|levou|gasta|custa|demora|ajuda|melhora|piora|muda|mudou|cabe|roda|existe|conta|aumenta|diminui|deve|"
        r"acontece|aconteceu|alguem|entra|paga|ganha|perde|aprende|treina|consegue)\b"
    ),
    "en": re.compile(
        r"\b(?:is|are|was|were|do|does|did|can|could|should|will|would|must|has|have|had|need|needs|use|take|takes|work|"
        r"works|help|helps|happens?|how many|how much)\b"
    ),
}
# Verb first, its subject left out: what needs, fits or may be done was named before.
_NEEDS_A_SUBJECT = re.compile(
    r"(?:pode|precisa|da (?:pra|para)|tem (?:que|q)|funciona|serve|vale|foi|roda|ficou|deu|cabe|treina|leva|gasta|"
    r"demora) "
)
_NAME = re.compile(r"[^\s.?!]\s+[^\W\d_a-zà-ÿ]")  # a capital inside a sentence
_DEFINITE = re.compile(r"\b(?:o|a|os|as|no|na|nos|nas|do|da|dos|das|ao|aos|pelo|pela|meu|minha|essa?|esta|este) \w")
_INFINITIVE = re.compile(r"^to \w|r$")


def leans(question: str, language: Language) -> bool:
    """Whether a question cannot be understood, or not be searched for, without what was said before it.

    >>> leans("E no teste?", "pt"), leans("O que é uma época?", "pt")
    (True, False)
    >>> leans("Did it actually help?", "en"), leans("Is it true that the loss became nan?", "en")
    (True, False)
    """
    tokens = _tokens(question)
    text = " ".join(tokens)
    text = text[match.end() :] if (match := _POLITE.match(text)) else text
    tokens = text.split()
    n_words = sum(token[0] not in _BREAKS for token in tokens)
    if not 0 < n_words <= _LONG:
        return False  # thanks alone are no question to make whole
    own = _own_words(tokens, language)
    if not own:
        return not _DEFINED.match(text)
    if _unbound(tokens, language) or _unnamed_choice(text, language):
        return True
    if _NAMES_ITS_NOUN[language].match(text):
        return False
    if all(word.isdigit() for word in own) or (len(own) <= 1 and _SO[language].match(text)):
        return True
    if len(own) <= 2 and n_words <= _SHORT and _AND[language].match(text):
        return True
    if n_words <= _SHORT and not _NAME.search(question) and _says_too_little(tokens, own, language):
        return True
    return _ASKS_OF_THE_UNNAMED[language].match(text) is not None or _only_does(tokens, language)


def own_words(text: str, language: Language) -> list[str]:
    """The words of a text that say what it is about, in order, lower case, accents folded."""
    return _own_words(_tokens(text), language)


def _tokens(text: str) -> list[str]:
    """Words and punctuation, in lower case, accents folded where no other word comes of it."""
    found = _TOKEN.findall(unicodedata.normalize("NFC", text).lower().replace("’", "'"))
    return [token if token in _KEPT else fold_accents(token) for token in found]


def _is_own(token: str, language: Language) -> bool:
    return token[0] not in _BREAKS and token not in FUNCTION[language] and token not in GENERIC[language]


def _own_words(tokens: Sequence[str], language: Language) -> list[str]:
    return [token for token in tokens if _is_own(token, language)]


def _unbound(tokens: Sequence[str], language: Language) -> bool:
    """Whether a pronoun or a demonstrative stands for something that the question does not name before it."""
    empty = _expletives(tokens) if language == "en" else frozenset[int]()
    of_people = _names_a_lecturer(tokens, language)
    for place, token in enumerate(tokens):
        if place in empty or (of_people and token in PEOPLE):
            continue
        if token in PRONOUNS[language]:
            if tokens[place : place + 2] != ["aquilo", "que"] and not _bound(tokens, place, language):
                return True
        elif _points(tokens, place, language):
            noun, after = (tokens[place + 1], tokens[place + 1 :]) if place + 1 < len(tokens) else ("", [])
            own = bool(noun) and _is_own(noun, language)
            if noun in HERE or _explained(after, language) or (own and noun in tokens[:place]):
                continue
            if not _bound(tokens, place, language) or (own and not _said_before(tokens, place, language)):
                return True
    return False


def _expletives(tokens: Sequence[str]) -> frozenset[int]:
    """Where ``it`` stands for nothing: "is it true that…"."""
    text = " ".join(tokens)
    places: set[int] = set()
    for match in _EXPLETIVE.finditer(text):
        first = text[: match.start()].count(" ")
        places.update(first + n for n, word in enumerate(match.group().split()) if word in ("it", "it's"))
    return frozenset(places)


def _names_a_lecturer(tokens: Sequence[str], language: Language) -> bool:
    """Whether ``ele`` or ``they`` is who gives the course: in a question that names what it is about, mostly so."""
    n_own = len(_own_words(tokens, language))
    if language == "en":
        return n_own >= 2 and any(token in ("they", "he", "she") for token in tokens)
    subjects = [place for place, token in enumerate(tokens) if token in ("ele", "ela", "eles", "elas")]
    lectures = any(not LECTURES.isdisjoint(tokens[place + 1 : place + 4]) for place in subjects)
    least = 2 if lectures or "eles" in tokens else 3 if "ele" in tokens else 4
    return bool(subjects) and n_own >= least


def _points(tokens: Sequence[str], place: int, language: Language) -> bool:
    """Whether a word is a demonstrative: ``that`` may also open a clause, ``esta`` be ``está`` without its accent."""
    word = tokens[place]
    following = tokens[place + 1] if place + 1 < len(tokens) else "?"
    if language == "pt":
        return _DEMONSTRATIVE.fullmatch(word) is not None and not (word == "esta" and following.endswith("ndo"))
    if word == "that":
        return place == 0 or following == "?" or tokens[place - 1] in BEFORE_THAT
    return word in ("this", "these", "those")


def _explained(after: Sequence[str], language: Language) -> bool:
    """Whether what follows says which one is meant: "aquela história do cachorro"."""
    return len(after) > 2 and after[1] in EXPLAINS[language] and bool(_own_words(after[2:], language))


def _bound(tokens: Sequence[str], place: int, language: Language) -> bool:
    """Whether something named in an earlier clause may be what is meant; in the same one only a possessor may."""
    word = tokens[place]
    breaks = [n for n in range(place) if tokens[n][0] in _BREAKS or tokens[n] in BOUNDARY[language]]
    # "pra isso" opens no clause; "pra ela generalizar" does.
    last = " ".join(tokens[breaks[-1] : place + 2]) if breaks else ""
    if last.startswith(("pra ", "para ", "to ")) and not _INFINITIVE.search(last):
        breaks.pop()
    end = place if word in POSSESSIVE else (breaks[-1] if breaks else 0)
    named = _own_words(tokens[:end], language)
    if word in ABOUT_A_CLAUSE:
        return len(named) >= (1 if language == "en" else 2)
    if language == "pt" and word in PEOPLE:
        other_gender = ("o", "os") if word.rstrip("s").endswith("a") else ("a", "as")
        named = [name for name in named if not name.endswith(other_gender)]
    return bool(named)


def _said_before(tokens: Sequence[str], place: int, language: Language) -> bool:
    """Whether a sentence or clause with things of its own comes before."""
    stops = [n for n in range(place) if tokens[n][0] in _BREAKS]
    return bool(stops) and len(_own_words(tokens[: stops[-1]], language)) >= 2


def _unnamed_choice(text: str, language: Language) -> bool:
    """Whether it asks for one, or for a number, of what it does not name: "e o segundo?", "quantas são?"."""
    n_own = len(_own_words(text.split(), language))
    if n_own <= 2 and _OF_THEM[language].search(text):
        return True
    for match in _CHOSEN[language].finditer(text):
        following = match.group(1) or "?"
        if following in TELLS_WHICH or _is_own(following, language) or re.search(r"\b(?:entre|between)\b", text):
            continue
        most = 1 if following in GENERIC[language] else 3
        if n_own <= most and not _own_words(text[: match.start()].split(), language):
            return True
    return False


def _says_too_little(tokens: Sequence[str], own: Sequence[str], language: Language) -> bool:
    """Whether a short question has a verb and next to nothing that it is about: "vale nota?", "can we do it in pairs?".

    One that asks who did it to a thing, that begins with the thing, or that is no more than the thing, says enough.
    """
    text = " ".join(tokens)
    if len(own) > 2 or tokens[0] == own[0] or not _HAS_A_VERB[language].search(text):
        return False
    if re.match(r"(?:e |and )?(?:quem|who) \w+ (?:o|a|os|as|the) ", text) or re.search(r"\d|[+#]", " ".join(own)):
        return False
    return len(own) == 1 or bool(_NEEDS_A_SUBJECT.match(text) and not _DEFINITE.search(text))


def _only_does(tokens: Sequence[str], language: Language) -> bool:
    """Whether all its own words are infinitives: "cabe todo mundo ou tem que se inscrever?"."""
    own = [place for place, token in enumerate(tokens) if _is_own(token, language)]
    return language == "pt" and all(
        place > 0 and tokens[place - 1] in FUNCTION["pt"] and re.fullmatch(r"\w{2,}[aei]r", tokens[place])
        for place in own
    )
