"""The attention mask: the rule, the patterns as one table, the rule applied to a batch, its form in links, its reasons in words.

Uses tokens; knows no model.
"""
