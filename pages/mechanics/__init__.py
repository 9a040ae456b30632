"""The parts of the Mechanics page. Uses pages.common, model_utils and viz; no other station of pages."""
