"""What a page may do that stands in one file: use its own style and script, and load nothing."""

from __future__ import annotations

import base64
import hashlib


def content_policy(style: str, script: str, *more: str) -> str:
    """Return the Content-Security-Policy of a page with one style and one script, as they were written.

    Args:
        style: the text of the style.
        script: the text of the script.
        more: further directives.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{_digest(script)}'",
            f"style-src '{_digest(style)}'",
            "img-src data:",
            "base-uri 'none'",
            "form-action 'none'",
            *more,
        ]
    )


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
