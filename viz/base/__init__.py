"""What every station's figures are built with: theme, axes, matrices, hatching, labels, panels. Uses plotly and numpy alone."""
