"""Entities, tags and scores."""
