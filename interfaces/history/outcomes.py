"""How an answer went, read off its record."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def passages_only(record: Mapping[str, Any]) -> bool:
    """Whether a model was to write and nothing of it stands, so that passages are all that there is.

    Without a model (``llm`` is ``none``, and none failed) passages are the answer, and that is as it should be.

    >>> passages_only({"mode": "quotes", "llm": "openai:x"}), passages_only({"mode": "quotes", "llm": "none"})
    (True, False)
    """
    if record.get("mode") != "quotes" or record.get("abstained"):
        return False
    return record.get("llm", "none") != "none" or bool(record.get("error"))
