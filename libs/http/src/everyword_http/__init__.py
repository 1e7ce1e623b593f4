"""How the services speak HTTP: problem+json errors, and an ASGI resolver for one machine."""

from everyword_http.conditional import etag_of, is_fresh
from everyword_http.local import LocalResolver, local_resolver
from everyword_http.problem import CONTENT_TYPE, install_problems, problem, problem_of, status_of

__all__ = [
    "CONTENT_TYPE",
    "LocalResolver",
    "etag_of",
    "install_problems",
    "is_fresh",
    "local_resolver",
    "problem",
    "problem_of",
    "status_of",
]
