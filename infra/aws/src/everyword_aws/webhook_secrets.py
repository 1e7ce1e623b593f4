"""Secrets in Parameter Store, encrypted; read once a process."""

from collections.abc import Sequence
from typing import Any, Final

from everyword_events import TransientFailure
from everyword_events.aws.errors import error_code, translated
from ingest.domain.subscriptions import Webhook
from ingest.notification_ports import WebhookStore

_MOST_READ: Final = 10
_MISSING: Final = "ParameterNotFound"


class SecretWebhooks:
    """A WebhookStore that keeps the webhooks' secrets apart from them."""

    def __init__(self, webhooks: WebhookStore, client: Any, path: str) -> None:
        self._webhooks = webhooks
        self._client = client
        self._path = path
        self._known: dict[str, str] = {}

    def put(self, webhook: Webhook) -> None:
        """Keep a webhook: its secret first, so that none is ever without one."""
        with translated("keep a webhook's secret"):
            self._client.put_parameter(
                Name=self._name(webhook.webhook_id),
                Value=webhook.secret,
                Type="SecureString",
                Overwrite=True,
            )
        self._known[webhook.webhook_id] = webhook.secret
        self._webhooks.put(webhook.model_copy(update={"secret": ""}))

    def all(self) -> Sequence[Webhook]:
        """Return all webhooks, oldest first; one whose secret is gone is left out."""
        found = self._webhooks.all()
        unknown = [each.webhook_id for each in found if each.webhook_id not in self._known]
        for first in range(0, len(unknown), _MOST_READ):
            names = [self._name(each) for each in unknown[first : first + _MOST_READ]]
            with translated("read webhooks' secrets"):
                reply = self._client.get_parameters(Names=names, WithDecryption=True)
            for parameter in reply["Parameters"]:
                self._known[parameter["Name"].rpartition("/")[2]] = parameter["Value"]
        return [
            each.model_copy(update={"secret": self._known[each.webhook_id]})
            for each in found
            if each.webhook_id in self._known
        ]

    def remove(self, webhook_id: str) -> bool:
        """Forget a webhook, its deliveries and its secret; False if there was none."""
        known = self._webhooks.remove(webhook_id)
        self._known.pop(webhook_id, None)
        if known:
            try:
                with translated("delete a webhook's secret"):
                    self._client.delete_parameter(Name=self._name(webhook_id))
            except TransientFailure as error:
                if error_code(error.__cause__) != _MISSING:
                    raise
        return known

    def _name(self, webhook_id: str) -> str:
        return f"{self._path}/{webhook_id}"
