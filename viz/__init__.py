"""Figures: arrays and labels in, a plotly Figure out. Knows neither streamlit nor torch."""
