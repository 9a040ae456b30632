"""The parts of the Compare page: the rows to compare, their texts, and the views beside them.

Uses pages.common, model_utils and viz; no other station.
"""
