"""The evaluation page: runs over files of questions, their reports, answers annotated blind, two runs compared."""

from interfaces.pages.evaluation.sections import page

__all__ = ["page"]
