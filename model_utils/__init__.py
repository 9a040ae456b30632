"""Computation: tokens, masks, models, decoding, experiments, measures, and the code that reproduces them.

Its rooms stand on each other like floors (the contract is in pyproject.toml). It knows neither Streamlit nor plotly; numbers
and texts go out, and `pages` hands them to `viz`.
"""
