"""Where questions are found: files of topics, and what courses and datasets have instead of them.

| file | what is looked for |
|---|---|
| ``.jsonl``, and any other name | an object a line |
| ``.csv`` | columns with the names of a topic's keys; ``gold`` and ``choices`` as JSON |
| ``.json`` | SQuAD's ``data`` → ``paragraphs`` → ``qas``; a list of topics; else as ``.jsonl`` |
| ``.md``, ``.mdx``, ``.txt`` | self-assessments with their key (`corpus.quizzes`); else an exam (`eval.exams`) |
| ``.txt`` | else a question a line (`eval.question_lists`, which also knows other names of columns) |
| a folder | all files of these kinds below it; those that ask nothing are passed over |

Where no question of a list has an id, they are ``q001`` and so on, in a folder ``{name}-q001``. Ids of written
questions are ``{name}-q01``, numbered as `corpus.quizzes` numbers them, those of exams with the exam's own numbers. The
name is the file's path below the folder without its suffix: its stem where it stands right there.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from corpus.decoding import decode, looks_binary
from corpus.quizzes import parse_quizzes, quiz_topics
from eval.exams import read_exam
from eval.lines import csv_rows
from eval.question_lists import Placed, asked_line_by_line, is_counted, numbered, renamed
from rag.errors import UsageError

_WRITTEN = frozenset({".md", ".mdx", ".txt"})
_SUFFIXES = _WRITTEN | {".jsonl", ".csv", ".json"}


class NoTopics(UsageError):
    """Nothing in a file is a question."""


def read_records(path: Path) -> list[Placed]:
    """The questions of a file or folder as they stand there, each with its place for messages; never none.

    Raises:
        NoTopics: it asks nothing; says what was looked for.
        UsageError: it cannot be read as what it is; says where.
    """
    return _folder(path) if path.is_dir() else _file(path, path.stem, alone=True)


def _folder(folder: Path) -> list[Placed]:
    found: list[Placed] = []
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        hidden = any(part.startswith(".") for part in inside.parts)
        if hidden or path.suffix.lower() not in _SUFFIXES or not path.is_file():
            continue
        try:
            found += _file(path, inside.with_suffix("").as_posix(), alone=False)
        except NoTopics:
            continue  # a course's folder holds lessons that ask nothing, and lists of its lectures
    if not found:
        kinds = ", ".join(sorted(_SUFFIXES))
        raise _nothing(folder, f"arquivos {kinds} com perguntas", f"files {kinds} with questions")
    return found


def _file(path: Path, name: str, *, alone: bool) -> list[Placed]:
    suffix = path.suffix.lower()
    if suffix in _WRITTEN:
        found = _from_writing(path, name, alone=alone)
    elif suffix == ".csv":
        found = _from_csv(path, _text(path))
    elif suffix == ".json":
        found = _from_json(path, name, _text(path))
    else:
        found = _from_lines(path, _text(path))
    return numbered(found, "" if alone else f"{name}-")


def _from_lines(path: Path, text: str) -> list[Placed]:
    found: list[Placed] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}:{number}"
        try:
            record = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise _wrong(
                place,
                'não é JSON, como {"id": "q1", "question": "…"}; perguntas soltas, uma por linha, vão em um .txt',
                'is not JSON, such as {"id": "q1", "question": "…"}; plain questions, one a line, go into a .txt',
            ) from error
        if not isinstance(record, dict):
            raise _wrong(place, "não é um objeto JSON", "is not a JSON object")
        found.append((place, renamed(record)))
    if not found:
        raise _nothing(path, "um objeto JSON por linha", "a JSON object a line")
    return found


def _from_csv(path: Path, text: str) -> list[Placed]:
    found: list[Placed] = []
    line = 1
    try:
        for line, row in csv_rows(text):
            record: dict[str, Any] = renamed(row)
            for key in ("gold", "choices"):
                if key in record:
                    record[key] = json.loads(record[key])
            if "answerable" in record:
                record["answerable"] = str(record["answerable"]).strip().lower() in ("true", "1", "yes", "sim")
            found.append((f"{path}:{line}", record))
    except (csv.Error, ValueError, RecursionError) as error:
        pt, en = f"não é CSV legível ({error})", f"is not readable CSV ({error})"
        raise _wrong(f"{path}:{line}", pt, en) from error
    if not any({"id", "question"} & record.keys() for _, record in found):
        raise _nothing(path, "as colunas id e question (ou pergunta)", "columns id and question (or pergunta)")
    return found


def _from_json(path: Path, name: str, text: str) -> list[Placed]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return _from_lines(path, text)
    if isinstance(whole, dict) and isinstance(whole.get("data"), list):
        found = list(_from_squad(path, name, whole["data"]))
    else:
        listed = whole if isinstance(whole, list) else [whole]
        asked = any(isinstance(one, dict) and "question" in renamed(one) for one in listed)
        found = [(f"{path}[{n}]", renamed(_object(f"{path}[{n}]", one))) for n, one in enumerate(listed) if asked]
    if not found:
        raise _nothing(
            path,
            "data → paragraphs → qas, como no SQuAD, e uma lista de objetos com id e question",
            "data → paragraphs → qas, as in SQuAD, and a list of objects with id and question",
        )
    return found


def _from_squad(path: Path, name: str, data: list[Any]) -> Iterator[Placed]:
    """SQuAD's questions (Rajpurkar et al. 2016, 2018), each paragraph a document of its own.

    Its ``lecture_id`` is ``{title}/{number}``, counted from ``01`` among the paragraphs under that title; the file's
    name stands in for a missing title. The paragraph's text is left out. An impossible question has no gold.
    """
    numbers: Counter[str] = Counter()
    for a, article in enumerate(data):
        here = f"{path}: data[{a}]"
        title = str(_object(here, article).get("title") or "").strip() or name
        for p, paragraph in enumerate(_array(here, article, "paragraphs")):
            there = f"{here}.paragraphs[{p}]"
            numbers[title] += 1
            lecture_id = f"{title}/{numbers[title]:02d}"
            for q, asked in enumerate(_array(there, _object(there, paragraph), "qas")):
                place = f"{there}.qas[{q}]"
                yield place, _squad_topic(place, _object(place, asked), lecture_id)


def _squad_topic(place: str, asked: Mapping[str, Any], lecture_id: str) -> dict[str, Any]:
    record = {**asked, "lecture_id": lecture_id}
    if asked.get("is_impossible") is True:
        return record | {"answerable": False}
    record["gold"] = [{"lecture_id": lecture_id}]
    said = [_object(place, answer).get("text") for answer in asked.get("answers") or ()]
    wordings = list(dict.fromkeys(text for text in said if isinstance(text, str) and text.strip()))
    # A test set that keeps its answers to itself has none.
    if wordings:
        record |= {"answerable": True, "reference_answer": wordings[0], "reference_answers": wordings}
    return record


def _from_writing(path: Path, name: str, *, alone: bool) -> list[Placed]:
    try:
        decoded = decode(path.read_bytes())
    except OSError as error:
        raise _unreadable(path, error) from error
    if decoded.damaged or looks_binary(decoded.text):
        raise _not_utf8(path)
    records: list[dict[str, Any]] = quiz_topics(parse_quizzes(decoded.text, name))
    if not any(record.keys() & {"choices", "reference_answer"} for record in records):
        # Under "# Exercícios" answers may stand below their questions: then it is an exam.
        exam = read_exam(decoded.text)
        if not records or any(question.reference_answer for question in exam):
            records = quiz_topics(exam, name)
    if path.suffix.lower() == ".txt" and (not records or is_counted(decoded.text)):
        listed = asked_line_by_line(decoded.text, alone=alone)
        if len(listed) > len(records):
            return [(f"{path}:{number}", {"question": question}) for number, question in listed]
    if not records:
        raise _nothing(
            path,
            "blocos <quiz>, componentes <Question>, seções como # Autoavaliação com # Gabarito, "
            "questões numeradas com a resposta abaixo de cada uma, e, em .txt, uma pergunta por linha, que termine "
            "com ?",
            "<quiz> blocks, <Question> components, sections such as # Quiz with # Answer key, "
            "numbered questions with the answer below each, and in .txt a question a line that ends with ?",
        )
    return [(f"{path} ({record['id']})", record) for record in records]


def _object(place: str, value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise _wrong(place, f"é {value!r:.60}, e não um objeto", f"is {value!r:.60}, not an object")


def _array(place: str, holder: Mapping[str, Any], name: str) -> list[Any]:
    value = holder.get(name)
    if isinstance(value, list):
        return value
    raise _wrong(place, f"{name} é {value!r:.60}, e não uma lista", f"{name} is {value!r:.60}, not a list")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise _unreadable(path, error) from error
    except UnicodeDecodeError as error:
        raise _not_utf8(path) from error


def _nothing(path: Path, pt: str, en: str) -> NoTopics:
    return NoTopics(
        pt=f"{path} não tem nenhuma pergunta; o que se procura: {pt}; confira o arquivo",
        en=f"{path} holds no topic; what is looked for: {en}; check the file",
    )


def _wrong(place: str, pt: str, en: str) -> UsageError:
    return UsageError(pt=f"{place}: {pt}; corrija o arquivo de perguntas", en=f"{place}: {en}; correct the topics file")


def _unreadable(path: Path, error: OSError) -> UsageError:
    return UsageError(
        pt=f"o arquivo de perguntas {path} não pôde ser lido ({error.strerror}); confira o caminho",
        en=f"the topics file {path} could not be read ({error.strerror}); check the path",
    )


def _not_utf8(path: Path) -> UsageError:
    return UsageError(
        pt=f"o arquivo de perguntas {path} não está em UTF-8; salve-o em UTF-8",
        en=f"the topics file {path} is not UTF-8; save it as UTF-8",
    )
