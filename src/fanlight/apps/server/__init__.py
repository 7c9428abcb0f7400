"""The HTTP server of `fanlight serve`: tagging, explanations, the calculus, and the page."""
