"""Models: which there are, their files, loading, memory, and the one function that runs one under a mask.

Uses masks and tokens. Nothing else in the app calls a model.
"""
