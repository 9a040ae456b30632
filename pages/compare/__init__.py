"""The parts of the Compare page. Uses pages.common, model_utils and viz; no other station of pages."""
