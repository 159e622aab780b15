"""Cells of a spreadsheet that do nothing when it is opened."""

DANGEROUS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet takes for the beginning of a formula, or skips before one
(https://owasp.org/www-community/attacks/CSV_Injection)."""


def neutralise(text: str) -> str:
    """The text, with an apostrophe before it where a spreadsheet would run it: then it is shown as it is."""
    return f"'{text}" if text.lstrip(" ").startswith(DANGEROUS) else text
