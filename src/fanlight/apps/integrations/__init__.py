"""Bridges, one foreign library a file."""
