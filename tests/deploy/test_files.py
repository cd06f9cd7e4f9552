"""Files for operators, against the published schemas and the programs that read them."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from sentivox.server.operator_sources import FIELDS, read_settings
from sentivox.system.telemetry import OFF
from tests.deploy.programs import program

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def cloud_run_schemas() -> Mapping[str, Any]:
    """Of the Admin API, version 1, which `gcloud run services replace` speaks."""
    documents = resources.files("googleapiclient.discovery_cache") / "documents"
    return json.loads((documents / "run.v1.json").read_text(encoding="utf-8"))["schemas"]


def faults(value: object, schema: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """Unknown fields and wrong types; the API's own schema language is no JSON schema."""
    schemas = cloud_run_schemas()
    schema = schemas[schema["$ref"]] if "$ref" in schema else schema
    if "enum" in schema and value not in schema["enum"]:
        yield f"{where}: {value!r} is none of {schema['enum']}"
    kind = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool}
    if not isinstance(value, kind[schema["type"]]):
        yield f"{where}: {value!r} is no {schema['type']}"
    elif isinstance(value, list):
        for i, item in enumerate(value):
            yield from faults(item, schema["items"], f"{where}[{i}]")
    elif isinstance(value, dict):
        known = schema.get("properties", {})
        for key, item in value.items():
            field = known.get(key) or schema.get("additionalProperties")
            if field is None:
                yield f"{where}: no field {key!r}"
            else:
                yield from faults(item, field, f"{where}.{key}")


def test_the_cloud_run_service_is_one_that_its_api_knows() -> None:
    service = yaml.safe_load((DEPLOY / "cloudrun/service.yaml").read_text(encoding="utf-8"))
    assert list(faults(service, {"$ref": "Service"})) == []
    misspelt = {**service, "spec": {"template": {"spec": {"containers": [{"imag": 1}]}}}}
    assert list(faults(misspelt, {"$ref": "Service"})) == [
        ".spec.template.spec.containers[0]: no field 'imag'"
    ]
    described = cloud_run_schemas()["ObjectMeta"]["properties"]["annotations"]["description"]
    for name in service["spec"]["template"]["metadata"]["annotations"]:
        assert f"`{name}`: " in described


def test_cloud_run_starts_what_the_command_line_knows() -> None:
    service = yaml.safe_load((DEPLOY / "cloudrun/service.yaml").read_text(encoding="utf-8"))
    (container,) = service["spec"]["template"]["spec"]["containers"]
    options = subprocess.run(
        [sys.executable, "-m", "sentivox", *container["args"], "--help"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    for argument in container["args"][1:]:
        assert argument.split("=")[0] in options.stdout


def test_cloud_run_and_the_image_set_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    service = yaml.safe_load((DEPLOY / "cloudrun/service.yaml").read_text(encoding="utf-8"))
    (container,) = service["spec"]["template"]["spec"]["containers"]
    said = {entry["name"]: entry["value"] for entry in container["env"] if "value" in entry}
    image = (DEPLOY / "docker/Dockerfile").read_text(encoding="utf-8")
    said |= dict(re.findall(r"(SENTIVOX_\w+)=(\S+)", image))
    for name, value in said.items():
        assert name.removeprefix("SENTIVOX_").lower() in FIELDS, name
        monkeypatch.setenv(name, value)
    settings = read_settings({}, None)
    assert (settings.host, settings.port, settings.max_streams) == ("0.0.0.0", 8000, 32)
    (port,) = container["ports"]
    assert port["containerPort"] == settings.port


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.compose-spec", "deploy/compose/compose.yaml"),
        ("vendor.github-workflows", ".github/workflows/ci.yml"),
    ],
)
def test_yaml_follows_its_published_schema(schema: str, file: str) -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, ROOT / file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_caddy_understands_its_file() -> None:
    file = DEPLOY / "proxy/Caddyfile"
    command = [program("caddy"), "validate", "--adapter", "caddyfile", "--config", file]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_systemd_understands_its_unit(tmp_path: Path) -> None:
    analyze = program("systemd-analyze")
    unit = (DEPLOY / "systemd/sentivox.service").read_text(encoding="utf-8")
    here = tmp_path / "sentivox.service"
    here.write_text(unit.replace("/opt/sentivox/bin/sentivox", sys.executable), encoding="utf-8")
    done = subprocess.run([analyze, "verify", here], capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "sentivox.service" in line]
    assert complaints == []


@pytest.mark.parametrize(
    "file",
    [
        "docker/Dockerfile",
        "systemd/sentivox.service",
        "supervisor/sentivox.conf",
        "compose/compose.yaml",
    ],
)
def test_no_library_calls_home_from_what_we_start(file: str) -> None:
    text = (DEPLOY / file).read_text(encoding="utf-8")
    for name, value in OFF.items():
        assert re.search(rf'{name}[=:] ?"?{value}\b', text), name
