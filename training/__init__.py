"""What makes the bundled model: from books to a folder that the app loads. Axis letters: B batch, T token, V vocabulary."""
