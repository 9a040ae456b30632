"""Figures of the Heads page: one head, all heads, two heads and their difference. Uses viz.base."""
