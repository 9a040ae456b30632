"""The parts of the Masks page: the words that a click hides, and the views below them.

Uses pages.common, model_utils and viz; no other station.
"""
