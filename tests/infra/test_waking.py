"""GPU workers are started for what waits, on each of the three ways, and no more than that."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from everyword_aws.clients import forget_clients
from everyword_aws.graphs.transcribe import waker
from everyword_aws.handlers.transcribe_gpu_wake import handler
from everyword_aws.leaving import INTERRUPTED, leave
from everyword_aws.scaling import steps_up_to, wanted
from everyword_aws.waking import BatchWorkers, GroupWorkers, Waker

from everyword_events import Misconfigured
from support.aws import mocked_aws
from support.lowering import REGION, lower
from transcribe_gpu.testing_metadata import Metadata, serving

UPLOAD = {"detail-type": "AudioUploaded", "detail": {"meta": {}, "data": {}}}
Templates = Mapping[str, Any]


class Context:
    function_name = "wake"
    memory_limit_in_mb = 128
    invoked_function_arn = "arn"
    aws_request_id = "id"


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGION,
        "POWERTOOLS_TRACE_DISABLED": "1",
    }.items():
        monkeypatch.setenv(name, value)
    with mocked_aws():
        forget_clients()
        waker.cache_clear()
        yield
        forget_clients()
        waker.cache_clear()


def queued(messages: int) -> str:
    sqs = boto3.client("sqs")
    url = str(sqs.create_queue(QueueName="everyword-transcribe-gpu")["QueueUrl"])
    for number in range(messages):
        sqs.send_message(QueueUrl=url, MessageBody=str(number))
    return url


@pytest.mark.parametrize("most", [1, 2, 4, 8, 16, 64, 1000])
def test_every_step_begins_above_the_one_before_and_the_last_is_the_limit(most: int) -> None:
    steps = steps_up_to(most)
    assert list(steps) == sorted(steps)
    assert list(steps.values()) == sorted(set(steps.values()))
    assert max(steps.values()) == most
    assert (wanted(0, steps), wanted(1, steps), wanted(10**6, steps)) == (0, 1, most)


def test_an_upload_starts_the_ecs_service_and_the_schedule_what_an_upload_did_not(
    aws: None, templates: Templates, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the template's own variables and its schedule's own input."""
    lowered = lower(templates["transcribe-gpu"])
    url = queued(0)
    variables = {**lowered.functions["everyword-transcribe-gpu-wake"], "EVERYWORD_QUEUE": url}
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    ecs = boto3.client("ecs")
    cluster, service = variables["EVERYWORD_CLUSTER"], variables["EVERYWORD_WORKER"]
    ecs.create_cluster(clusterName=cluster)
    ecs.register_task_definition(
        family="t", containerDefinitions=[{"name": "c", "image": "i", "memory": 128}]
    )
    ecs.create_service(cluster=cluster, serviceName=service, taskDefinition="t", desiredCount=0)

    def desired(count: int | None = None) -> int:
        if count is not None:
            ecs.update_service(cluster=cluster, service=service, desiredCount=count)
        described = ecs.describe_services(cluster=cluster, services=[service])["services"]
        return int(described[0]["desiredCount"])

    function, told = lowered.schedules["everyword-wake"]
    assert function == "everyword-transcribe-gpu-wake"
    assert handler(told, Context()) == {"woken": 0}  # type: ignore[arg-type]
    assert desired() == 0
    assert handler(UPLOAD, Context()) == {"woken": 1}  # type: ignore[arg-type]
    assert handler(UPLOAD, Context()) == {"woken": 0}  # type: ignore[arg-type]
    assert desired() == 1
    desired(0)
    queued(1)  # a dead letter that was redriven
    assert handler(told, Context()) == {"woken": 1}  # type: ignore[arg-type]
    assert desired() == 1


@pytest.fixture
def group(aws: None) -> Any:
    """Return an Auto Scaling group of at most three machines."""
    ec2, autoscaling = boto3.client("ec2"), boto3.client("autoscaling")
    template = ec2.create_launch_template(
        LaunchTemplateName="t", LaunchTemplateData={"ImageId": "ami-12c6146b"}
    )["LaunchTemplate"]
    subnet = ec2.describe_subnets()["Subnets"][0]["SubnetId"]
    autoscaling.create_auto_scaling_group(
        AutoScalingGroupName="everyword-gpu",
        LaunchTemplate={"LaunchTemplateId": template["LaunchTemplateId"], "Version": "1"},
        MinSize=0,
        MaxSize=3,
        DesiredCapacity=0,
        VPCZoneIdentifier=subnet,
    )
    return autoscaling


