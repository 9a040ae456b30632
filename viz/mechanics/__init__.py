"""Figures of the Mechanics page: one row stage by stage, matrices, one cell, fill values, wrong masks, token loss.

They use viz.base, and no other station.
"""
