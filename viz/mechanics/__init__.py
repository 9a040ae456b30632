"""Figures of the Mechanics page: one row, matrices, one cell, fill values, wrong masks, token loss. Uses viz.base."""
