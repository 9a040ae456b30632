"""The parts of the Heads page. Uses pages.common, model_utils and viz; no other station of pages."""
