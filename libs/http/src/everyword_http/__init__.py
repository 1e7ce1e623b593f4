"""How the services speak HTTP: problem+json errors, and an ASGI resolver for one machine."""

from everyword_http.local import LocalResolver, local_resolver
from everyword_http.problem import CONTENT_TYPE, install_problems, problem, problem_of, status_of

__all__ = [
    "CONTENT_TYPE",
    "LocalResolver",
    "install_problems",
    "local_resolver",
    "problem",
    "problem_of",
    "status_of",
]
