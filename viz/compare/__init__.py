"""Figures of the Compare page: metrics, sweeps, the plane of k and p. Uses viz.base."""