def machines(autoscaling: Any) -> list[str]:
    (found,) = autoscaling.describe_auto_scaling_groups()["AutoScalingGroups"]
    ids = [each["InstanceId"] for each in found["Instances"]]
    assert len(ids) == found["DesiredCapacity"]
    return ids


def test_a_group_grows_with_the_backlog_to_its_limit_and_is_never_made_smaller(group: Any) -> None:
    waiting = 6
    own = Waker(lambda: waiting, steps_up_to(8), GroupWorkers(group, "everyword-gpu"))
    assert own.wake(at_least=1) == 2
    assert own.wake(at_least=1) == 0
    waiting = 1000
    assert own.wake(at_least=0) == 1
    assert len(machines(group)) == 3
    waiting = 0
    assert own.wake(at_least=0) == 0
    assert len(machines(group)) == 3


def test_an_idle_worker_takes_its_machine_out_of_the_group_an_interrupted_one_does_not(
    group: Any,
) -> None:
    group.set_desired_capacity(AutoScalingGroupName="everyword-gpu", DesiredCapacity=2)
    first, second = machines(group)
    metadata = Metadata(facts={"instance-id": first})

    def client(_: str) -> Any:
        return group

    with serving(metadata):
        assert leave("asg", idle=False, client=client, environ=metadata.environ) == 0
        assert len(machines(group)) == 2
        assert leave("asg", idle=True, client=client, environ=metadata.environ) == 0
    assert machines(group) == [second]
    with pytest.raises(Misconfigured, match="which one it is"):
        leave("asg", idle=True, client=client, environ=metadata.environ)


def test_batch_starts_an_interrupted_worker_again_and_lets_an_idle_one_end() -> None:
    def client(_: str) -> Any:
        raise AssertionError

    assert leave("batch", idle=True, client=client) == 0
    assert leave("batch", idle=False, client=client) == INTERRUPTED
    assert leave("ecs", idle=True, client=client) == leave("", idle=False, client=client) == 0


@pytest.fixture
def batch() -> Iterator[tuple[Any, Callable[[Mapping[str, int], int], None]]]:
    """Return a client of Batch, and what says which jobs there are and how many are to come."""
    client = boto3.client(
        "batch", region_name=REGION, aws_access_key_id="t", aws_secret_access_key="t"
    )
    with Stubber(client) as stubber:

        def expect(jobs: Mapping[str, int], submitted: int) -> None:
            for state in ("SUBMITTED", "PENDING", "RUNNABLE", "STARTING", "RUNNING"):
                found = [{"jobId": str(n), "jobName": "w"} for n in range(jobs.get(state, 0))]
                asked = {"jobQueue": "everyword-gpu", "jobStatus": state}
                stubber.add_response("list_jobs", {"jobSummaryList": found}, asked)
            for number in range(submitted):
                stubber.add_response(
                    "submit_job",
                    {"jobName": "w", "jobId": str(number)},
                    {
                        "jobName": "everyword-transcribe-gpu",
                        "jobQueue": "everyword-gpu",
                        "jobDefinition": "everyword-transcribe-gpu",
                    },
                )

        yield client, expect
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("backlog", "jobs", "submitted"),
    [(1, {}, 1), (25, {"RUNNING": 1, "RUNNABLE": 1}, 2), (10_000, {"RUNNING": 4}, 0)],
)
def test_batch_has_as_many_jobs_as_the_backlog_is_worth_not_one_for_every_upload(
    batch: Any, backlog: int, jobs: Mapping[str, int], submitted: int
) -> None:
    client, expect = batch
    expect(jobs, submitted)
    workers = BatchWorkers(client, "everyword-gpu", "everyword-transcribe-gpu")
    assert Waker(lambda: backlog, steps_up_to(4), workers).wake(at_least=1) == submitted


def test_the_schedule_asks_nobody_while_nothing_waits(batch: Any) -> None:
    client, _ = batch
    workers = BatchWorkers(client, "everyword-gpu", "everyword-transcribe-gpu")
    assert Waker(lambda: 0, steps_up_to(4), workers).wake(at_least=0) == 0
