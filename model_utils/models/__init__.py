"""Models: which there are, their files, loading, and the one way to run one under a mask. Uses masks and tokens."""
