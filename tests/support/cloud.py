"""AWS as far as moto plays it, with what moto does not play driven by hand.

Functions run in this process, on the environment that the template gives them: their handlers are
the real ones, fed with events in Lambda's own form. Queues are polled as an event source mapping
would, and partial failures honoured; the log's stream is read from moto's own records.
"""

import base64
import json
import os
import random
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import boto3
import requests
from botocore.awsrequest import AWSResponse
from everyword_aws.clients import client
from everyword_aws.environment import WorkerEnvironment
from everyword_aws.graphs.bus import relay
from everyword_aws.worker import work
from everyword_cdk.deployment import Deployment
from moto.dynamodbstreams.models import dynamodbstreams_backends

from support.lowering import ACCOUNT, LEFT_OUT, REGION, Lowered, lower
from support.rights import WORKER, Rights

SECTIONS = {
    "ingest": "ingest",
    "transcribe-gpu": "transcribe",
    "refine": "refine",
    "captions": "captions",
    "search": "search",
}
MOST_ROUNDS = 200
RETAINED = "A show that keeps one run"
CONSENTING = "A show that consents to known voices"


@dataclass
class Context:
    """What Lambda hands a handler beside the event."""

    function_name: str
    memory_limit_in_mb: int = 512
    aws_request_id: str = "00000000-0000-0000-0000-000000000000"

    @property
    def invoked_function_arn(self) -> str:
        return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{self.function_name}"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@dataclass
class Reply:
    """What the HTTP API answered."""

    status: int
    headers: Mapping[str, str]
    body: str

    def json(self) -> Any:
        return json.loads(self.body)


