"""Which language a question is in, down to questions of two or three words."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.language import detect_language

PORTUGUESE = """
zoológico do curso?
o que é dropout
o que é learning rate?
taxa de aprendizado?
quando usar Adam
nota do projeto?
regularização
qual batch size ele usa?
como funciona o momentum
pra que serve softmax?
que dia é a prova
quem descobriu isso?
por que overfitting acontece
diferença entre SGD e Adam
quantas camadas tem a rede
onde fica o laboratório
explique backpropagation em uma frase
pq ReLU e nao sigmoide?
e se o gradiente some?
da pra usar GPU?
exemplo de early stopping
me explica o do batch norm
as notas do trabalho
so vale ate sexta?
quanto vale o projeto
vc pode explicar cross entropy?
ele recomenda transfer learning?
matriz de confusão no teste
a learning rate do professor
função de ativação
""".strip().splitlines()

ENGLISH = """
what is dropout
does he use Adam?
when to use Adam
how does momentum work
why ReLU and not sigmoid?
who is the professor?
what is a matriz?
when is the exam
where is the lab
which optimizer should I use?
can I use a GPU?
explain backpropagation
difference between SGD and Adam
how many layers
what OS does he use
is there a zoo in the course?
do I need to normalise my data?
as he said, is it so?
so what does no bias mean?
the grade of the project
what did he say about overfitting
example of early stopping in class
how much is the project worth
why not a larger batch
what does the professor do
must we hand it in?
should I do the quiz
is it on the exam
tell me about the café story
are there any slides
""".strip().splitlines()


def test_there_are_thirty_of_each() -> None:
    assert len(set(PORTUGUESE)) == len(set(ENGLISH)) == 30


@pytest.mark.parametrize("question", PORTUGUESE)
def test_short_questions_in_portuguese(question: str) -> None:
    assert detect_language(question) == "pt"


@pytest.mark.parametrize("question", ENGLISH)
def test_short_questions_in_english(question: str) -> None:
    assert detect_language(question) == "en"


@pytest.mark.parametrize("question", ["dropout rate?", "learning rate", "Adam", "batch norm do so", "", "42?"])
def test_what_both_languages_write_goes_to_the_default(question: str) -> None:
    assert detect_language(question) == "pt"
    assert detect_language(question, default="en") == "en"


def test_a_portuguese_letter_decides_a_tie_only() -> None:
    assert detect_language("regularização", default="en") == "pt"
    assert detect_language("what is Adam, João?") == "en"
    assert detect_language(unicodedata.normalize("NFD", "regularização"), default="en") == "pt"


@given(st.text())
def test_any_text_is_in_one_of_the_two(text: str) -> None:
    assert detect_language(text) in ("pt", "en")
