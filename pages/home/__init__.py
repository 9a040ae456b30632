"""The parts of the Home page (app.py). Uses pages.common, model_utils and viz; no other station of pages."""
