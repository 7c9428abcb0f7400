"""Entities, documents, tag schemes, scores and reports."""
