"""Models that run on other computers, through Ray Serve; what is above and below does not know of it."""
