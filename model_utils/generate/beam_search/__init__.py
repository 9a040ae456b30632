"""Beam search: its settings, the search itself, its tree and hypotheses, and what explains them.

Uses the filters and the steps of decoding.
"""
