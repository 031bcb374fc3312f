"""How a report writes its figures, and of how few an interval says nothing.

Files and programs have a decimal point. Inside `for_people`, as on the app's pages, the interface's language decides.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from corpus.language import number, say

# A bootstrap of fewer draws the same few over and over: of three that are alike its interval is a point.
FEWEST = 10

_for_people: ContextVar[bool] = ContextVar("figures_for_people", default=False)


@contextmanager
def for_people() -> Iterator[None]:
    """Inside, figures are written as the interface's language writes them."""
    token = _for_people.set(True)
    try:
        yield
    finally:
        _for_people.reset(token)


def figure(value: float, digits: int = 2, *, signed: bool = False) -> str:
    """A figure with so many decimals; ``signed`` ones say ``+`` too.  What rounds to nothing is no less than nothing.

    >>> with for_people():
    ...     print(figure(0.5), figure(0.25, 3, signed=True))
    0,50 +0,250
    >>> figure(0.5), figure(-0.001, signed=True)
    ('0.50', '+0.00')
    """
    written = number(value, digits) if _for_people.get() else f"{value:z.{digits}f}"
    return f"+{written}" if signed and not written.startswith("-") else written


def short(value: float) -> str:
    """A score with no more decimals than it has.

    >>> short(3.0), short(2.5)
    ('3', '2.5')
    """
    text = f"{value:g}"
    return _marked(text)


def recorded(value: float) -> str:
    """A score as it was recorded; for people, four decimals of it."""
    return number(value, 4) if _for_people.get() else str(value)


def interval(low: float, high: float, n: int, digits: int = 2, *, signed: bool = False) -> str:
    """``[0.48, 0.75]`` over ``n`` units; where figures have a comma, what is between them is a semicolon.

    Of too few units it says nothing: people are shown their number in its place, files have both.

    >>> interval(0.0, 0.0, 3), interval(-0.5, 0.25, 10, signed=True)
    ('[0.00, 0.00] (n = 3: nada diz)', '[-0.50, +0.25]')
    >>> with for_people():
    ...     print(interval(0.0, 0.0, 3), interval(0.25, 0.5, 10))
    (n = 3: pouco) [0,25; 0,50]
    """
    if is_few(n) and _for_people.get():
        return say(f"(n = {n}: pouco)", f"(n = {n}: too few)")
    both = [figure(value, digits, signed=signed) for value in (low, high)]
    told = f"[{('; ' if ',' in ''.join(both) else ', ').join(both)}]"
    return told + say(f" (n = {n}: nada diz)", f" (n = {n}: says nothing)") if is_few(n) else told


def is_few(n: int) -> bool:
    """Whether ``n`` units are too few for their interval to say anything."""
    return n < FEWEST


def few() -> str:
    """What to say once of all intervals of too few."""
    return say(
        f"Com n menor que {FEWEST}, um intervalo de confiança nada diz: o de três notas iguais é um ponto.",
        f"Where n is less than {FEWEST}, a confidence interval says nothing: that of three scores alike is a point.",
    )


def _marked(text: str) -> str:
    if not _for_people.get() or "." not in text:
        return text
    return text.replace(".", number(0.5, 1)[1])
