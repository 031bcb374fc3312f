"""How a report writes figures: of how few an interval says nothing, whose words an answer is, a comma for people."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from corpus.language import set_interface_language
from eval.measures import Mean
from eval.report.comparison import compare_runs
from eval.report.document import Note, Table
from eval.report.figures import FEWEST, figure, for_people, interval
from eval.report.gathered import gather
from eval.report.layout import lay_out
from eval.report.plots import relevance_by
from eval.report.question import question, reasons
from eval.report.scores import score_all
from eval.report.trust_page import agreement_lines
from tests.evaluation.judged_folder import ANSWERS, annotation, answer, folder, hit, judgement, report, topic

pytestmark = pytest.mark.usefixtures("portuguese")


def quotes(identity: str, **more: object) -> dict[str, object]:
    return answer(identity, "Nas palavras da aula:\n“isso” [1]", [hit("a", 0.0)], mode="quotes", **more)


def test_three_alike_are_no_certainty(tmp_path: Path) -> None:
    said = [annotation(name, "ana", "person", verdict) for name, verdict in (("q1", "C"), ("q2", "I"))]
    place = folder(tmp_path, annotations=said)
    texts = report(place)
    for name in ("report.md", "report.html"):
        assert "[1.00, 1.00] (n = 2: nada diz)" in texts[name]
        assert f"Com n menor que {FEWEST}, um intervalo de confiança nada diz" in texts[name]
    assert agreement_lines(gather(place))[-4].startswith(f"  Com n menor que {FEWEST}")
    with for_people():
        document = lay_out(gather(place), score_all(gather(place)))
    cells = [cell for section in document.sections for block in section.blocks if isinstance(block, Table)
             for row in block.rows for cell in row]  # fmt: skip
    assert "0,67" in cells
    assert "(n = 2: pouco)" in cells
    assert not [cell for cell in cells if "[" in cell]


def test_of_enough_the_interval_stands_alone(tmp_path: Path) -> None:
    names = [f"n{n}" for n in range(FEWEST)]
    answers = [answer(name, f"É {name}.") for name in names]
    judged = [judgement(name, n % 4, answers=answers) for n, name in enumerate(names)]
    place = folder(tmp_path, judged, topics=[topic(name, answerable=True) for name in names], answers=answers)
    text = report(place)["report.md"]
    line = next(line for line in text.splitlines() if line.startswith("| AR "))
    assert "n = " not in line
    assert line.count("[") == 1


@example(low=-0.0, width=0.0, n=1, signed=True)
@example(low=-0.0004, width=0.0, n=40, signed=False)
@given(st.floats(-1, 1), st.floats(0, 1), st.integers(1, 40), st.booleans())
def test_an_interval_is_read_back_as_it_was_written(low: float, width: float, n: int, signed: bool) -> None:
    set_interface_language("pt")
    told = interval(low, low + width, n, 3, signed=signed)
    assert ("nada diz" in told) == (n < FEWEST)
    bounds = told[1 : told.index("]")].split(", ")
    assert [float(one) for one in bounds] == [float(f"{low:.3f}"), float(f"{low + width:.3f}")]
    assert "-0.000" not in bounds
    with for_people():
        spoken = interval(low, low + width, n, 3, signed=signed)
    assert "." not in spoken
    assert spoken.startswith("[") == (n >= FEWEST)


def test_figures_have_a_comma_for_people_in_portuguese_alone() -> None:
    assert figure(0.907, 3) == "0.907"
    with for_people():
        assert figure(1234.5, 1) == "1.234,5"
        set_interface_language("en")
        assert figure(1234.5, 1) == "1,234.5"
    assert figure(1234.5, 1) == "1234.5"


def test_quotes_are_nobodys_writing_where_the_specimen_does_not_name_them(tmp_path: Path) -> None:
    answers = [quotes("q1"), answer("q2", "É aquilo [1].", [hit("b", 0.0)]), quotes("q3", abstained=True, llm="none")]
    judged = [judgement("q1", 1, answers=answers), judgement("q2", 3, answers=answers)]
    texts = report(folder(tmp_path, judged, answers=answers))
    # The layout of the specimen is kept to the letter.
    assert texts["report.md"].count("**Resposta gerada pelo LLM**: ") == 5
    assert "<h4>Trechos citados (nenhum LLM escreveu)</h4>" in texts["report.html"]
    assert "<h4>Resposta (nenhum LLM escreveu)</h4>" in texts["report.html"]
    assert texts["report.html"].count("<h4>Resposta gerada pelo LLM</h4>") == 3
    for name in ("report.md", "report.html"):
        assert "1 de 3 respostas: só trechos citados das aulas, que nenhum LLM escreveu." in texts[name]
        assert "AR diz quanto uma resposta, lida sem as aulas, trata do que foi perguntado" in texts[name]
        assert "Aqui: trechos citados 0.33 (n = 1), escritas 1.00 (n = 1)." in texts[name]


def test_where_a_model_wrote_everything_nothing_is_explained(tmp_path: Path) -> None:
    text = report(folder(tmp_path))["report.md"]
    assert "trechos citados" not in text
    assert "lida sem as aulas" not in text


def test_reasons_are_in_one_language_but_for_the_specimens_labels() -> None:
    relevance, reference = judgement("q1", 3), judgement("q1", 2, "reference")
    assert reasons(relevance) == "Criteria: o pedido Supporting Evidence: o que traz  Score: 3"
    assert reasons(reference) == "Critério: o pedido Razões: o que traz Nota: 2"
    set_interface_language("en")
    assert reasons(reference) == "Criteria: o pedido Supporting Evidence: o que traz  Score: 2"


def test_a_questions_scores_are_rounded_for_people_alone(tmp_path: Path) -> None:
    entry = gather(folder(tmp_path)).entries[1]
    as_file = question(entry)
    with for_people():
        shown = question(entry)
    assert dict(as_file.findings)["Answer Relevance (AR)"] == "0.33"
    assert dict(shown.findings)["Answer Relevance (AR)"] == "0,33"
    assert dict(as_file.segments[0].pairs)["Score (E5)"] == "0.87"
    assert dict(shown.segments[0].pairs)["Score (E5)"] == "0,8700"


def test_a_group_of_few_has_a_bar_and_no_interval() -> None:
    few, enough = Mean(0.5, 0.2, 0.8, 3, 3), Mean(0.4, 0.3, 0.6, FEWEST, FEWEST)
    alone = relevance_by({"a": {"AR": few}})
    assert alone.words == "AR por aula"
    assert "layer" not in alone.spec
    both = relevance_by({"a": {"AR": few}, "b": {"AR": enough}})
    assert "onde n é 10 ou mais" in both.words
    spans = [row for rows in both.spec["datasets"].values() for row in rows if "low" in row]
    assert [row["group"] for row in spans] == ["b"]


def test_one_that_is_left_out_is_one(tmp_path: Path) -> None:
    place = folder(tmp_path, answers=[answer("q1", "Outra coisa [1].", error="caiu"), *ANSWERS[1:]])
    (notes,) = [
        [block.text for block in section.blocks if isinstance(block, Note)]
        for section in lay_out(gather(place), score_all(gather(place))).sections[:1]
    ]
    assert "Em 1 resposta o modelo falhou." in notes
    assert "Sem contar: 2 julgamentos de respostas que mudaram depois; julgue de novo." in notes


def test_two_runs_are_compared_in_the_reports_order(tmp_path: Path) -> None:
    found = [one.measure for one in compare_runs(folder(tmp_path / "a"), folder(tmp_path / "b"))]
    assert found[:3] == ["AR", "reference", "correct"]
    assert found.index("citations hold") < found.index("hit@1") < found.index("hit@10") < found.index("MRR@10")
    assert found[-3:] == ["retrieve_ms", "first_token_ms", "total_ms"]
