"""Subjects: what a course names again and again, and other people seldom, is heard without a title that says it."""

from __future__ import annotations

from pathlib import Path

import pytest

from corpus.language import fold_accents
from rag.build import build_index
from rag.config import Settings
from rag.encoder import Encoder
from rag.index import CourseIndex
from rag.subjects import subjects


def spoken(folder: Path, lectures: dict[str, list[str]], encoder: Encoder, settings: Settings) -> CourseIndex:
    """An index of lectures, each sentence two minutes after the one before, so that each is a segment."""
    source = folder / "aulas"
    source.mkdir()
    for name, sentences in lectures.items():
        cues = [f"{2 * n:02}:00.000 --> {2 * n + 1:02}:50.000\n{sentence}\n" for n, sentence in enumerate(sentences)]
        (source / f"{name}.vtt").write_text("WEBVTT\n\n" + "\n".join(cues), encoding="utf-8")
    build_index(folder / "index", [source], encoder, settings)
    return CourseIndex(folder / "index")


@pytest.fixture(scope="module")
def untitled(untitled_index: Path) -> CourseIndex:
    return CourseIndex(untitled_index)


def test_what_a_course_is_about_is_heard_in_its_lectures(untitled: CourseIndex, encoder: Encoder) -> None:
    heard = subjects(untitled, encoder)
    assert {"softmax", "dropout", "taxa de aprendizado", "rede convolucional", "batch norm"} <= set(heard)
    assert not {"gente", "aula", "pessoal", "coisa", "hora", "exemplo"} & set(heard)
    assert heard == subjects(untitled, encoder)


def test_every_subject_is_said_as_it_is_written(untitled: CourseIndex, encoder: Encoder) -> None:
    text = fold_accents(" ".join(" ".join(untitled.segment(row).text.split()) for row in range(len(untitled))).lower())
    assert all(fold_accents(name.lower()) in text for name in subjects(untitled, encoder))


def test_a_rare_word_tells_more_than_a_common_one_said_as_often(
    tmp_path: Path, encoder: Encoder, settings: Settings
) -> None:
    # "a casa" and "o softmax" four times each, after an article each time; nothing else comes three times.
    said = [
        "hoje a casa fica ao lado e o softmax transforma números em probabilidades",
        "quando a casa pega fogo ninguém lembra que o softmax existe",
        "quem pintou a casa ontem também programou o softmax inteiro",
        "venderam a casa antes que o softmax terminasse",
        "choveu bastante durante toda semana passada",
        "ninguém trouxe guarda-chuva ontem",
        "almoçamos feijão preto com farofa",
        "voltamos caminhando devagar pela praia",
        "encontramos conchas brancas espalhadas",
        "dormimos cedo naquela noite fria",
        "acordamos ouvindo passarinhos cantarem",
        "tomamos café amargo sem açúcar",
        "pegamos ônibus lotado até Campinas",
        "chegamos atrasados novamente",
    ]
    index = spoken(tmp_path, {"aula-1": said}, encoder, settings)
    assert len(index) == len(said)
    assert subjects(index, encoder) == ["softmax", "casa"]


def test_a_word_that_comes_in_a_longer_name_is_not_named_again(
    tmp_path: Path, encoder: Encoder, settings: Settings
) -> None:
    said = [f"{verb} o gradiente descendente" for verb in ("calculamos", "repetimos", "paramos", "desligamos")]
    others = ["choveu bastante", "almoçamos feijão", "voltamos devagar", "dormimos cedo", "acordamos tarde"]
    index = spoken(tmp_path, {"aula-1": [*said, *others, *others]}, encoder, settings)
    assert subjects(index, encoder) == ["gradiente descendente"]


def test_an_english_thing_of_which_there_are_many_has_its_article(
    tmp_path: Path, encoder: Encoder, settings: Settings
) -> None:
    said = [
        "we multiply a tensor by the gradient before anything else happens",
        "somebody sends a tensor to the gradient once again",
        "you reshape a tensor while the gradient waits",
        "it rained yesterday and nobody came back",
        "they walked home slowly under those trees",
        "breakfast was late because our bread burned",
        "she drove north until dark fell over us",
        "nobody slept before midnight came around",
        "birds sang loudly outside during breakfast",
        "everything ended quietly afterwards",
        "tickets cost more than he could pay",
    ]
    index = spoken(tmp_path, {"class-1": said}, encoder, settings)
    assert index.main_language == "en"
    assert set(subjects(index, encoder)) == {"a tensor", "gradient"}


def test_a_course_of_one_sentence_has_none(tmp_path: Path, encoder: Encoder, settings: Settings) -> None:
    index = spoken(tmp_path, {"aula-1": ["bom dia o softmax é isso"]}, encoder, settings)
    assert subjects(index, encoder) == []
