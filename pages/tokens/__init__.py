"""The parts of the Tokens page. Uses pages.common, model_utils and viz; no other station of pages."""
