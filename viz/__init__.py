"""Figures: arrays and labels in, a plotly figure out. Nothing is computed, shown or changed here.

`base` holds what every station draws with; each other package holds the figures of one page. They use numpy, plotly and
`formatting`, and know nothing of models, pages or streamlit.
"""
