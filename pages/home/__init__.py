"""The parts of the Home page (app.py): one sentence to try, and the links to the pages.

Uses pages.common, model_utils and viz; no other station.
"""
