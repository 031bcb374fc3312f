"""The app's entry for Streamlit: `monitoria app`, or `streamlit run app.py -- INDEX…`."""

from interfaces.pages.shell import show

show()
