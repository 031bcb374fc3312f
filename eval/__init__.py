"""Answers in, evidence out: topics, runs, measures. Imports `corpus` and `rag` only."""
