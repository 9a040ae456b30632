"""The parts of the Tokens page: the padded batch, why padding, merges, answers alone and in the batch.

Uses pages.common, model_utils and viz; no other station.
"""
