"""Figures of the Masks page: masks, patterns, broadcasting, what hiding does. Uses viz.base."""
