"""Figures of the Compare page: metrics and steps of several settings, sweeps of one, the plane of k and p.

They use viz.base, and no other station.
"""
