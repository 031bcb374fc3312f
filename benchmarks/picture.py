"""Draws the README's picture from a real answer: `python -m benchmarks.picture` after `make demo`."""

from __future__ import annotations

import re

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.text import Text

from benchmarks.environment import ROOT
from interfaces.render import answer_text
from rag.config import load_settings
from rag.pipeline import Monitoria

QUESTION = "Que horas sai o passeio a campo e que roupa preciso usar?"


def main() -> None:
    """Ask the embedded model over `demo/index` and write `docs/images/answer.svg`."""
    course = Monitoria.open(ROOT / "demo" / "index", settings=load_settings({"encoder": {"source": "carried"}}))
    console = Console(record=True, width=100, force_terminal=True)
    console.print(Text.assemble(("$ ", "bold green"), f'monitoria ask "{QUESTION}" --index demo/index\n'))
    console.print(Text(answer_text(course.ask(QUESTION))))
    target = ROOT / "docs" / "images" / "answer.svg"
    target.parent.mkdir(exist_ok=True)
    # Rich's template fetches fonts from the web; a picture in a repository should fetch nothing.
    template = re.sub(r"@font-face \{\{.*?\}\}|<!--.*?-->", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    console.save_svg(str(target), title="Monitoria", code_format=template)


if __name__ == "__main__":
    main()
