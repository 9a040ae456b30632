"""Figures of the Generate page: candidates, filters, repeated draws, all steps, timing. Uses viz.base."""
