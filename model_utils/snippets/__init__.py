"""The lines of transformers code that reproduce each picture. The top floor: uses all others."""
