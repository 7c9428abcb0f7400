"""What a lecture shows: derivations, their layout in text, LaTeX and HTML, graphs, and diagnosis of a formula."""
