"""Runs that answer one question: hide, soften, batch, pattern, claims. Uses generate, mechanics and all below them."""
