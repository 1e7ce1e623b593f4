"""One secret of Parameter Store."""

from typing import Any, Final

from everyword_events import Misconfigured, TransientFailure
from everyword_events.aws.errors import error_code, translated

_MISSING: Final = "ParameterNotFound"


def secret(client: Any, name: str) -> str:
    """Return a secret; without a name there is none.

    Raises:
        Misconfigured: it is named, and nobody has put it there.
        TransientFailure: Parameter Store does not answer.
    """
    if not name:
        return ""
    try:
        with translated("read a secret"):
            reply = client.get_parameter(Name=name, WithDecryption=True)
    except TransientFailure as error:
        if error_code(error.__cause__) == _MISSING:
            raise Misconfigured(
                f"there is no secret {name} in Parameter Store",
                hint=f"aws ssm put-parameter --type SecureString --name {name} --value …",
                code="secret_missing",
            ) from error
        raise
    return str(reply["Parameter"]["Value"])
