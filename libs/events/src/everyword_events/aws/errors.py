"""botocore's errors in our words, translated at this one spot."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
)

from everyword_events.errors import Misconfigured, TransientFailure

CONDITION_FAILED: Final = "ConditionalCheckFailedException"
_WRONG_SET_UP: Final = (
    "AccessDenied",
    "AuthFailure",
    "InvalidClientTokenId",
    "KMS.AccessDenied",
    "KmsAccessDenied",
    "NonExistentQueue",
    "NotAuthorized",
    "QueueDoesNotExist",
    "ResourceNotFound",
    "SignatureDoesNotMatch",
    "UnrecognizedClient",
)


@contextmanager
def translated(what: str) -> Iterator[None]:
    """Raise our errors for botocore's; `what` says what was tried, such as `publish to bus X`.

    Raises:
        Misconfigured: no rights, no such bus or queue, no credentials.
        TransientFailure: anything else; AWS's own codes for throttling and trouble are many.
    """
    try:
        yield
    except (NoCredentialsError, NoRegionError, PartialCredentialsError) as error:
        raise Misconfigured(f"cannot {what}: {error}", hint="configure AWS access") from error
    except ClientError as error:
        code = error_code(error)
        message = f"cannot {what}: {error.response['Error'].get('Message', code)}"
        if any(word in code for word in _WRONG_SET_UP):
            raise Misconfigured(message, hint=f"AWS says {code}") from error
        raise TransientFailure(message, hint=f"AWS says {code}", code="aws_failure") from error
    except BotoCoreError as error:
        raise TransientFailure(f"cannot {what}: {error}", code="aws_unreachable") from error


def held(what: str, write: Callable[[], object]) -> bool:
    """Make a conditional write; tell whether its condition held. Raises as `translated` does."""
    try:
        with translated(what):
            write()
    except TransientFailure as error:
        if error_code(error.__cause__) == CONDITION_FAILED:
            return False
        raise
    return True


def error_code(error: BaseException | None) -> str:
    """Return AWS's code of the error, `ThrottlingException` for one; none for another's error."""
    if not isinstance(error, ClientError):
        return ""
    return str(error.response["Error"].get("Code", "Unknown"))
