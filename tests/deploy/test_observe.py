"""Alerts: each fires when it should and only then, says what to do, and rests on metrics that a running installation has."""

import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import time
import urllib.request

import pytest
import yaml

from stack import Stack, free_port

OBSERVE = pathlib.Path(__file__).resolve().parents[2] / "deploy/observe"
RULES = {rule["alert"]: rule for path in sorted((OBSERVE / "rules").glob("*.yml"))
         for group in yaml.safe_load(path.read_text())["groups"] for rule in group["rules"]}
DAY = 86400
INSTANCES, UP = 'pulih_hub_instances{instance="a"}', 'up{job="gateway",instance="a"}'
CALLS = 'pulih_hub_calls_total{{outcome="{}"}}'.format
UPKEEP = 'pulih_upkeep_age_seconds{{kind="{}",part="key_store"}}'.format
ANSWERS = 'pulih_gateway_request_seconds_bucket{{route="connect",le="{}"}}'.format
# Alert → (series with which it fires, series with which it doesn't), a value a minute.
CASES = {
    "ReminderLate": ({"pulih_reminders_late": "2"}, {"pulih_reminders_late": "0"}),
    "MessagesGivenUp": ({"pulih_reminders_dead": "1"}, {"pulih_reminders_dead": "0"}),
    "EventsBehind": ({'pulih_events_behind_seconds{consumer="n",producer="s"}': "301"}, {'pulih_events_behind_seconds{consumer="n",producer="s"}': "20"}),
    "PrisonSilent": ({"pulih_work_prisons_silent": "1"}, {"pulih_work_prisons_silent": "0"}),
    "RenewalNotTakenOver": ({"pulih_work_renewal_overdue_seconds": "1000"}, {"pulih_work_renewal_overdue_seconds": "0"}),
    "SeriesBehind": ({"pulih_work_series_behind": "3"}, {"pulih_work_series_behind": "0"}),
    "GatewayDown": ({UP: "0"}, {UP: "1"}),
    "HubDown": ({UP: "1"}, {INSTANCES: "6"}),
    "ServiceMissing": ({INSTANCES: "5", UP: "1"}, {INSTANCES: "6", UP: "1"}),
    "QueueGrowing": ({"pulih_hub_waiting": "300"}, {"pulih_hub_waiting": "10"}),
    "CallsFail": ({CALLS("ok"): "0+60", CALLS("failed"): "0+60"}, {CALLS("ok"): "0+600", CALLS("failed"): "0+60"}),
    "AnswersSlow": ({ANSWERS("1"): "0+10", ANSWERS("5"): "0+20", ANSWERS("+Inf"): "0+20"},
                    {ANSWERS("1"): "0+20", ANSWERS("5"): "0+20", ANSWERS("+Inf"): "0+20"}),
    "CallersRefused": ({'pulih_hub_handshakes_total{outcome="refused"}': "0+5"}, {'pulih_hub_handshakes_total{outcome="refused"}': "0+1"}),
    "SignInsRefused": ({"pulih_work_sign_ins_refused": "200"}, {"pulih_work_sign_ins_refused": "20"}),
    "BackupTooOld": ({UPKEEP("backup"): f"{3 * DAY}"}, {UPKEEP("backup"): f"{DAY}", UPKEEP("drill"): f"{3 * DAY}"}),
    "DrillTooOld": ({UPKEEP("drill"): f"{36 * DAY}"}, {UPKEEP("drill"): f"{34 * DAY}"}),
    "ArchivingFails": ({"pulih_server_archiving_failures": "0+1"}, {"pulih_server_archiving_failures": "7"}),
    "DatabaseDown": ({"pg_up": "0"}, {"pg_up": "1"}),
    "OldTransaction": ({"pulih_server_oldest_transaction_seconds": "1000"}, {"pulih_server_oldest_transaction_seconds": "10"}),
    "ConnectionsUsedUp": ({"pulih_server_connections": "90", "pulih_server_connections_most": "100"},
                          {"pulih_server_connections": "60", "pulih_server_connections_most": "100"}),
    "StandbyLags": ({"pulih_server_standby_lag_seconds": "60"}, {"pulih_server_standby_lag_seconds": "1"}),
    "StandbyGone": ({"pulih_server_standbys": "2x60 1"}, {"pulih_server_standbys": "0"}),
    "DiskFills": ({'node_filesystem_avail_bytes{mountpoint="/",fstype="ext4"}': "5", 'node_filesystem_size_bytes{mountpoint="/",fstype="ext4"}': "100"},
                  {'node_filesystem_avail_bytes{mountpoint="/",fstype="ext4"}': "50", 'node_filesystem_size_bytes{mountpoint="/",fstype="ext4"}': "100"}),
}
AT_MINUTES = 200


def values(text):
    """"2" stands for ever, "0+5" rises, "2x60 1" changes; each for as long as the test looks."""
    first, _, last = text.rpartition(" ")
    rest = last if "+" in last else f"{last}+0"
    return f"{first} {rest}x{AT_MINUTES}".strip()


