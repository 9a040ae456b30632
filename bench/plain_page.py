"""A page as short as Streamlit makes it: so many containers, buttons, texts and figures. The benchmark's yardstick.

The query says how many. Figures are cached, and what the imports leave is no garbage that a collection must walk.
"""

import gc

import numpy as np
import plotly.graph_objects as go
import streamlit as st

CELLS = 40


@st.cache_resource
def figures(count: int) -> list[go.Figure]:
    """Return figures of CELLS x CELLS cells."""
    made = [go.Figure(go.Heatmap(z=np.random.default_rng(number).random((CELLS, CELLS)))) for number in range(count)]
    gc.collect()
    gc.freeze()
    return made


asked = {name: int(st.query_params.get(name, 0)) for name in ("containers", "buttons", "texts", "figures")}
for _ in range(asked["containers"]):
    st.container()
for number in range(asked["buttons"]):
    st.button("button", key=f"button_{number}")
for number in range(asked["texts"]):
    st.markdown(f"This is text number {number}.")
for number, figure in enumerate(figures(asked["figures"])):
    st.plotly_chart(figure, key=f"figure_{number}")
