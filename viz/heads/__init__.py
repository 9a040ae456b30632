"""Figures of the Heads page: one head, the map of all heads, a gallery, differences, and a page to keep offline.

They use viz.base, and no other station.
"""
