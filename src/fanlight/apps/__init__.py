"""Applications: the command line, the server and its page, integrations with other libraries."""