class Body:
    """A response's body, as botocore reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self._body

    def read(self, _: int | None = None) -> bytes:
        body, self._body = self._body, b""
        return body


class Cloud:
    """One deployment, under moto (which the caller has started)."""

    def __init__(
        self, templates: Mapping[str, Any], opensearch_url: str, folder: Path, rights: Rights
    ) -> None:
        self.lowered: dict[str, Lowered] = {name: lower(each) for name, each in templates.items()}
        self.opensearch_url = opensearch_url
        self.rights = rights
        self._folder = folder
        self._draw = random.Random(7)
        self._relayed_to: int | None = None
        self._waiting: list[tuple[str, str]] = []
        self._started: set[str] = set()
        self.restless = False
        """Whether every message is delivered twice, and in any order."""
        self.relayed = True
        """Whether the stream feeds the relay."""
        self.executions: list[str] = []
        self._write_settings()
        self._create()
        client("lambda").meta.events.register("before-send.lambda.Invoke", self._invoked)

    @property
    def settings_beside_refine(self) -> Path:
        """Where refine's functions find the recogniser's settings."""
        return self._folder / "transcribe.json"

    def _write_settings(self) -> None:
        # aws_cdk starts Node: only where a stand-in is made, not wherever tests are collected
        from everyword_cdk.parts.settings import DeployedSettings  # noqa: PLC0415

        settings = DeployedSettings(Deployment())
        for service, section in SECTIONS.items():
            shipped = settings.section(section)
            if section == "ingest":
                shipped["general"] |= {"allow_private_addresses": True, "host_delay_s": 0}
            if section == "transcribe":
                shipped["general"] |= {
                    "engine": "pocketsphinx",
                    "language": "en",
                    "diarization": "off",
                }
                consenting = {**shipped["general"], "known_voices": True, "diarization": "on"}
                shipped["shows"][CONSENTING] = {**consenting, "speakers": 2}
                self.settings_beside_refine.write_text(json.dumps(shipped))
            (self._folder / f"{service}.json").write_text(json.dumps(shipped))
        kept = {**settings.section("retention"), "shows": {RETAINED: {"runs": 1}}}
        (self._folder / "retention.json").write_text(json.dumps(kept))

    def _create(self) -> None:
        formation = boto3.client("cloudformation")
        for name, lowered in self.lowered.items():
            if lowered.template["Resources"]:
                body = json.dumps(lowered.template)
                formation.create_stack(StackName=name, TemplateBody=body)
        for bucket in self._notifying():  # moto's CloudFormation leaves this property out
            boto3.client("s3").put_bucket_notification_configuration(
                Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
            )

    def _notifying(self) -> list[str]:
        """Return the buckets that the templates let tell EventBridge."""
        return [
            resource["Properties"]["BucketName"]
            for lowered in self.lowered.values()
            for resource in lowered.template["Resources"].values()
            if resource["Properties"]
            .get("NotificationConfiguration", {})
            .get("EventBridgeConfiguration", {})
            .get("EventBridgeEnabled")
        ]

    def unexplained(self) -> set[str]:
        """Return the types that were left out without a reason."""
        left = {kind for lowered in self.lowered.values() for kind in lowered.left_out}
        return left - set(LEFT_OUT)

    def invoke(self, function: str, event: Mapping[str, Any]) -> Any:
        """Call a function's handler as Lambda would."""
        variables = next(
            lowered.functions[function]
            for lowered in self.lowered.values()
            if function in lowered.functions
        )
        module, _, name = variables["HANDLER"].rpartition(".")
        handler: Callable[..., Any] = getattr(import_module(module), name)
        with self._environment(variables), self.rights.as_role(function):
            return handler(json.loads(json.dumps(event, default=str)), Context(function))

    @contextmanager
    def _environment(self, variables: Mapping[str, str]) -> Iterator[None]:
        service = variables.get("EVERYWORD_SERVICE", "")
        own = {name: value for name, value in variables.items() if name.startswith("EVERYWORD_")}
        own["EVERYWORD_SETTINGS_FILE"] = str(self._folder / f"{service}.json")
        if "EVERYWORD_INDEX_URL" in own:
            own["EVERYWORD_INDEX_URL"] = self.opensearch_url
        before = {name: v for name, v in os.environ.items() if name.startswith("EVERYWORD_")}
        _swap(before, own)
        try:
            yield
        finally:
            _swap(own, before)

    def run(self) -> None:
        """Go on until nothing is left to do."""
        for _ in range(MOST_ROUNDS):
            moved = self.relay() if self.relayed else 0
            moved += sum(self.poll(*feed) for each in self.lowered.values() for feed in each.feeds)
            moved += self.durably() + self.transcribe()
            if not moved:
                return
        raise AssertionError("the pipeline never comes to rest")

    def relay(self) -> int:
        """Hand the relay what the stream has, again from where it failed."""
        ((function, batch),) = self.lowered["bus"].streams
        records = self._records()[:batch]
        if not records:
            return 0
        appended = [_as_lambda(each) for each in records if _is_appended(each)]
        done = self.invoke(function, {"Records": appended}) if appended else {}
        failed = {each["itemIdentifier"] for each in done.get("batchItemFailures", [])}
        for record in records:
            number = record["dynamodb"]["SequenceNumber"]
            if number in failed:
                break
            self._relayed_to = int(number)
        return len(records)

    def sweep(self) -> int:
        """Have what the stream lost relayed, however young it is."""
        ((function, _),) = self.lowered["bus"].streams
        environment = self._environment(self.lowered["bus"].functions[function])
        with environment, self.rights.as_role("everyword-sweep"):
            return relay().sweep(older_than_s=0)

    def _records(self) -> list[Any]:
        """Return what the log's stream has after what was relayed."""
        backend = dynamodbstreams_backends[ACCOUNT][REGION]
        table = boto3.client("dynamodb").describe_table(TableName="everyword-event-log")["Table"]
        arn = table["LatestStreamArn"]
        (shard,) = backend.describe_stream(arn)["Shards"]
        kind = "TRIM_HORIZON" if self._relayed_to is None else "AFTER_SEQUENCE_NUMBER"
        iterator = backend.get_shard_iterator(arn, shard["ShardId"], kind, self._relayed_to)
        found: list[Any] = backend.get_records(iterator.arn, 1000)["Records"]
        return found

    def poll(self, queue: str, function: str, batch: int) -> int:
        """Feed a function one batch of its queue, as an event source mapping does."""
        sqs, url = boto3.client("sqs"), self.url(queue)
        messages = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=batch,
            WaitTimeSeconds=0,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        ).get("Messages", [])
        if not messages:
            return 0
        if self.restless:
            self._draw.shuffle(messages)
        records = [_record(queue, message) for message in messages]
        if self.restless:
            self.invoke(function, {"Records": records})
        done = self.invoke(function, {"Records": records})
        failed = {each["itemIdentifier"] for each in done["batchItemFailures"]}
        for message in messages:
            if message["MessageId"] not in failed:
                sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        return len(messages)

    def durably(self) -> int:
        """Run the durable executions that were asked for."""
        # a second to import: only where one is run, not wherever tests are collected
        from aws_durable_execution_sdk_python_testing import (  # noqa: PLC0415
            DurableFunctionTestRunner,
        )

        waiting, self._waiting = self._waiting, []
        for name, payload in waiting:
            self.executions.append(name)
            variables = self.lowered["refine"].functions["everyword-refine-durable"]
            role = self.rights.as_role("everyword-refine-durable")
            with self._environment(variables), role:
                handler = import_module("everyword_aws.handlers.refine_durable").handler
                result = DurableFunctionTestRunner(handler=handler).run(
                    input=payload, execution_timeout=900
                )
            assert result.status.value == "SUCCEEDED", result
        return len(waiting)

    def _invoked(self, request: Any, **_: Any) -> AWSResponse:
        """Answer `lambda.invoke`: at once, or an execution's name is started once."""
        if "everyword-search-moments" in request.url:
            return self.answer(
                request.url, self.invoke("everyword-search-moments", json.loads(request.body))
            )
        name = request.headers["X-Amz-Durable-Execution-Name"]
        name = name.decode() if isinstance(name, bytes) else name
        if name in self._started:
            error = {"Type": "User", "Message": "already started"}
            kind = "DurableExecutionAlreadyStartedException"
            return _response(request.url, 409, error, {"x-amzn-ErrorType": kind})
        self._started.add(name)
        self._waiting.append((name, request.body.decode()))
        return _response(request.url, 202, {}, {})

    def answer(self, url: str, body: Any) -> AWSResponse:
        """Return what AWS would have answered."""
        return _response(url, 200, body, {})

    def on_schedule(self, name: str) -> Any:
        """Call a schedule's target with the template's own input."""
        schedules = {k: v for each in self.lowered.values() for k, v in each.schedules.items()}
        return self.invoke(*schedules[name])

    def transcribe(self) -> int:
        """Run a GPU worker, which leaves when its queue is empty."""
        waiting = self.depth("everyword-transcribe-gpu")
        if waiting:
            variables = dict(self.lowered["transcribe-gpu"].worker)
            settings = (self._folder / "transcribe-gpu.json").read_text()
            variables |= {"EVERYWORD_SETTINGS": settings, "EVERYWORD_IDLE_POLLS": "1"}
            with self._environment(variables), self.rights.as_role(WORKER):
                work(WorkerEnvironment.read(), threading.Event(), poll_s=0)
        return waiting

    def url(self, queue: str) -> str:
        return f"https://sqs.{REGION}.amazonaws.com/{ACCOUNT}/{queue}"

    def depth(self, queue: str) -> int:
        """Return how many messages wait in a queue."""
        name = "ApproximateNumberOfMessages"
        reply = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.url(queue), AttributeNames=[name]
        )
        return int(reply["Attributes"][name])

    def ask(
        self, method: str, path: str, *, key: str = "", body: Any = None, **headers: str
    ) -> Reply:
        """Send a request through the template's routes to the function behind it."""
        sent = {"host": "api.example", **headers}
        if key:
            sent["authorization"] = f"Bearer {key}"
        if body is not None:
            sent["content-type"] = "application/json"
        text = json.dumps(body) if body is not None else ""
        sent["content-length"] = str(len(text.encode()))
        return self.send(method, path, sent, text)

    def send(self, method: str, path: str, headers: Mapping[str, str], text: str) -> Reply:
        """Send a request as a client wrote it."""
        address = urlsplit(path)
        function = self._function_of(method, unquote(address.path))
        event = {
            "version": "2.0",
            "routeKey": "$default",
            "rawPath": address.path,
            "rawQueryString": address.query,
            "headers": dict(headers),
            "requestContext": {
                "accountId": ACCOUNT,
                "apiId": "api",
                "domainName": "api.example",
                "http": {
                    "method": method,
                    "path": address.path,
                    "protocol": "HTTP/1.1",
                    "sourceIp": "203.0.113.9",
                    "userAgent": "test",
                },
                "requestId": "id",
                "routeKey": "$default",
                "stage": "$default",
                "time": "27/Nov/2026:00:00:00 +0000",
                "timeEpoch": 1795737600000,
            },
            "body": text,
            "isBase64Encoded": False,
        }
        reply = self.invoke(function, event)
        answer = reply.get("body", "")
        if reply.get("isBase64Encoded"):
            answer = base64.b64decode(answer).decode("utf-8", "replace")
        return Reply(reply["statusCode"], reply.get("headers", {}), answer)

    def _function_of(self, method: str, path: str) -> str:
        """Return the function of the most specific route."""
        routes = self.routes()
        found = [route for route in routes if route[0] == method and _matches(route[1], path)]
        if not found:
            return "everyword-ingest-api"
        best = min(found, key=lambda route: route[1].count("{"))
        return f"everyword-{best[2]}-api"

    def routes(self) -> list[tuple[str, str, str]]:
        """Return (method, path, service) of the template's routes."""
        from everyword_cdk.parts.routes import api_routes  # noqa: PLC0415

        services = {
            (method, route.path): route.service
            for route in api_routes()
            for method in route.methods
        }
        keys = [key.split(" ") for key in self.lowered["website"].routes if key != "$default"]
        return [(method, path, services[method, path]) for method, path in keys]

    def fetch(self, address: str) -> bytes:
        """GET a presigned address."""
        return requests.get(address, timeout=60).content

    def upload(self, address: str, body: bytes, headers: Mapping[str, str]) -> int:
        """PUT to a presigned address."""
        return requests.put(address, data=body, headers=dict(headers), timeout=60).status_code


def _swap(old: Mapping[str, str], new: Mapping[str, str]) -> None:
    for name in old:
        os.environ.pop(name, None)
    os.environ.update(new)


def _matches(template: str, path: str) -> bool:
    parts, given = template.split("/"), path.split("/")
    return len(parts) == len(given) and all(
        part.startswith("{") or part == other for part, other in zip(parts, given, strict=True)
    )


def _record(queue: str, message: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": message["Attributes"],
        "messageAttributes": {
            name: {"stringValue": value.get("StringValue", ""), "dataType": value["DataType"]}
            for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{REGION}:{ACCOUNT}:{queue}",
        "awsRegion": REGION,
    }


def _is_appended(record: Mapping[str, Any]) -> bool:
    """Tell whether the mapping's own filter lets a record through."""
    image = record["dynamodb"].get("NewImage", {})
    return record["eventName"] == "INSERT" and "wire" in image


def _as_lambda(record: Mapping[str, Any]) -> dict[str, Any]:
    return {**record, "eventSource": "aws:dynamodb", "awsRegion": REGION}


def _response(url: str, status: int, body: Any, headers: Mapping[str, str]) -> AWSResponse:
    return AWSResponse(url, status, dict(headers), Body(json.dumps(body).encode()))
