"""The parts of the Generate page. Uses pages.common, model_utils and viz; no other station of pages."""
