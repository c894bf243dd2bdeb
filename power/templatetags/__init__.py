"""Template tags of power."""
