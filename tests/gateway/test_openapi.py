"""/openapi.json: an OpenAPI 3.1 document of every contract, made when building."""

import gzip
import json
import pathlib
import subprocess
import sys

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests/scenario")]

import contract  # noqa: E402


def check(text):
    """(whether it is valid, what a validator says)."""
    done = subprocess.run(["node", pathlib.Path(__file__).with_name("check_openapi.mjs")], input=text, capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode in (0, 1) and done.stdout.strip() == "3.1", done
    return done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def document(running):
    return json.loads((running.build / "services/gateway/openapi.json").read_text())


def test_it_is_valid_and_the_validator_can_tell(document):
    assert check(json.dumps(document)) == (True, "")
    broken = json.loads(json.dumps(document))
    del broken["paths"]["/pulih.hub.v1.HubService/GetStatus"]["post"]["responses"]["200"]["description"]
    assert not check(json.dumps(broken))[0]


def test_every_method_is_there_with_who_may_call_it(running, document):
    methods, _ = contract.load(running.build)
    assert set(document["paths"]) == {f"/{method.name}" for method in methods}
    for method in methods:
        item = document["paths"][f"/{method.name}"]
        assert ("get" in item) == method.reads, method
        told = item["post"]["description"]
        assert told.endswith("Anyone, without signing in." if method.anyone else f"For {', '.join(sorted(method.roles))}."), told
        assert (item["post"].get("security") == []) == method.anyone, method


def test_every_reference_leads_somewhere_and_everything_has_prose(document):
    found = set()

    def walk(node):
        if isinstance(node, dict):
            found.update([node["$ref"]] if "$ref" in node else [])
            [walk(value) for value in node.values()]
        elif isinstance(node, list):
            [walk(value) for value in node]

    walk(document)
    assert found <= {f"#/components/{kind}/{name}" for kind, items in document["components"].items() for name in items}
    bare = [name for name, schema in document["components"]["schemas"].items() if not schema.get("description")]
    assert not bare


def test_fields_are_as_proto_json_has_them(document):
    schemas = document["components"]["schemas"]
    session = schemas["pulih.scheduling.v1.Session"]["properties"]
    assert session["startsAt"]["format"] == "date-time" and session["counsellorIds"]["items"] == {"type": "string"}
    assert "SESSION_STATUS_CANCELLED" in schemas["pulih.scheduling.v1.SessionStatus"]["enum"]
    assert schemas["pulih.event.v1.Position"]["properties"]["id"]["type"] == "string"
    assert schemas["pulih.scheduling.v1.ReadCalendarFeedRequest"]["properties"]["token"]["contentEncoding"] == "base64"


def test_it_is_served_packed_and_once(browser, document):
    plain, packed = browser.ask("GET", "/openapi.json"), browser.ask("GET", "/openapi.json", accept_encoding="gzip")
    assert plain.fields["content-type"] == "application/json" and plain.json == document
    assert packed.fields["content-encoding"] == "gzip" and gzip.decompress(packed.body) == plain.body
    assert plain.fields["etag"] != packed.fields["etag"]
    again = browser.ask("GET", "/openapi.json", if_none_match=plain.fields["etag"])
    assert (again.status, again.body) == (304, b"")
