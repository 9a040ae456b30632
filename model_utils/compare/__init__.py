"""Settings side by side: rows, sweeps, text metrics, the plane of k and p. Uses generate and what stands below it."""
