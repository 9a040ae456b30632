"""Figures of the Masks page: masks and their stages, patterns, receptive fields, soft weights, what hiding words does.

Generate draws its grown mask with `mask`. They use viz.base, and no other station.
"""
