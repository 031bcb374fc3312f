"""The report of a judged run: gathered, counted, laid out once, and written as Markdown, HTML, CSV and JSON lines."""
