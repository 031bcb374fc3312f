"""The pages of the menu, without what they show.

To add a page: a module in `interfaces.pages` with ``page(context)``, and one line in `PAGES`.
"""

from __future__ import annotations

from dataclasses import dataclass

from interfaces.access import Action


@dataclass(frozen=True, slots=True)
class Entry:
    """A page: its module, which is its address too, its names, its icon, and what one must be allowed to do to see it.

    ``of_logins``: out of the menu where nobody signs in.
    """

    module: str
    pt: str
    en: str
    icon: str
    action: Action
    of_logins: bool = False


PAGES = (
    Entry("chat", "Perguntar", "Ask", ":material/forum:", "ask"),
    Entry("segments", "Trechos", "Segments", ":material/segment:", "see segments"),
    Entry("evaluation", "Avaliação", "Evaluation", ":material/analytics:", "evaluate"),
    Entry("people", "Pessoas", "People", ":material/group:", "manage people", of_logins=True),
    Entry("account", "Minha conta", "My account", ":material/person:", "read own"),
)
