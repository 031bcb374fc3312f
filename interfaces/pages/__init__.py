"""The app's pages in Streamlit. They call `interfaces.service` and show; they decide nothing."""
