"""What heads do on a text: measures, search, rollout, differences, the picture of all heads.

Uses experiments and what stands below them.
"""
