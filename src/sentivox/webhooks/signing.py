"""Signs messages as Standard Webhooks has it (https://www.standardwebhooks.com).

Needs `pip install "sentivox[webhooks]"`.
"""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from standardwebhooks import Webhook

_PREFIX: Final = "whsec_"
_SIZES: Final = range(24, 65)
"""Bytes that a secret may have, by the specification."""


class BadSecret(ValueError):  # noqa: N818  (reads as what it is)
    """A secret that cannot be used; the message does not contain it."""


class Signer:
    """Signs messages with one secret, or with several while a new one replaces an old one.

    Args:
        secrets: Secrets, each `whsec_` and 24 to 64 random bytes in base64.

    Raises:
        BadSecret: There is none, or one of them is not of this form.
    """

    __slots__ = ("_keys",)

    def __init__(self, secrets: Sequence[str]) -> None:
        if not secrets:
            raise BadSecret("there is no secret")
        self._keys = tuple(Webhook(_key(secret)) for secret in secrets)

    def headers(self, message_id: str, at: float, body: str) -> dict[str, str]:
        """The headers of one attempt to deliver a message, with those that sign it.

        Args:
            message_id: Identifier of the message, the same in each attempt.
            at: Time of the attempt, in seconds since 1970.
            body: The body, as it is sent.
        """
        when = datetime.fromtimestamp(int(at), UTC)
        signatures = [key.sign(message_id, when, body) for key in self._keys]
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at)),
            "webhook-signature": " ".join(signatures),
        }


def _key(secret: str) -> bytes:
    encoded = secret.removeprefix(_PREFIX)
    try:
        key = base64.b64decode(encoded + "=" * (-len(encoded) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if encoded == secret or len(key) not in _SIZES:
        raise BadSecret(
            "a secret is whsec_ and 24 to 64 random bytes in base64, such as"
            " echo whsec_$(openssl rand -base64 32) makes"
        )
    return key
