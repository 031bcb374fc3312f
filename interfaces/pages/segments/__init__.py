"""The segments page: what an instructor looks into, mends, is asked about, adds and checks."""

from interfaces.pages.segments.sections import page

__all__ = ["page"]
