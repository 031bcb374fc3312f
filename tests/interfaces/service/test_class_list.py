"""A class list as spreadsheets save it: by hand, in every way that one is saved, and what is wrong with a line."""

from __future__ import annotations

import csv

import pytest
from hypothesis import given
from hypothesis import strategies as st

from corpus.errors import UsageError
from corpus.language import set_interface_language
from interfaces.service.class_list import MOST_ROWS, read_class, to_csv

LIST = "login;nome;papéis\nana@exemplo.br;Ana Lima;\nINES@exemplo.br;Inês Souza;docente, pesquisa\n"


def read(given: bytes | str) -> list[tuple[int, str, str, set[str]]]:
    return [(one.number, one.login, one.name, set(one.roles)) for one in read_class(given) if one.fault is None]


def faults(given: bytes | str) -> dict[int, str]:
    return {one.number: str(one.fault) for one in read_class(given) if one.fault is not None}


def test_a_list_by_hand() -> None:
    assert read(LIST) == [
        (2, "ana@exemplo.br", "Ana Lima", {"student"}),
        (3, "INES@exemplo.br", "Inês Souza", {"instructor", "researcher"}),
    ]


@pytest.mark.parametrize(
    "saved",
    [
        LIST.encode(),
        LIST.encode("utf-8-sig"),
        LIST.encode("cp1252"),
        LIST.encode("utf-16"),
        LIST.replace("\n", "\r\n").encode(),
        LIST.replace("docente, pesquisa", '"docente, pesquisa"').replace(";", ",").encode(),
        LIST.replace(";", "\t"),
        "\ufeff" + LIST,
        "papéis;LOGIN ;  Nome\n;ana@exemplo.br;Ana Lima\ndocente, pesquisa;INES@exemplo.br;Inês Souza",
        LIST.replace("login;nome;papéis", "User;Full name;Roles").replace("docente, pesquisa", "researcher|instructor"),
        LIST.replace("login;nome", "Endereço de e-mail;Nome completo"),
        'login;nome;papéis\n"ana@exemplo.br";"Ana Lima";""\n INES@exemplo.br ;Inês  Souza;Docente/Pesquisa',
    ],
    ids=[
        "utf8",
        "bom",
        "ansi",
        "utf16",
        "crlf",
        "comma",
        "pasted",
        "pasted bom",
        "order",
        "english",
        "forms",
        "quoted",
    ],
)
def test_however_it_was_saved_it_says_the_same(saved: bytes | str) -> None:
    assert read(saved) == read(LIST)
    assert faults(saved) == {}


def test_excel_s_own_first_line_and_empty_lines_are_passed_over_and_numbers_are_those_of_the_file() -> None:
    saved = "sep=;\r\nlogin;nome\r\n\r\n;;\r\nana;Ana\r\n;\r\nbia;\r\n"
    assert read(saved) == [(5, "ana", "Ana", {"student"}), (7, "bia", "bia", {"student"})]


def test_a_surname_of_its_own_is_part_of_the_name() -> None:
    assert read("Nome,Sobrenome,Endereço de email\nAna,Lima,ana@exemplo.br")[0][1:3] == ("ana@exemplo.br", "Ana Lima")


def test_a_bad_line_is_told_with_its_number_and_the_good_ones_stay() -> None:
    set_interface_language("pt")
    saved = (
        "login;nome;papéis\n"
        "ana;Ana;\n"
        ";Sem Login;\n"
        "bia;Bia;chefe\n"
        " ANA ;Ana de novo;\n"
        f"{'x' * 201};Longo;\n"
        '"ca\nio";Caio;\n'
        "duda;Duda;docente;sobra\n"
        "eva;Eva;professora\n"
    )
    assert [one[:2] for one in read(saved)] == [(2, "ana"), (10, "eva")]
    told = faults(saved)
    assert list(told) == [3, 4, 5, 6, 7, 9]
    assert "vazio" in told[3]
    assert "'chefe'" in told[4]
    assert "docente" in told[4]
    assert "linha 2" in told[5]
    assert "200" in told[6]
    assert "quebras de linha" in told[7]
    assert "'sobra'" in told[9]


@pytest.mark.parametrize(
    ("saved", "told"),
    [
        ("", "empty"),
        ("\n;;\n", "empty"),
        (b"", "empty"),
        ("ana@exemplo.br;Ana\n", "'ana@exemplo.br, Ana'"),
        (b"PK\x03\x04\x00\x00", "save it as CSV"),
        (b"\x81\x8d", "save it as CSV"),
        ("login\n" + "".join(f"a{n}\n" for n in range(MOST_ROWS + 1)), f"at most {MOST_ROWS}"),
        (b"login\n" + b"a" * 2**20, "larger than"),
        ("login\n" + "a" * 200_000, "could not be read"),
    ],
    ids=["nothing", "blank", "no bytes", "no headings", "a workbook", "no text", "too many", "too large", "a cell"],
)
def test_what_is_no_list_is_refused_in_a_sentence(saved: bytes | str, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        read_class(saved)


_CELLS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp", "Zs")), min_size=1).filter(
    lambda text: text.isprintable() and len(text) <= 200
)


@given(
    pairs=st.lists(st.tuples(_CELLS, _CELLS), unique_by=lambda pair: pair[0].casefold(), max_size=8),
    portuguese=st.booleans(),
)
def test_what_is_written_runs_nothing_and_reads_back_as_it_was(
    pairs: list[tuple[str, str]], *, portuguese: bool
) -> None:
    set_interface_language("pt" if portuguese else "en")
    written = to_csv(["login", "name"], pairs)
    set_interface_language("en")
    text = written.decode("utf-8-sig")
    for row in csv.reader(text.splitlines(), delimiter=";" if portuguese else ","):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row)
    assert [(one.login, one.name) for one in read_class(written)] == pairs


@pytest.mark.parametrize("cell", ["=HYPERLINK(1)", "+55 11", "-1", "@SUM(A1)", "'=1", "''@x"])
def test_a_formula_is_written_as_text(cell: str) -> None:
    set_interface_language("en")
    (row,) = list(csv.reader(to_csv(["login"], [[cell]]).decode("utf-8-sig").splitlines()))[1:]
    assert row == [f"'{cell}"]
