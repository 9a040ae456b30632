"""The attention mask: its patterns, the rule, the rule applied to a batch, its form in links, its reasons, examples.

Uses tokens; knows no model.
"""
