"""Lessons: the lessons that there are, with their steps, minutes and notes."""

from pages.common import frame
from pages.lessons import listing

with frame.open_page("Lessons", "Predict first, then look."):
    listing.draw()
