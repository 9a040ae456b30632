"""The parts of the Mechanics page: one row step by step, and the views below it.

Uses pages.common, model_utils and viz; no other station.
"""
