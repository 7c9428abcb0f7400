"""`fanlight serve`: tagging, explanations and the calculus over HTTP, and the page that uses them."""
