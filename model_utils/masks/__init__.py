"""The attention mask: the rule, the rule applied to a batch, its form in links, its reasons. Uses tokens; knows no model."""
