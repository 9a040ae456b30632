"""Lessons as files, their reader, and what checks on the model that they say the truth.

Uses model_utils for the checks; the pages use it.
"""
