"""API keys over HTTP: made, listed, rotated, revoked."""

from datetime import datetime
from http import HTTPStatus

from fastapi import Response
from pydantic import BaseModel, Field

from everyword_http.access import Scope, needs
from everyword_http.keys import ApiKey, Keys
from everyword_http.routing import Router, reply


class KeyRequest(BaseModel):
    """A key to be made."""

    name: str = Field(default="", max_length=200)
    scopes: list[Scope] = Field(min_length=1, max_length=4)


class KeyReply(BaseModel):
    """A key, without its secret."""

    id: str
    name: str
    scopes: list[Scope]
    created_at: datetime

    @classmethod
    def of(cls, key: ApiKey) -> "KeyReply":
        """Show a key."""
        return cls(id=key.key_id, name=key.name, scopes=list(key.scopes), created_at=key.created_at)


class IssuedReply(KeyReply):
    """A key with its secret: it is shown this once."""

    key: str


class KeysReply(BaseModel):
    """All keys, oldest first."""

    keys: list[KeyReply]


def router(keys: Keys) -> Router:
    """Return the routes that manage keys."""
    routes = Router(tags=["keys"], dependencies=[needs("admin")])

    @routes.post(
        "/v1/keys", summary="Make a key", status_code=HTTPStatus.CREATED, response_model=IssuedReply
    )
    def create(body: KeyRequest) -> Response:
        return _issued(*keys.create(body.name, body.scopes), HTTPStatus.CREATED)

    @routes.get("/v1/keys", summary="List keys")
    def list_keys() -> KeysReply:
        return KeysReply(keys=[KeyReply.of(each) for each in keys.store.list()])

    @routes.post(
        "/v1/keys/{key_id}:rotate", summary="Give a key another secret", response_model=IssuedReply
    )
    def rotate(key_id: str) -> Response:
        return _issued(*keys.rotate(key_id), HTTPStatus.OK)

    @routes.delete("/v1/keys/{key_id}", summary="Take a key back")
    def revoke(key_id: str) -> KeysReply:
        keys.revoke(key_id)
        return KeysReply(keys=[KeyReply.of(each) for each in keys.store.list()])

    return routes


def _issued(key: ApiKey, secret: str, status: HTTPStatus) -> Response:
    return reply(IssuedReply(**KeyReply.of(key).model_dump(), key=secret), status)
