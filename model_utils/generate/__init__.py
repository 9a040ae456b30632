"""Decoding: the table of filters, noise, one step, lanes, the loop, and what explains a step.

Uses models and what stands below them.
"""
