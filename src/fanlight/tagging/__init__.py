"""Taggers: from text to entities."""
