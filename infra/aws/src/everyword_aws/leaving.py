"""How a worker's end is told to what runs it, so that no machine idles and no work waits for one.

ECS needs nothing: its service decides. Batch starts a job again by its exit code. An Auto Scaling
group keeps up its number of machines: who has nothing to do takes its machine out of it, while who
was interrupted leaves the number alone, so that another machine comes for the work left behind.
"""

import os
from collections.abc import Callable, Mapping
from typing import Any, Final

from everyword_aws.environment import BATCH, GROUP
from everyword_events import Misconfigured
from everyword_events.aws.errors import translated
from transcribe_gpu.adapters.spot_notice import InstanceMetadata, NoMetadata

INTERRUPTED: Final = 143
"""What a process ended by SIGTERM answers: 128 and the signal's number."""


def leave(
    gpu: str,
    *,
    idle: bool,
    client: Callable[[str], Any],
    environ: Mapping[str, str] = os.environ,
) -> int:
    """Tell that this worker ends, for want of work or interrupted; return the exit code.

    Raises:
        Misconfigured: this is no machine of EC2's.
        TransientFailure: the group cannot be told.
    """
    if gpu == BATCH:
        return 0 if idle else INTERRUPTED
    if gpu == GROUP and idle:
        _end_this_machine(client("autoscaling"), environ)
    return 0


def _end_this_machine(autoscaling: Any, environ: Mapping[str, str]) -> None:
    try:
        machine = InstanceMetadata(environ).read("instance-id")
    except NoMetadata as error:
        raise Misconfigured(
            f"the machine does not say which one it is: {error}",
            hint="let containers reach the instance's metadata (hop limit 2)",
            code="no_metadata",
        ) from error
    with translated("end this machine"):
        autoscaling.terminate_instance_in_auto_scaling_group(
            InstanceId=machine, ShouldDecrementDesiredCapacity=True
        )
