"""The OpenAPI document against the server it describes: requests by it, and against it."""

from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from sentivox.engine.engine import Engine
from sentivox.server.admission.auth import Keyring, new_token
from tests.server.serving import Running, serving

TOKEN = new_token()
SLOW = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
POSITIVE, NEGATIVE = GenerationMode.POSITIVE, GenerationMode.NEGATIVE
OPERATIONS = [
    ("POST", "/v1/analyze", POSITIVE),
    ("POST", "/v1/analyze", NEGATIVE),
    ("POST", "/v1/explain", POSITIVE),
    ("POST", "/v1/explain", NEGATIVE),
    ("POST", "/v1/ticket", POSITIVE),
    ("GET", "/v1/models", POSITIVE),
    ("GET", "/metrics", POSITIVE),
    ("GET", "/healthz", POSITIVE),
    ("GET", "/readyz", POSITIVE),
]  # what takes no parameters cannot be asked wrongly


@pytest.fixture(scope="module")
def guarded(engine: Engine) -> Iterator[Running]:
    with serving(engine, keyring=Keyring.of([TOKEN])) as running:
        yield running


@pytest.mark.parametrize(("method", "path", "mode"), OPERATIONS)
def test_every_answer_is_one_that_the_document_names(
    guarded: Running, method: str, path: str, mode: GenerationMode
) -> None:
    # Bytes that are no recording are right by the document, and yet refused.
    beyond = [positive_data_acceptance] if path == "/v1/analyze" else []
    schema = schemathesis.openapi.from_url(f"{guarded.http}/openapi.json")

    @settings(max_examples=50, database=None, suppress_health_check=SLOW)
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def check(case: Case) -> None:
        case.call_and_validate(headers={"Authorization": f"Bearer {TOKEN}"}, excluded_checks=beyond)

    check()
