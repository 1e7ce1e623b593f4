"""How the services speak HTTP: one ASGI application, problems for errors, keys, bounded threads.

Metrics for Prometheus are imported from `everyword_http.metrics`: functions have none.
"""

from everyword_http.access import (
    SESSION_COOKIE,
    Access,
    AccessDenied,
    OpenAccess,
    Scope,
    key_of,
    needs,
)
from everyword_http.application import LIMITS, OPENAPI_PATH, create_application
from everyword_http.client_identity import Client, client_identity
from everyword_http.conditional import etag_of, is_fresh
from everyword_http.edge import BoundedBody, OwnNames, SingleFraming, name_of, whole_number
from everyword_http.problem import (
    CONTENT_TYPE,
    Problem,
    install_problems,
    problem,
    problem_of,
    problem_response,
    response_to,
    status_of,
)
from everyword_http.public import PUBLIC_HEADERS
from everyword_http.routing import PublicRouter, Router, reply
from everyword_http.workers import WorkerLimits, Workers

__all__ = [
    "CONTENT_TYPE",
    "LIMITS",
    "OPENAPI_PATH",
    "PUBLIC_HEADERS",
    "SESSION_COOKIE",
    "Access",
    "AccessDenied",
    "BoundedBody",
    "Client",
    "OpenAccess",
    "OwnNames",
    "Problem",
    "PublicRouter",
    "Router",
    "Scope",
    "SingleFraming",
    "WorkerLimits",
    "Workers",
    "client_identity",
    "create_application",
    "etag_of",
    "install_problems",
    "is_fresh",
    "key_of",
    "name_of",
    "needs",
    "problem",
    "problem_of",
    "problem_response",
    "reply",
    "response_to",
    "status_of",
    "whole_number",
]
