"""What a service owns: its bucket and its table."""

from collections.abc import Mapping, Sequence
from typing import Any

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_s3 as s3
from constructs import Construct

from everyword_cdk.deployment import Deployment
from everyword_cdk.names import Names

STALE_UPLOAD = Duration.days(7)
OLD_VERSION = Duration.days(30)


def removal(deployment: Deployment) -> RemovalPolicy:
    """Return what becomes of data when its stack is deleted."""
    return RemovalPolicy.RETAIN if deployment.keep_data else RemovalPolicy.DESTROY


class ServiceBucket(Construct):
    """A private bucket, encrypted, reached over TLS only, with what was deleted kept 30 days."""

    def __init__(
        self,
        scope: Construct,
        service: str,
        names: Names,
        deployment: Deployment,
        *,
        versioned: bool = False,
        uploads: bool = False,
        cold_after: Duration | None = None,
    ) -> None:
        super().__init__(scope, "Blobs")
        rules = [s3.LifecycleRule(abort_incomplete_multipart_upload_after=STALE_UPLOAD)]
        if versioned:
            rules.append(
                s3.LifecycleRule(
                    noncurrent_version_expiration=OLD_VERSION, expired_object_delete_marker=True
                )
            )
        if cold_after is not None:
            move = s3.Transition(
                storage_class=s3.StorageClass.GLACIER_INSTANT_RETRIEVAL, transition_after=cold_after
            )
            rules.append(s3.LifecycleRule(transitions=[move]))
        cors = s3.CorsRule(
            allowed_methods=[s3.HttpMethods.PUT],
            allowed_origins=list(deployment.page_origins),
            allowed_headers=["*"],
            exposed_headers=["ETag", "x-amz-checksum-crc64nvme", "x-amz-checksum-sha256"],
            max_age=3600,
        )
        self.bucket = s3.Bucket(
            self,
            "Bucket",
            bucket_name=names.bucket(service),
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            versioned=versioned,
            cors=[cors] if uploads else None,
            lifecycle_rules=rules,
            removal_policy=removal(deployment),
        )
        if uploads:
            self._tell_event_bridge()

    def _tell_event_bridge(self) -> None:
        """Tell of new objects; CDK's own way would add a function for what is one property."""
        raw = self.bucket.node.default_child
        assert isinstance(raw, s3.CfnBucket)
        raw.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            )
        )


class ServiceTable(Construct):
    """A table on demand, restorable to any second of the last 35 days.

    `shape` is what its adapter says that it needs; without one it has a key and no index.
    """

    def __init__(
        self,
        scope: Construct,
        name: str,
        deployment: Deployment,
        shape: Mapping[str, Any],
        *,
        stream: dynamodb.StreamViewType | None = None,
    ) -> None:
        super().__init__(scope, f"Table-{name}")
        self.table = dynamodb.Table(
            self,
            "Table",
            table_name=shape["TableName"],
            **_keys(shape["KeySchema"]),
            billing_mode=dynamodb.BillingMode[shape["BillingMode"]],
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            stream=stream,
            time_to_live_attribute="expires_at",
            deletion_protection=deployment.keep_data,
            removal_policy=removal(deployment),
        )
        for index in shape.get("GlobalSecondaryIndexes", ()):
            self.table.add_global_secondary_index(
                index_name=index["IndexName"],
                **_keys(index["KeySchema"]),
                projection_type=dynamodb.ProjectionType[index["Projection"]["ProjectionType"]],
            )


def key_table(name: str, *keys: str) -> dict[str, Any]:
    """Return the shape of a table that has keys and no index."""
    kinds = ("HASH", "RANGE")
    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "KeySchema": [
            {"AttributeName": key, "KeyType": kind} for key, kind in zip(keys, kinds, strict=False)
        ],
    }


def _keys(schema: Sequence[Mapping[str, str]]) -> dict[str, Any]:
    """Return the partition key, and the sort key if there is one, of a table or an index."""
    names = ("partition_key", "sort_key")
    text = dynamodb.AttributeType.STRING
    return {
        name: dynamodb.Attribute(name=key["AttributeName"], type=text)
        for name, key in zip(names, schema, strict=False)
    }
