"""Sentences to padded batches: byte-pair encoding, readable labels, words.

Uses errors and limits; tokenizers come as arguments.
"""
