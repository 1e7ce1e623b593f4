"""Search results and transcripts as plain HTML: for readers without scripts, and for crawlers.

Every page stands under `CONTENT_SECURITY_POLICY`: no inline script, no inline style. With scripts
on, the same page turns into `<everyword-search>` or `<everyword-transcript>`.
"""

from search.pages.results import render_results
from search.pages.site import CONTENT_SECURITY_POLICY, Site, render_message
from search.pages.transcript import render_transcript

__all__ = [
    "CONTENT_SECURITY_POLICY",
    "Site",
    "render_message",
    "render_results",
    "render_transcript",
]
