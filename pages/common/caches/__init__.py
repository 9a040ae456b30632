"""What is computed once for all sessions, and what belongs to one visit."""