def promtool(*arguments):
    done = subprocess.run(["promtool", *map(str, arguments)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_rules_and_settings_are_well_formed(tmp_path):
    promtool("check", "rules", *sorted((OBSERVE / "rules").glob("*.yml")))
    settings = yaml.safe_load((OBSERVE / "prometheus.yml").read_text())
    settings["rule_files"] = [str(OBSERVE / "rules/*.yml")]
    (tmp_path / "prometheus.yml").write_text(yaml.safe_dump(settings))
    promtool("check", "config", tmp_path / "prometheus.yml")


def test_each_alert_fires_when_it_should_and_only_then(tmp_path):
    """promtool compares alerts with labels and annotations: those are taken away, and what is left is whether it fires."""
    assert set(CASES) == set(RULES)
    bare = [{key: rule[key] for key in ("alert", "expr", "for")} | {"expr": f"count({rule['expr']})"} for rule in RULES.values()]
    (tmp_path / "rules.yml").write_text(yaml.safe_dump({"groups": [{"name": "all", "rules": bare}]}))
    tests = [{"interval": "1m", "name": f"{alert} {'fires' if fires else 'is silent'}",
              "input_series": [{"series": series, "values": values(text)} for series, text in case.items()],
              "alert_rule_test": [{"alertname": alert, "eval_time": f"{AT_MINUTES - 5}m", "exp_alerts": [{}] if fires else []}]}
             for alert, cases in CASES.items() for fires, case in zip((True, False), cases)]
    (tmp_path / "tests.yml").write_text(yaml.safe_dump({"rule_files": ["rules.yml"], "evaluation_interval": "1m", "tests": tests}))
    promtool("test", "rules", tmp_path / "tests.yml")


@pytest.mark.parametrize("alert", RULES)
def test_each_alert_says_what_to_do(alert):
    runbook = (OBSERVE.parent / "RUNBOOK.md").read_text()
    found = re.search(rf"^## {alert}\n\((page|ticket)\) (.+?)\n\n(.+?)(?=\n## |\Z)", runbook, re.M | re.S)
    assert found and len(found[3]) > 40, f"{alert} has no entry in deploy/RUNBOOK.md"
    assert found[1] == RULES[alert]["labels"]["severity"], alert
    assert RULES[alert]["annotations"]["runbook"] == f"deploy/RUNBOOK.md#{alert.lower()}"


@pytest.fixture(scope="module")
def measured():
    """Names of all metrics that an installation with its exporters has."""
    stack = Stack(tempfile.mkdtemp(prefix="pulih-observe-"), fsync=False)
    exporters = []
    try:
        stack.start()
        ports = {name: free_port() for name in ("postgres", "node")}
        for name, options, settings in (
                ("postgres", [f"--extend.query-path={OBSERVE}/queries.yml", "--disable-settings-metrics"],
                 {"DATA_SOURCE_NAME": stack.postgres.url("pulih", "pulih_watch") + " sslmode=disable"}),
                ("node", ["--collector.disable-defaults", "--collector.filesystem"], {})):
            exporters.append(subprocess.Popen([f"prometheus-{name}-exporter", f"--web.listen-address=127.0.0.1:{ports[name]}", *options],
                                              env=os.environ | settings, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE))
        texts = [scrape(f"{stack.gateway_url}/metrics"), *(scrape(f"http://127.0.0.1:{port}/metrics") for port in ports.values())]
        yield {line.split("{")[0].split(" ")[0] for text in texts for line in text.splitlines() if not line.startswith("#")}
    finally:
        for exporter in exporters:
            exporter.kill()
            exporter.wait()
        stack.stop(forget=True)
        shutil.rmtree(stack.folder, ignore_errors=True)


def scrape(url):
    end = time.monotonic() + 20
    while True:
        with contextlib.suppress(OSError):
            return urllib.request.urlopen(url, timeout=10).read().decode()
        assert time.monotonic() < end, f"nothing at {url}"
        time.sleep(0.2)


def expressions():
    yield from ((f"alert {alert}", rule["expr"]) for alert, rule in RULES.items())
    for path in sorted((OBSERVE / "dashboards").glob("*.json")):
        for panel in json.loads(path.read_text())["panels"]:
            yield from ((f"{path.name}: {panel['title']}", target["expr"]) for target in panel["targets"])


def test_each_metric_of_alerts_and_dashboards_is_there(measured):
    used = {(where, name) for where, text in expressions() for name in re.findall(r"\b(?:pulih|pg|node)_[a-z_]+", re.sub(r'"[^"]*"', "", text))}
    assert len(used) > 40
    missing = {(where, name) for where, name in used if name not in measured}
    assert not missing, sorted(missing)


def test_nobody_who_watches_reads_more_than_figures(measured):
    assert not [name for name in measured if not re.fullmatch(r"[a-zA-Z_:][a-zA-Z0-9_:]*", name)]
