"""Figures of the Generate page: candidates and filters of a step, repeated draws, all steps of a text, timing.

They use viz.base, and no other station.
"""
