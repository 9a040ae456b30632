"""All heads of a sentence as one HTML page that needs no network: its template, style and scripts, and what fills them.

It draws on canvases of its own, without plotly, and uses colours and limits of viz.base.
"""
