"""Spelling: worked by hand, compared with every word of the vocabulary, and never a known word touched."""

from __future__ import annotations

import json
import random
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from corpus.language import fold_accents
from rag.spelling import Repair, Speller, vocabulary_of

LECTURES = ["A regularização segura o dropout.", "Dropout e regularização, de novo!", "O treino parou; a rede treina."]


@pytest.fixture(scope="module")
def speller() -> Speller:
    return Speller(vocabulary_of(LECTURES))


def test_the_vocabulary_counts_texts_and_not_occurrences() -> None:
    assert vocabulary_of(["Ação, ação e AÇÃO", "acao"]) == {"acao": 2, "e": 1}
    assert vocabulary_of([]) == {}


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("droput", "dropout"),  # a letter less
        ("dropoutt", "dropout"),  # a letter more
        ("drapout", "dropout"),  # another letter
        ("dropuot", "dropout"),  # two swapped
        ("DROPUOT", "DROPOUT"),
        ("Dropuot", "Dropout"),
        ("regulariçasão", "regularizacao"),  # two slips in a long word; an accent is none
        ("trieno", "treino"),
        ("trino", "treino"),  # treina is two slips away
    ],
)
def test_a_slip_is_read_as_the_lectures_spell_it(speller: Speller, written: str, read: str) -> None:
    assert speller.repaired(written) == (read, (Repair(written, read),))


@pytest.mark.parametrize(
    "written",
    [
        "dropout",
        "Regularizacao",
        "drpt",  # three slips
        "trin",  # two slips in a short word
        "red",  # three letters
        "rde",
        "dr0pout",  # a digit
        "v2",
        "",
        "?!",
        "🤖",
        "\ud83e",
        "x" * 20_000,
    ],
)
def test_what_is_known_short_far_or_no_word_is_left(speller: Speller, written: str) -> None:
    assert speller.repaired(written) == (written, ())


def test_the_rest_of_the_question_stays_as_it_was(speller: Speller) -> None:
    question, repairs = speller.repaired("  Pra que serve o  droput (C++), e a regularisação?\n")
    assert question == "  Pra que serve o  dropout (C++), e a regularizacao?\n"
    assert [repair.written for repair in repairs] == ["droput", "regularisação"]


def test_accents_of_their_own_are_part_of_their_letter(speller: Speller) -> None:
    """A Mac writes ç as c and a cedilla; a pattern for words would break there."""
    assert speller.repaired("regulariza\u0063\u0327a\u0303o regulariza\u0063\u0327sa\u0303o")[0] == (
        "regularização regularizacao"
    )
    assert vocabulary_of(["regularizac\u0327a\u0303o"]) == {"regularizacao": 1}


def test_the_nearest_wins_then_the_frequent_then_the_alphabet() -> None:
    assert Speller({"camadas": 1, "camada": 9}).nearest("camadass") == "camadas"
    assert Speller({"gatos": 2, "ratos": 1, "patos": 1}).nearest("xatos") == "gatos"
    assert Speller({"ratos": 1, "patos": 1}).nearest("xatos") == "patos"


def test_what_the_index_holds_by_its_stem_is_left() -> None:
    assert Speller({"treina": 1}).nearest("treino") == "treina"
    assert Speller({"treina": 1}, holds=lambda word: word.startswith("trein")).nearest("treino") is None


def test_an_empty_vocabulary_repairs_nothing() -> None:
    assert Speller({}).repaired("dropuot") == ("dropuot", ())


def distance(one: str, other: str) -> int:
    """Damerau and Levenshtein's, with any swap of neighbours, by dynamic programming (Lowrance and Wagner 1975)."""
    last: dict[str, int] = {}
    far = len(one) + len(other)
    table = {(-1, -1): far}
    for i in range(len(one) + 1):
        table |= {(i, -1): far, (i, 0): i}
    for j in range(len(other) + 1):
        table |= {(-1, j): far, (0, j): j}
    for i, a in enumerate(one, start=1):
        met = 0
        for j, b in enumerate(other, start=1):
            k, m = last.get(b, 0), met
            if a == b:
                met = j
            swapped = table[k - 1, m - 1] + (i - k - 1) + 1 + (j - m - 1)
            table[i, j] = min(table[i - 1, j - 1] + (a != b), table[i, j - 1] + 1, table[i - 1, j] + 1, swapped)
        last[a] = i
    return table[len(one), len(other)]


words = st.text("abcdeé", min_size=1, max_size=10)


@settings(max_examples=200)
@given(st.dictionaries(words.map(fold_accents), st.integers(1, 5), max_size=30), words)
def test_it_finds_what_a_look_at_every_word_finds(vocabulary: dict[str, int], word: str) -> None:
    folded = fold_accents(word)
    allowed = 1 if len(folded) < 8 else 2
    near = [
        (distance(folded, known), -count, known)
        for known, count in vocabulary.items()
        if len(known) >= 4 and distance(folded, known) <= allowed
    ]
    untouched = len(folded) < 4 or folded in vocabulary or not near
    assert Speller(vocabulary).nearest(word) == (None if untouched else min(near)[2])


@given(st.text(max_size=60))
def test_a_repaired_question_needs_no_repair(question: str) -> None:
    speller = Speller(vocabulary_of(LECTURES))
    once, _ = speller.repaired(question)
    assert speller.repaired(once) == (once, ())


def test_fifty_thousand_words_are_quick() -> None:
    """Two milliseconds a question on a quiet machine; here the processor's own time, with room."""
    chance = random.Random(7)
    syllables = "ca de ri to men sao pre con tra es lo ma ni por ta ver so lu bre ga fi".split()
    vocabulary: dict[str, int] = {}
    while len(vocabulary) < 50_000:
        vocabulary["".join(chance.choices(syllables, k=chance.randint(2, 5)))] = chance.randint(1, 99)
    speller = Speller(vocabulary)
    questions = [" ".join(chance.sample(sorted(vocabulary), 11)) + " tratorex" for _ in range(20)]
    start = time.process_time()
    for question in questions:
        speller.repaired(question)
    assert (time.process_time() - start) / len(questions) < 0.02


def test_typed_slips_in_real_lectures_are_mostly_repaired(shared) -> None:
    """Two letters swapped inside each long word of a lecture: nine in ten come back."""
    folder = shared / "data" / "fastapi-do-zero-pt"
    lecture = json.loads((folder / "lectures" / "aula-04.json").read_text("utf-8"))
    speller = Speller(vocabulary_of(segment["text"] for segment in lecture["segments"]))
    known = [w for w in vocabulary_of([lecture["text"]]) if len(w) >= 9 and w.isalpha()]
    chance = random.Random(7)
    right = 0
    for word in known:
        place = chance.randrange(1, len(word) - 1)
        slipped = word[:place] + word[place + 1] + word[place] + word[place + 2 :]
        right += slipped == word or speller.nearest(slipped) == word
    assert right / len(known) > 0.9
