"""Lessons: what is read of them, under which heading, and what is left out."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from corpus.quiz_sections import is_quiz_heading
from corpus.records import Transcript

Read = Callable[[str, str], Transcript]

LESSON = """---
title: "Redes neurais"
description: nada disto se lê
---

# Redes

{%set aula = "02" %}
{% include "templates/cabecalho.md" %}
<!-- um comentário
de duas linhas -->

Uma **rede** tem [camadas](https://exemplo.org){:target="_blank"} e `pesos`; veja {{ versao }} e ![o grafo](g.png).

## Treino { #treino }

1. Passe os dados
2. Meça o *erro*.

!!! note "Atenção"
    A taxa importa.

    Muito.

??? tip "Dica"
\tComece com `#!python 0.001`.

> [!WARNING]
> Não treine no teste.

> Uma citação.

=== "Linux"

    ```shell title="$ no terminal"
    python treino.py # (1)!
    ```

```mermaid
graph LR
```

| Otimizador | Uso |
|---|---|
| SGD | simples |
| Adam |  |

<iframe src="x"></iframe>
<div class="caixa">dentro da <b>caixa</b></div>
"""


def test_lesson_by_hand(read: Read) -> None:
    transcript = read("02.md", LESSON)
    assert transcript.lecture.title == "Redes neurais"
    assert transcript.lecture.kind == "written"
    assert [(cue.heading, cue.text) for cue in transcript.cues] == [
        (("Redes",), "Uma rede tem camadas e pesos; veja e o grafo."),
        (("Redes", "Treino"), "Passe os dados; Meça o erro."),
        (("Redes", "Treino"), "Atenção: A taxa importa. Muito."),
        (("Redes", "Treino"), "Dica: Comece com 0.001."),
        (("Redes", "Treino"), "Não treine no teste."),
        (("Redes", "Treino"), "Uma citação."),
        (("Redes", "Treino"), "Linux: python treino.py"),
        (("Redes", "Treino"), "Otimizador: SGD; Uso: simples. Otimizador: Adam."),
        (("Redes", "Treino"), "dentro da caixa"),
    ]
    assert all(cue.start_s is None for cue in transcript.cues)


MDX = """<FrameworkSwitchCourse {fw} />

# Tokenizers[[tokenizers]]

<CourseFloatingBanner chapter={2}
  notebooks={[
    {label: "Colab", value: "https://x.org/a>b"},
]} />

{#if fw === 'pt'}
<Youtube id="VFp38yj8h3A"/>
{:else}
<Youtube id="x"/>
{/if}

<Tip>

Use `AutoTokenizer`, a List<int> inside stays.

</Tip>

Text after the tip.
"""


def test_mdx_tags_go_and_what_they_enclose_stays(read: Read) -> None:
    transcript = read("4.mdx", MDX)
    assert transcript.lecture.title == "Tokenizers"
    assert [cue.text for cue in transcript.cues] == [
        "Use AutoTokenizer, a List inside stays.",
        "Text after the tip.",
    ]


def test_a_fence_whose_title_holds_backticks_is_a_fence(read: Read) -> None:
    cues = read(
        "a.md", '```shell title="o comando `ls`"\n# saída\n```\n\nTexto.\n\n```x``` é código.\n\n## Dois\n\nFim.\n'
    ).cues
    assert [cue.text for cue in cues] == ["# saída", "Texto.", "x é código.", "Fim."]
    assert cues[-1].heading == ("Dois",)


def test_headings_inside_code_are_code(read: Read) -> None:
    cues = read("a.md", "# Um\n\n```py\n# Gabarito\nx = 1\n```\n\n## Dois\n\nTexto.\n").cues
    assert [(cue.heading, cue.text) for cue in cues] == [
        (("Um",), "# Gabarito x = 1"),
        (("Um", "Dois"), "Texto."),
    ]


ASSESSED = """# Aula 32

Antes.

# Autoavaliação

- 1. Qual? **
  - a) um
  - b) dois

## Ainda perguntas

2. E agora?

# Gabarito

**1** b) dois

# Próxima aula

Depois.

## Respostas em milissegundos

