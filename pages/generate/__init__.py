"""The parts of the Generate page: controls, the growing texts, and the views of one step.

Uses pages.common, model_utils and viz; no other station.
"""
