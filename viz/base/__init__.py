"""What the figures of more than one station are built with: theme, axes, matrix, hatching, panels, texts.

This is the only package of viz that the others import; it imports none of them.
"""
