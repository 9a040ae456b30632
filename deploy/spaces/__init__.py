"""The folder for a Space of Hugging Face."""
