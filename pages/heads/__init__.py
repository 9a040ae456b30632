"""The parts of the Heads page: the open head, the map of all heads, and the views below them.

Uses pages.common, model_utils and viz; no other station.
"""
