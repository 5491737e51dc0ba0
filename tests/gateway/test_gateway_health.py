"""What operators look at."""

import json
import re
import time

NAME = re.compile(r"[a-z_]+$")


def test_it_lives_and_is_ready(browser):
    assert browser.ask("GET", "/livez").json == {"live": True}
    assert browser.ask("GET", "/readyz").json == {"ready": True, "checks": {"serving": True, "hub": True}}


def test_metrics_keep_the_rules_of_prometheus(running, browser):
    """What `promtool check metrics` says, as far as it applies: help and type once, before all samples of a name; counters
    end in _total and nothing else does; units are base units."""
    browser.ask("GET", "/")
    answer = browser.ask("GET", "/metrics")
    assert answer.fields["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    types, samples = {}, []
    for line in answer.body.decode().splitlines():
        if line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert name not in types, f"{name} has two types"
            types[name] = kind
        elif not line.startswith("#"):
            name, labels, value = re.match(r"([a-z_]+)(\{.*\})? (\S+)$", line).groups()
            float(value)
            family = re.sub(r"_(bucket|sum|count)$", "", name) if name not in types else name
            assert family == list(types)[-1], f"{name} stands under {list(types)[-1]}"
            samples.append((name, labels))
    assert len(samples) == len(set(samples)), "a sample twice"
    for name, kind in types.items():
        assert NAME.match(name) and (kind == "counter") == name.endswith("_total"), (name, kind)
        assert not re.search(r"_(milliseconds|kilobytes|ms|count|sum|bucket)$", name), name
    assert ("pulih_gateway_replies_total", '{route="page",status="2xx"}') in samples


def test_the_access_log_has_neither_names_nor_queries_nor_tokens(running, coordinator):
    secret = coordinator.cookie.split("=")[1]
    coordinator.ask("GET", "/jadwal?nama=Rahasia")
    coordinator.call("identity.v1.IdentityService/GetMyself")
    end = time.monotonic() + 20  # an answer may be here before its line
    while True:
        lines = [line for line in (running.logs / "gateway-0.log").read_text().splitlines() if '"REQUEST"' in line]
        if json.loads(lines[-1])["note"] == "pulih.identity.v1.IdentityService/GetMyself" or time.monotonic() > end:
            break
    assert all(json.loads(line)["route"] for line in lines)
    assert json.loads(lines[-1])["note"] == "pulih.identity.v1.IdentityService/GetMyself", lines[-1]
    text = "\n".join(lines)
    assert "Rahasia" not in text and secret not in text and "jadwal" not in text and "koordinator" not in text
