"""What the app keeps: people, their conversations as they stream, feedback, annotations, evaluation runs.

Functions over an opened `database.History`; no Streamlit, and nothing is decided here about who may do what
(`interfaces.access`).
"""
