"""The app's entry for Streamlit: `monitoria app`, or `streamlit run app.py -- INDEX…`."""

if __name__ == "__main__":
    # A run of a page.
    from interfaces.pages.shell import show

    show()
else:
    # What `streamlit run` serves: these runs in a frame of our language, and the few routes of ours that no page can
    # stand for.
    import streamlit as st

    from interfaces.frame import frame
    from interfaces.provider_routes import provider_routes
    from interfaces.session_route import session_route

    app = st.App(__file__, routes=[session_route(), *provider_routes()], middleware=[frame()])
