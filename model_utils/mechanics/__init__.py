"""One head in detail: its trace, wrong ways to mask, fill values, the loss of each token. Uses models and all below them."""
