"""The people page: who may come in, as what, and with which first password."""

from interfaces.pages.people.sections import page

__all__ = ["page"]
