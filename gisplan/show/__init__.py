"""A result → files people open."""
