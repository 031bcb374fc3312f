"""Fixtures that the pages' tests share with the service's."""

from tests.interfaces.service.teaching import embedded, teaching

__all__ = ["embedded", "teaching"]
