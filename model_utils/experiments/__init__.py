"""Runs that answer one question: a word hidden or softened, another batch, another pattern, a claim tried.

Uses generate, mechanics and what stands below them.
"""
