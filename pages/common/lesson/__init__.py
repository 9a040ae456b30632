"""The lesson that runs, on every page: its step, the strip with the question, and results that stay covered."""
