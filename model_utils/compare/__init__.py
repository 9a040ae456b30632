"""Settings side by side: rows, sweeps, metrics of texts, where two texts part, the plane of k and p.

Uses generate and what stands below it.
"""