Também depois.
"""


def test_questions_and_key_are_not_indexed_and_what_follows_is(read: Read) -> None:
    transcript = read("32.md", ASSESSED)
    assert [cue.text for cue in transcript.cues] == ["Antes.", "Depois.", "Também depois."]
    assert transcript.cues[-1].heading == ("Próxima aula", "Respostas em milissegundos")
    assert len(transcript.quizzes) == 2


def test_question_components_go_with_the_heading_that_asks(read: Read) -> None:
    asked = "### 1. Qual?\n\n```py\nx\n```\n\n"
    options = '<Question\n  choices={[\n    {text: "a <br/> b", correct: true},\n\n  ]}\n/>'
    quiz = "<quiz>\nE?\n- [x] é\n</quiz>"
    text = f"# Aula\n\nTexto.\n\n{asked}{options}\n\nMeio.\n\n{quiz}\n\nFim.\n"
    transcript = read("a.mdx", text)
    assert [cue.text for cue in transcript.cues] == ["Texto.", "Meio.", "Fim."]
    assert len(transcript.quizzes) == 2


def test_a_bold_line_can_head_a_key(read: Read) -> None:
    cues = read("a.md", "# Aula\n\nTexto.\n\n**Gabarito**\n\n1. b\n\n## Depois\n\nMais.\n").cues
    assert [cue.text for cue in cues] == ["Texto.", "Mais."]


@pytest.mark.parametrize(
    "box",
    [
        "<details>\n<summary>Ver resposta</summary>\n\nÉ o b.\n\n</details>",
        "<details><summary><b>Gabarito</b></summary>É o b.</details>",
        '??? success "Gabarito"\n    É o b.',
        '!!! question "Exercício 2"\n    Qual é o b?',
    ],
)
def test_answers_folded_away_are_not_indexed(read: Read, box: str) -> None:
    assert [cue.text for cue in read("a.md", f"Antes.\n\n{box}\n\nDepois.\n").cues] == ["Antes.", "Depois."]


def test_details_that_teach_stay(read: Read) -> None:
    text = "<details>\n<summary>Por quê?</summary>\n\nPorque sim.\n\n</details>\n\n> # Citado\n> texto\n\nFim.\n"
    assert [(cue.text, cue.heading) for cue in read("a.md", text).cues] == [
        ("Por quê?", ()),
        ("Porque sim.", ()),
        ("Citado texto", ()),
        ("Fim.", ()),
    ]


def test_a_file_of_questions_alone_is_read_and_says_so(read: Read) -> None:
    transcript = read("quiz.md", "# 03 - CRUD\n\n<quiz>\nPOST?\n- [ ] U\n- [x] C\n</quiz>\n")
    assert (transcript.cues, len(transcript.quizzes)) == ((), 1)
    assert "questions only (1)" in transcript.warnings[0].en


@pytest.mark.parametrize(
    "heading",
    [
        "Autoavaliação", "AUTO-AVALIAÇÃO", "Quiz", "📝 Quiz", "**Gabarito**", "4. Gabarito", "2.1 Exercícios",
        "Respostas:", "Exercícios de fixação", "Questionário de fim de capítulo", "Gabarito da aula 3",
        "Exercícios e gabarito", "Quiz 2",
        "End-of-chapter quiz", "End-of-chapter quiz[[end-of-chapter-quiz]]", "Answer key", "Self-assessment",
        "Review Questions", "Exercise", "Respostas dos exercícios", "Teste seus conhecimentos",
    ],
)  # fmt: skip
def test_headings_of_questions(heading: str) -> None:
    assert is_quiz_heading(heading)


@pytest.mark.parametrize(
    "heading",
    [
        "Respostas em milissegundos", "Respostas da API", "Status code de resposta", "Avaliação",
        "Avaliação de modelos",
        "Testando as rotas", "Question answering", "Perguntas e respostas", "Exercitando a API",
        "Quiz em React: um projeto",
        "Introdução ao Pytest", "Como gerar gabaritos com Python", "", "42", "---",
    ],
)  # fmt: skip
def test_headings_of_lessons(heading: str) -> None:
    assert not is_quiz_heading(heading)
