"""The parts of the Masks page. Uses pages.common, model_utils and viz; no other station of pages."""
