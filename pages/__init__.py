"""The only place that knows Streamlit: a file for each page, and a package with the parts of each.

`common` holds what two stations share. A station uses `common`, `model_utils` and `viz`, and no other station.
"""
