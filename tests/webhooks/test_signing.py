"""Signatures, held against the official library that receivers verify them with."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from sentivox.webhooks.signing import BadSecret, Signer
from tests.webhooks.made import OTHER_SECRET, SECRET


@given(st.text(), st.text(alphabet="abc123_-", min_size=1))
def test_a_receiver_verifies_what_we_sign(body: str, message_id: str) -> None:
    body = body.encode(errors="replace").decode()
    headers = Signer([SECRET]).headers(message_id, time.time(), body)
    Webhook(SECRET).verify(body, headers, json_parse=False)
    assert headers["webhook-id"] == message_id


def test_the_signature_is_that_of_the_specifications_example() -> None:
    signer = Signer([SECRET])
    headers = signer.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330.9, '{"test": 2432232314}')
    assert headers == {
        "content-type": "application/json",
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_a_body_that_was_changed_or_is_old_is_refused() -> None:
    headers = Signer([SECRET]).headers("msg_1", time.time(), "{}")
    with pytest.raises(WebhookVerificationError):
        Webhook(SECRET).verify("{ }", headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER_SECRET).verify("{}", headers)
    with pytest.raises(WebhookVerificationError, match="too old"):
        Webhook(SECRET).verify("{}", Signer([SECRET]).headers("msg_1", time.time() - 400, "{}"))


def test_while_secrets_rotate_either_verifies() -> None:
    headers = Signer([OTHER_SECRET, SECRET]).headers("msg_1", time.time(), "{}")
    assert headers["webhook-signature"].count(" ") == 1
    for secret in (SECRET, OTHER_SECRET):
        assert Webhook(secret).verify("{}", headers) == {}


@pytest.mark.parametrize(
    "secret",
    [
        "", "whsec_", "hunter2", SECRET.removeprefix("whsec_"), "whsec_c2hvcnQ=", f"{SECRET}!",
        "whsec_" + "A" * 200, "whsec_ünïcode", "WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
    ],
)  # fmt: skip
def test_a_secret_of_another_form_is_refused_without_being_told(secret: str) -> None:
    with pytest.raises(BadSecret) as bad:
        Signer([SECRET, secret])
    assert "openssl rand" in str(bad.value)
    assert secret in {"", "whsec_"} or secret not in str(bad.value)


def test_without_a_secret_nothing_is_signed() -> None:
    with pytest.raises(BadSecret, match="there is no secret"):
        Signer([])


def test_a_signer_does_not_show_its_secret() -> None:
    signer = Signer([SECRET])
    assert SECRET.removeprefix("whsec_") not in repr(signer)
    assert SECRET not in str(signer)
