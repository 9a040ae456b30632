"""The few things that Streamlit lacks: tokens as clickable text, lines between tokens, figures changed in place, wide figures.

Each is a Python file, with a .js and a .css file of its name where it needs them. They use viz.base and no page.
"""
