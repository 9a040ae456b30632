"""The only shared Streamlit glue."""
