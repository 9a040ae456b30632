"""One head in detail: its trace, wrong ways to apply a mask, fill values, the loss of each token.

Uses models and what stands below them.
"""
