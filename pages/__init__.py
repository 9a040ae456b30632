"""The only place that knows Streamlit: page files, and a package of parts for each."""
