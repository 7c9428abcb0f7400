"""What people use: the command, pages, and bridges to other libraries."""
