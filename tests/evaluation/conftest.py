"""What tests of reports share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from corpus.language import set_interface_language


@pytest.fixture
def portuguese() -> Iterator[None]:
    """Reports are asserted in Portuguese, their first language."""
    set_interface_language("pt")
    yield
    set_interface_language(None)
