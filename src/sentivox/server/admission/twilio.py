"""Twilio's signatures: a request of theirs is signed with the secret of the customer's account.

https://www.twilio.com/docs/usage/security#validating-requests
"""

import base64
import hashlib
import hmac
from collections.abc import Iterable, Mapping

from sentivox.server.admission.auth import Unauthorized

HOLDER = "twilio"
"""Name of the holder of streams that Twilio opens."""


class TwilioSignatures:
    """Checks Twilio's signatures.

    Args:
        auth_token: The account's auth token.
        public_url: Address under which Twilio knows this server, as `public_address` takes it.
    """

    def __init__(self, auth_token: str, public_url: str) -> None:
        self._auth_token = auth_token
        self._public_url = public_url

    def require(self, headers: Mapping[str, str]) -> None:
        """Refuse a request that has no signature; raises Unauthorized."""
        if "x-twilio-signature" not in headers:
            raise Unauthorized("calls need Twilio's signature: X-Twilio-Signature")

    def check(
        self,
        headers: Mapping[str, str],
        path: str,
        *,
        scheme: str = "wss",
        form: Iterable[tuple[str, str]] = (),
    ) -> None:
        """Check the signature of a request.

        Args:
            headers: Headers of the request, in lower case.
            path: Path and query of the request, below the public address.
            scheme: Scheme that Twilio called; "wss" or "https".
            form: Fields of the form that was posted.

        Raises:
            Unauthorized: It is missing, or not of this account for this address.
        """
        self.require(headers)
        address = public_address(self._public_url, headers)
        url = f"{scheme}://{address}{path}"
        given = headers["x-twilio-signature"]
        if not hmac.compare_digest(given.encode(), self.sign(url, form).encode()):
            raise Unauthorized(
                f"X-Twilio-Signature is not this account's for {scheme}://{address}: set"
                " --public-url to the address that Twilio calls"
            )

    def sign(self, url: str, form: Iterable[tuple[str, str]] = ()) -> str:
        """The signature of a request to this address with this form."""
        signed = url + "".join(name + value for name, value in sorted(set(form)))
        digest = hmac.digest(self._auth_token.encode(), signed.encode(), hashlib.sha1)
        return base64.b64encode(digest).decode()


def public_address(public_url: str, headers: Mapping[str, str]) -> str:
    """Host and sub-path under which others reach this server, without a scheme.

    Args:
        public_url: As the operator gave it; "" for the name by which this request called it.
        headers: Headers of the request, in lower case.
    """
    return public_url.partition("://")[2].rstrip("/") or headers.get("host", "")
