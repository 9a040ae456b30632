"""Figures of the Tokens page: the padded batch as a table, merges of byte pairs, answers side by side.

They use viz.base, and no other station.
"""
