"""Exams: which numbers are questions, and where an answer ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eval.exams import read_exam

EXAM = """# Prova de Redes Neurais

Responda a todas as questões.

7. O que é dropout? Justifique e dê um exemplo.

Desligar neurônios ao acaso. Os passos são:

1. sortear a máscara;
2. multiplicar a ativação por ela.

Ex.:
- uma rede densa;
- uma rede convolucional.

8. Explique a taxa de aprendizado.

Quanto se anda a cada passo. Quem treina pergunta:

1. A perda sobe?

2. A perda oscila?

9. A perda oscila?

Sim, quando o passo é grande.

# Parte II

12) **Considere o código:**

```python
1. / 2
```

O que ele imprime?

**Resposta:** 0.5

---
"""


def test_an_exam_by_hand() -> None:
    questions = read_exam(EXAM)
    assert [(q.number, q.question) for q in questions] == [
        (7, "O que é dropout? Justifique e dê um exemplo."),
        (8, "Explique a taxa de aprendizado."),
        (9, "A perda oscila?"),
        (12, "Considere o código:\n\n```python\n1. / 2\n```\n\nO que ele imprime?"),
    ]
    assert questions[0].reference_answer is not None
    assert questions[0].reference_answer.startswith("Desligar neurônios")
    assert questions[0].reference_answer.endswith("- uma rede convolucional.")
    assert questions[1].reference_answer == (
        "Quanto se anda a cada passo. Quem treina pergunta:\n\n1. A perda sobe?\n\n2. A perda oscila?"
    )
    assert questions[2].reference_answer == "Sim, quando o passo é grande."
    assert questions[3].reference_answer == "0.5"


LOOSE = "1. a primeira;\n\n2. a segunda;\n\n3. a terceira.\n\n"


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        # A list in the answer that goes on beyond the question's number.
        ("2. O que é viés?\n\nTem formas:\n\n" + LOOSE + "3. O que é variância?\n\nOutra coisa.", [2, 3]),
        ("1. O que é viés?\n\nTem formas:\n\n" + LOOSE + "2. O que é variância?\n\nOutra coisa.", [1, 2]),
        ("1. Como treinar?\n\nAssim:\n\n1. Colete.\n\n2. Defina a métrica.\n\nE só.\n\n2. Por quê?\n\nPorque.", [1, 2]),
        # Items that ask, in a list without empty lines and in one with them.
        ("1. O que perguntar?\n\nIsto:\n1. é caro?\n2. é bom?\n3. é meu?\n\n2. E depois?\n\nNada.", [1, 2]),
        ("1. O que perguntar?\n\nIsto.\n\n1. É caro?\n\n2. É bom?\n\n3. É meu?", [1]),
        # Named questions: whatever else is numbered is not one.
        ("Questão 1. Fale.\n\n2. Por quê?\n\nQuestão 2 - Cale.\n\nCalo.", [1, 2]),
        ("## Question 4\n\nWhy?\n\n### Answer\n\nBecause.\n\n## Question 5\n\nWhen?\n\n### Answer\n\nNow.", [4, 5]),
        # On lines of one paragraph.
        ("1. O que é?\nAlgo.\n2. Quando foi?\nOntem.\n3. tarde.", [1, 2]),
        # Without answers it is a list of questions.
        ("1. O que é?\n2. Quando foi?", [1, 2]),
        ("1. Um passo\n2. Outro", []),
        ("1) Explain backpropagation.\n\nThe chain rule.\n\n2) Name two optimisers.\n\nSGD and Adam.", [1, 2]),
        # A lesson: prose comes first.
        ("Nesta aula vemos muita coisa. " * 20 + "\n\n1. O que é?\n\nAlgo.", []),
        ("", []),
    ],
)
def test_which_numbers_are_questions(text: str, numbers: list[int]) -> None:
    assert [question.number for question in read_exam(text)] == numbers


def test_choices_with_a_letter_for_a_key_and_parts_of_an_answer() -> None:
    several, parts = read_exam(
        "3. Qual é leve?\n\na) Django\nb) Flask\n\nResposta: b\n\n"
        "4. Compare os dois.\n\na) um é grande;\nb) o outro não."
    )
    assert (several.number, several.question) == (3, "Qual é leve?")
    assert [(choice.text, choice.correct) for choice in several.choices] == [("Django", False), ("Flask", True)]
    assert (parts.choices, parts.reference_answer) == ((), "a) um é grande;\nb) o outro não.")


WORDS = st.lists(st.sampled_from(["rede", "camada", "peso", "1.5", "(2)", "erro,"]), min_size=1, max_size=8).map(
    " ".join
)
LIST = st.lists(WORDS, min_size=1, max_size=4).map(
    lambda items: "\n".join(f"{n}. {item};" for n, item in enumerate(items, start=1))
)
ANSWER = st.lists(st.one_of(WORDS, LIST), min_size=1, max_size=4).map(lambda parts: "Isto.\n\n" + "\n\n".join(parts))


@given(st.lists(st.tuples(st.integers(1, 4), WORDS, ANSWER), min_size=1, max_size=6))
def test_what_is_written_as_an_exam_is_read_back(exam: list[tuple[int, str, str]]) -> None:
    """Questions in order, gaps in their numbers or none, lists in the answers that ask nothing: nothing gets lost."""
    number, written = 0, []
    for step, words, answer in exam:
        number += step
        written.append((number, f"O que é {words}?", answer))
    text = "\n\n".join(f"{n}. {question}\n\n{answer}" for n, question, answer in written)
    assert [(q.number, q.question, q.reference_answer) for q in read_exam(text)] == written


@given(
    st.lists(
        st.sampled_from(
            ["1. a?", "2. b", "3. Defina c.", "", "  4. d?", "R: e", "a) f", "```", "# G", "Questão 2", ":"]
        )
    )
)
def test_any_mixture_is_read(lines: list[str]) -> None:
    for question in read_exam("\n".join(lines)):
        assert question.question
        assert question.question in "\n".join(lines) or question.choices
