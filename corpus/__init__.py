"""Lectures in, timed segments out. Imports nothing of `rag`, `eval` or `interfaces`."""
