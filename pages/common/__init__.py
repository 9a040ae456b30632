"""What two stations share: the frame of a page, link parameters and controls, caches, downloads, components.

Uses model_utils and viz.
"""
