"""What Streamlit itself says around the pages, in Portuguese where that is spoken: it knows English alone.

Words that the eye meets are put in the place of the English ones by style; the document's language and the link past
the menu are set by a script of two lines.
"""

from __future__ import annotations

import json

import streamlit as st

from corpus.language import Language, say

# A field with a limit of length shows how much of it is used beside the hint, or alone: no hint is then to be replaced.
_HINT = '[data-testid="InputInstructions"]'
_HINTS = ", ".join(
    (
        f"{_HINT} > span:first-child:not(:last-child)",
        f":is(.stTextInput, .stNumberInput, .stTextArea):not(:has([maxlength])) {_HINT} > span",
    )
)
# A button keeps its English word for whoever listens, before ours: checkers know no name that a style alone gives.
_UPLOAD = '[data-testid="stFileUploaderDropzone"] button p'
_PORTUGUESE = f"""<style>
:is({_HINTS}) {{ font-size: 0; visibility: hidden; }}
:is({_HINTS})::after {{ content: "Enter aplica"; font-size: .75rem; visibility: visible; }}
[data-testid="stForm"] :is({_HINTS})::after {{ content: "Enter envia"; }}
.stTextArea :is({_HINTS})::after {{ content: "Ctrl+Enter aplica"; }}
[data-testid="stForm"] .stTextArea :is({_HINTS})::after {{ content: "Ctrl+Enter envia"; }}
{_UPLOAD} {{ font-size: 0; }}
{_UPLOAD}::after {{ content: "Escolher arquivo"; font-size: .875rem; }}
[data-testid="stFileUploaderDropzone"]:has(input[multiple]) button p::after {{ content: "Escolher arquivos"; }}
[data-testid="stFileUploaderDropzoneInstructions"] {{ display: none; }}
</style>"""

_TELL = """<script>
document.documentElement.lang = LANGUAGE;
document.querySelectorAll('[data-testid="stSkipToContent"]').forEach(link => { link.textContent = SKIP; });
</script>"""


def chrome_style(language: Language) -> None:
    """Streamlit's words for the eye; to be called above every page."""
    if language == "pt":
        st.html(_PORTUGUESE)


def tell_language() -> None:
    """Have the browser know which language the page speaks; to be called once a run, in the sidebar."""
    told = _TELL.replace("LANGUAGE", json.dumps(say("pt-BR", "en")))
    skip = json.dumps(say("Ir para o conteúdo", "Skip to main content"))
    st.html(told.replace("SKIP", skip), unsafe_allow_javascript=True)
