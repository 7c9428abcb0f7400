"""The `fanlight` command."""
