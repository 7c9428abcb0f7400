"""Integrations with other libraries; each module needs an extra."""
