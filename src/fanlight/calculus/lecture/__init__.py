"""Derivations as in a lecture: steps, layout in text, LaTeX and HTML, graphs, and diagnosis of learners' formulas."""
