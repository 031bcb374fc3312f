"""Questions and keys, in the three ways courses write them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from corpus.quizzes import parse_quizzes, quiz_topics

SECTIONS = """# Aula 32

# Autoavaliação

- 1. Qual é o formato mais apropriado?**
  - a) TensorFlow SavedModel.
  - b) ONNX.
- 2. O que significa
  a sigla?
  - a) Nada
  - b) Algo
- 3. Explique em suas palavras.**

# Gabarito

**1** b) ONNX.

**2** a)

**3** **Resposta esperada:**

O deploy é a ponte.

Ele gera valor.

# Próxima aula

4. Isto não é pergunta.
"""


def test_sections_with_a_key_by_hand() -> None:
    assert quiz_topics(parse_quizzes(SECTIONS, "aula-32")) == [
        {
            "id": "aula-32-q01",
            "question": "Qual é o formato mais apropriado?",
            "choices": [{"text": "TensorFlow SavedModel.", "correct": False}, {"text": "ONNX.", "correct": True}],
            "reference_answer": "ONNX.",
            "type": "multiple-choice",
            "lecture_id": "aula-32",
        },
        {
            "id": "aula-32-q02",
            "question": "O que significa\n  a sigla?",
            "choices": [{"text": "Nada", "correct": True}, {"text": "Algo", "correct": False}],
            "reference_answer": "Nada",
            "type": "multiple-choice",
            "lecture_id": "aula-32",
        },
        {
            "id": "aula-32-q03",
            "question": "Explique em suas palavras.",
            "reference_answer": "O deploy é a ponte.\n\nEle gera valor.",
            "type": "open",
            "lecture_id": "aula-32",
        },
    ]


def test_mkdocs_quiz_with_code_and_several_right() -> None:
    text = """# 03

<quiz>
O que faz `__init__`?

```python
def __init__(self):
    self.x = 2 ** 3
```

- [x] **Inicia** o objeto
- [ ] `return`
- [X] Guarda `x`
</quiz>
"""
    [question] = parse_quizzes(text)
    assert question.question == "O que faz `__init__`?\n\ndef __init__(self):\n    self.x = 2 ** 3"
    assert [(choice.text, choice.correct) for choice in question.choices] == [
        ("Inicia o objeto", True),
        ("`return`", False),
        ("Guarda `x`", True),
    ]
    assert question.reference_answer == "Inicia o objeto; Guarda `x`"


def test_mdx_questions() -> None:
    text = r"""# End-of-chapter quiz[[quiz]]

### 1. What is this?[[q1]]

{#if fw === 'pt'}
<Question
  choices={[
    {
      text: "A \"model\" for <code>x</code> &#60;mask>",
      explain: "Not it: text: \"fake\", correct: true <br/>"
    },
    {
      text: 'it\'s this',
      correct : true,
      explain: `yes`
    },
  ]}
/>
{:else}
<Question choices={[{text: "Other", correct: true}]} />
{/if}
"""
    first, second = parse_quizzes(text, "7")
    assert first.question == second.question == "What is this?"
    assert [(choice.text, choice.correct) for choice in first.choices] == [
        ('A "model" for x <mask>', False),
        ("it's this", True),
    ]
    assert [choice.text for choice in second.choices] == ["Other"]
    assert (first.number, second.number) == (1, 2)


def test_without_a_key_nothing_is_marked() -> None:
    [question] = parse_quizzes("# Quiz\n\n1. Qual?\n\na) um\nb) dois\n")
    assert not any(choice.correct for choice in question.choices)
    assert "reference_answer" not in quiz_topics([question], prefix="p")[0]


def test_a_key_below_its_questions() -> None:
    [question] = parse_quizzes("# Quiz\n\n1. Qual?\n   - a) um\n   - b) dois\n\n## Gabarito\n\n1. b\n")
    assert question.reference_answer == "dois"


def test_a_lesson_without_questions() -> None:
    assert parse_quizzes("# Aula\n\n1. Um passo\n2. Outro\n\n```\n# Quiz\n1. não?\n```\n") == ()


@given(
    st.lists(
        st.sampled_from(
            [
                "# Quiz",
                "# Gabarito",
                "1. a?",
                "a) b",
                "<quiz>",
                "</quiz>",
                "- [x] c",
                "<Question",
                "/>",
                '"',
                "```",
                "**1** a",
            ]
        )
    )
)
def test_any_mixture_is_parsed(lines: list[str]) -> None:
    for question in parse_quizzes("\n".join(lines)):
        assert question.question
        assert all(choice.text for choice in question.choices)
