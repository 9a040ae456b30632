"""The lines of transformers code that reproduce each picture; the tests run them.

The top floor: uses all others.
"""
