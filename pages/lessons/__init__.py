"""The parts of the Lessons page: the list of lessons with their steps.

Uses pages.common and lessons; no other station.
"""
