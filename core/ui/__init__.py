"""The only code that imports Streamlit."""
