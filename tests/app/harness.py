"""Streamlit's own test harness, run and read: what goes wrong fails the test, what is said is read as by people."""

from __future__ import annotations

from streamlit.testing.v1 import AppTest

from interfaces.pages.plain import JOINER


def run(app: AppTest) -> AppTest:
    app.run()
    assert not app.exception, app.exception
    return app


def said(app: AppTest) -> str:
    """All that stands on the page, without what keeps Markdown away from it."""
    headings = [*app.title, *app.header, *app.subheader]
    told = [*app.markdown, *app.caption, *app.error, *app.info, *app.warning, *app.success]
    return "\n".join(str(part.value).replace("\\", "").replace(JOINER, "") for part in (*headings, *told))


def press(app: AppTest, label: str) -> AppTest:
    next(button for button in app.button if button.label == label).click()
    return run(app)
