"""Figures of the Tokens page: the padded batch, merges, answers alone and in the batch. Uses viz.base."""
