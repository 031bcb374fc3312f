"""How the tables came to be as they are: Alembic's revisions, run by `upgrading`, never edited once released."""
