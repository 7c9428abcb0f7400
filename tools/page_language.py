"""Say the language of each page of the documentation, so that browsers and screen readers read it as what it is."""

from __future__ import annotations

from typing import Any


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Set the language of a Korean page; MkDocs calls this for each page."""
    return output.replace('<html lang="en"', '<html lang="ko"', 1) if page.url.startswith("ko/") else output
