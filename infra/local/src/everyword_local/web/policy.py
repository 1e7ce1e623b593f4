"""The headers that every page is sent with."""

from typing import Final

from search.pages import CONTENT_SECURITY_POLICY

PAGE_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",
}
