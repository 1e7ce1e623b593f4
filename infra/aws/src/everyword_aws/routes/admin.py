"""The routes of whoever runs a deployment: keys, health, dead letters, logs."""

from dataclasses import dataclass

from fastapi import APIRouter

from everyword_events.ports import ConsumerStates, DeadLetters
from everyword_http import key_routes
from everyword_http.keys import Keys
from everyword_http.operator_routes import (
    QueueDepths,
    ReadLogs,
    dead_letters_router,
    health_router,
    logs_router,
)


@dataclass(frozen=True)
class AdminParts:
    """What the routes lead to."""

    keys: Keys
    letters: DeadLetters
    depths: QueueDepths
    states: ConsumerStates
    logs: ReadLogs


def admin_routers(parts: AdminParts) -> list[APIRouter]:
    """Return the routes."""
    return [
        key_routes.router(parts.keys),
        dead_letters_router(parts.letters),
        health_router(parts.depths, parts.states),
        logs_router(parts.logs),
    ]
