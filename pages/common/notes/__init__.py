"""Sentences that several pages say of their numbers and their text."""
