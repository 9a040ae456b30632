"""Computation: tokens, masks, attention, sampling. Knows neither streamlit nor plotly."""
