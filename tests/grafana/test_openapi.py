"""The description is a valid OpenAPI document, and the API answers as described."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from grafana.changes import CHANGES
from grafana.openapi import describe
from grafana.routes import ROUTES
from tests.grafana.seed import Seeder

DOCUMENT = describe(token=True)


def references(node: Any) -> set[str]:
    """Return all references in a document."""
    if isinstance(node, dict):
        own = {node["$ref"]} if "$ref" in node else set()
        return own.union(*(references(child) for child in node.values()))
    if isinstance(node, list):
        return set().union(*(references(child) for child in node))
    return set()


def resolve(reference: str) -> Any:
    """Return what a reference points to."""
    node: Any = DOCUMENT
    for part in reference.removeprefix("#/").split("/"):
        node = node[part]
    return node


def mismatch(value: Any, schema: dict[str, Any], where: str = "") -> str | None:
    """Return where a value is not as its schema says; the part of JSON Schema that is used here."""
    if "$ref" in schema:
        return mismatch(value, resolve(schema["$ref"]), where)
    if "anyOf" in schema:
        wrong = [mismatch(value, option, where) for option in schema["anyOf"]]
        return None if None in wrong else wrong[0]
    if "enum" in schema:
        return None if value in schema["enum"] else f"{where}: {value!r}"
    kinds: dict[str, Any] = {
        "object": dict,
        "array": list,
        "string": str,
        "integer": int,
        "number": (int, float),
        "boolean": bool,
        "null": type(None),
    }
    if "type" in schema and not isinstance(value, kinds[schema["type"]]):
        return f"{where}: {value!r} is no {schema['type']}"
    if isinstance(value, list):
        wrong = [mismatch(v, schema.get("items", {}), f"{where}[]") for v in value]
        return next(filter(None, wrong), None)
    if isinstance(value, dict):
        return _object_mismatch(value, schema, where)
    return None


def _object_mismatch(value: dict[str, Any], schema: dict[str, Any], where: str) -> str | None:
    missing = set(schema.get("required", ())) - set(value)
    if missing:
        return f"{where}: without {missing}"
    known = schema.get("properties", {})
    other = schema.get("additionalProperties", {})
    wrong = [mismatch(v, known.get(k, other) or {}, f"{where}.{k}") for k, v in value.items()]
    return next(filter(None, wrong), None)


def test_every_route_is_described_with_its_parameters() -> None:
    """The same table serves and describes."""
    changes = {one.path for one in CHANGES}
    reads = {route.path for route in ROUTES}
    assert set(DOCUMENT["paths"]) == reads | changes | {"/api/events"}
    for route in ROUTES:
        told = DOCUMENT["paths"][route.path]["get"]
        assert [p["name"] for p in told["parameters"]] == [p.name for p in route.params]
        assert {"200", "400", "401", "404", "503"} == set(told["responses"])
        assert told["summary"].endswith(".")


def test_all_references_lead_somewhere_and_operations_have_names_of_their_own() -> None:
    """What a generator of clients stumbles over first."""
    for reference in references(DOCUMENT):
        assert resolve(reference)
    names = [one["operationId"] for path in DOCUMENT["paths"].values() for one in path.values()]
    assert len(names) == len(set(names))
    assert DOCUMENT["openapi"].startswith("3.1")
    assert {"title", "version"} <= set(DOCUMENT["info"])


def test_path_parameters_are_in_the_path_and_required() -> None:
    """As the standard asks."""
    (name, *_) = DOCUMENT["paths"]["/api/lists/{name}"]["get"]["parameters"]

    assert (name["in"], name["required"]) == ("path", True)


def test_security_is_described_only_where_a_token_is_set() -> None:
    """An open API must not ask a client for one."""
    assert DOCUMENT["security"] == [{"token": []}]
    assert "security" not in describe(token=False)


def test_the_standard_s_own_validator_agrees() -> None:
    """Where it is installed."""
    validator = pytest.importorskip("openapi_spec_validator")

    validator.validate(DOCUMENT)


async def test_answers_are_as_described(client: httpx.AsyncClient, seeder: Seeder) -> None:
    """Each route's, with data."""
    seeder.everything()
    for route in ROUTES:
        needed = {p.name: p.example for p in route.params if p.example is not None}
        path = route.path.format(**needed)

        asked = {name: v for name, v in needed.items() if f"{{{name}}}" not in route.path}
        body = (await client.get(path, params=asked)).json()

        told = DOCUMENT["paths"][route.path]["get"]["responses"]["200"]
        assert mismatch(body, told["content"]["application/json"]["schema"], route.path) is None
