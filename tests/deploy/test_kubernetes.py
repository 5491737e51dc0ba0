"""What kustomize makes of deploy/kubernetes. There is no cluster here: objects are looked at for what they refer to and promise."""

import ipaddress
import json
import pathlib
import re
import shutil
import subprocess

import pytest
import yaml
from kubernetes.client import models

from build import program
from installation import PARTS

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = {part: f"services/{part.replace('-', '_')}/pulih-{part.replace('-', '_')}" for part in PARTS} | {"migrate": "services/pulih/pulih"}


@pytest.fixture(scope="module", params=["small", "ha"])
def objects(request):
    if not shutil.which("kubectl"):
        pytest.skip("kubectl isn't here")
    done = subprocess.run(["kubectl", "kustomize", ROOT / "deploy/kubernetes" / request.param], capture_output=True, text=True, check=False)
    if "unknown field" in done.stderr or "invalid Kustomization" in done.stderr:
        pytest.skip(f"this kubectl's kustomize is too old: {done.stderr[:200]}")
    assert done.returncode == 0, done.stderr
    made = list(yaml.safe_load_all(done.stdout))
    made.append({"kind": "overlay", "metadata": {"name": request.param}})
    return made


# What Kubernetes knows and Debian's python3-kubernetes, of 1.22, doesn't yet.
SINCE = {"V1TopologySpreadConstraint": {"matchLabelKeys"}}
PLAIN = {"str": str, "int": int, "bool": bool, "float": (int, float)}


def misfits(value, kind, path):
    """What in `value` isn't as the schema has it: `kind` is one of its models, a plain one, or a list or map of them."""
    if kind.startswith("list["):
        return [wrong for i, each in enumerate(value) for wrong in misfits(each, kind[5:-1], f"{path}[{i}]")]
    if kind.startswith("dict("):
        return [wrong for key, each in value.items() for wrong in misfits(each, kind[len("dict(str, "):-1], f"{path}.{key}")]
    if kind in PLAIN:
        return [] if isinstance(value, PLAIN[kind]) and (kind == "bool" or not isinstance(value, bool)) else [f"{path}: {value!r} is no {kind}"]
    model = getattr(models, kind, None)
    if model is None:  # either a number or a text
        return []
    names = {shown: name for name, shown in model.attribute_map.items()}
    wrong = [f"{path}.{key} isn't known" for key in value if key not in names and key not in SINCE.get(kind, ())]
    known = {key: each for key, each in value.items() if key in names}
    for key, each in known.items():
        wrong += misfits(each, model.openapi_types[names[key]], f"{path}.{key}")
    try:
        model(**{names[key]: each for key, each in known.items()})
    except ValueError as error:  # something that must be there isn't
        wrong.append(f"{path}: {error}")
    return wrong


def of(objects, *kinds):
    return [thing for thing in objects if thing["kind"] in kinds]


def claims(objects, name):
    """Volumes that a StatefulSet claims for each of its pods."""
    return {claim["metadata"]["name"] for thing in of(objects, "StatefulSet") if thing["metadata"]["name"] == name
            for claim in thing["spec"]["volumeClaimTemplates"]}


def pods(objects):
    """{name: (labels, pod spec)} of everything that makes pods."""
    return {thing["metadata"]["name"]: (thing["spec"]["template"]["metadata"]["labels"], thing["spec"]["template"]["spec"])
            for thing in of(objects, "Deployment", "StatefulSet", "Job")}


def overlay(objects):
    return of(objects, "overlay")[0]["metadata"]["name"]


def test_names_are_unique_and_in_our_namespace(objects):
    names = [(thing["kind"], thing["metadata"]["name"]) for thing in objects]
    assert len(names) == len(set(names))
    wrong = [name for thing, name in zip(objects, names)
             if thing["metadata"].get("namespace", "pulih" if thing["kind"] in ("Namespace", "overlay") else "") != "pulih"]
    assert not wrong, wrong


def test_everything_is_as_the_schema_has_it(objects):
    for thing in objects:
        if thing["kind"] != "overlay":
            version = thing["apiVersion"].rpartition("/")[2]
            wrong = misfits(thing, version.capitalize() + thing["kind"], f"{thing['kind']} {thing['metadata']['name']}")
            assert not wrong, wrong
    service = of(objects, "Service")[0]
    planted = service | {"spec": service["spec"] | {"port": []}}, service | {"metadata": {"name": 1}}
    assert all(misfits(each, "V1Service", "") for each in planted)


def test_every_process_is_there(objects):
    expected = {*PARTS, "migrate"} | ({"postgres", "keystore"} if overlay(objects) == "small" else set())
    assert set(pods(objects)) == expected


def test_no_pod_has_more_rights_than_it_needs(objects):
    """The restricted Pod Security Standard, and a root that can't be written to."""
    for name, (_, spec) in pods(objects).items():
        assert spec["automountServiceAccountToken"] is False, name
        security = spec["securityContext"]
        assert security["runAsNonRoot"] and security["runAsUser"] >= 10000, name
        assert security["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert not {"hostNetwork", "hostPID", "hostIPC"} & set(spec), name
        assert all(set(volume) - {"name"} <= {"secret", "emptyDir"} for volume in spec["volumes"]), name
        for container in spec["containers"]:
            assert container["securityContext"] == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True,
                                                    "capabilities": {"drop": ["ALL"]}}, name
            assert "memory" in container["resources"]["limits"] and "cpu" in container["resources"]["requests"], name
            assert re.fullmatch(r"pulih/[a-z-]+:[a-z0-9.-]+", container["image"]), container["image"]


def test_what_pods_refer_to_exists(objects):
    script = (ROOT / "deploy/kubernetes/secrets").read_text()
    maps = {thing["metadata"]["name"]: thing["data"] for thing in of(objects, "ConfigMap")}
    for name, (_, spec) in pods(objects).items():
        volumes = {volume["name"]: volume for volume in spec["volumes"]}
        for volume in volumes.values():
            if "secret" in volume:
                secret = volume["secret"]["secretName"].removeprefix("pulih-")
                assert re.search(rf"^secret {secret} |for part in .*\b{secret}\b", script, re.M), secret
        for container in spec["containers"]:
            assert {mount["name"] for mount in container["volumeMounts"]} <= set(volumes) | claims(objects, name), name
            for source in container.get("envFrom", []):
                assert source["configMapRef"]["name"] in maps, name


def test_every_setting_is_one_that_the_program_knows(objects):
    maps = {thing["metadata"]["name"]: thing["data"] for thing in of(objects, "ConfigMap")}
    for name, (_, spec) in pods(objects).items():
        if name not in PROGRAMS:
            continue
        known = subprocess.run([program(PROGRAMS[name]), "--help"], capture_output=True, text=True, check=True).stdout
        container, = spec["containers"]
        given = {each["name"] for each in container.get("env", [])}
        for source in container.get("envFrom", []):
            given |= set(maps[source["configMapRef"]["name"]])
        unknown = [setting for setting in given if setting.startswith("PULIH_")
                   and not re.search(rf"\b{setting.removesuffix('_FILE')}\b|\b{setting}\b", known)]
        assert not unknown, f"{name}: {unknown}"


def test_a_pod_is_ready_when_it_serves_and_lives_while_its_loop_turns(objects):
    for name, (_, spec) in pods(objects).items():
        if name == "migrate":
            continue
        container, = spec["containers"]
        ready, live = container["readinessProbe"], container["livenessProbe"]
        if name == "gateway":
            assert (ready["httpGet"]["path"], live["httpGet"]["path"]) == ("/readyz", "/livez")
        elif name in PARTS:
            assert (ready["exec"]["command"], live["exec"]["command"]) == ([f"pulih-{name}", "--health"], [f"pulih-{name}", "--live"])
            image = json.dumps(container["image"])
            assert f"pulih/{name}:" in image
        assert spec["terminationGracePeriodSeconds"] >= 15, name


def selects(selector, labels):
    return selector.get("matchLabels", {}).items() <= labels.items()


def reaches(objects, source, target, port):
    """Whether the policies let pod `source` open a connection to pod `target`: both the one's egress and the other's ingress."""
    everything = pods(objects)
    if source not in everything or target not in everything:
        return None

    def allows(policy, direction, mine, theirs):
        if direction not in policy["spec"]["policyTypes"] or not selects(policy["spec"]["podSelector"], mine):
            return False
        key, side = ("egress", "to") if direction == "Egress" else ("ingress", "from")
        return any(port in [each["port"] for each in rule["ports"]] and
                   any("podSelector" in peer and "namespaceSelector" not in peer and selects(peer["podSelector"], theirs)
                       for peer in rule[side]) for rule in policy["spec"].get(key, []))

    policies, ours, theirs = of(objects, "NetworkPolicy"), everything[source][0], everything[target][0]
    return any(allows(policy, "Egress", ours, theirs) for policy in policies) and \
        any(allows(policy, "Ingress", theirs, ours) for policy in policies)


def test_each_pod_reaches_only_what_it_must(objects):
    nothing = [policy for policy in of(objects, "NetworkPolicy") if policy["spec"]["podSelector"] == {} and
               not policy["spec"].get("ingress") and not policy["spec"].get("egress")]
    assert nothing and set(nothing[0]["spec"]["policyTypes"]) == {"Ingress", "Egress"}
    services = set(PARTS) - {"hub", "gateway"}
    ports = {"hub": 7101, "postgres": 5432, "keystore": 5432, "gateway": 8080}
    may = {(service, "hub") for service in services | {"gateway"}} | {(service, "postgres") for service in services | {"migrate"}} | \
        {("counseling-notes", "keystore"), ("migrate", "keystore")}
    for source in pods(objects):
        for target, port in ports.items():
            found = reaches(objects, source, target, port)
            if found is not None and source != target:
                assert found == ((source, target) in may), f"{source} to {target}: {found}"


def test_only_who_speaks_to_others_reaches_the_outside_and_never_the_cluster(objects):
    policy, = [each for each in of(objects, "NetworkPolicy") if each["metadata"]["name"] == "reaches-outside"]
    block = policy["spec"]["egress"][0]["to"][0]["ipBlock"]
    for address in ("10.1.2.3", "172.20.0.1", "192.168.1.1", "169.254.169.254"):
        assert any(ipaddress.ip_address(address) in ipaddress.ip_network(network) for network in block["except"]), address
    assert {name for name, (labels, _) in pods(objects).items() if selects(policy["spec"]["podSelector"], labels)} == {"identity", "notifications"}


def test_an_upgrade_and_a_drained_machine_leave_somebody_serving(objects):
    for thing in of(objects, "Deployment"):
        assert thing["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}, thing["metadata"]["name"]
    if overlay(objects) != "ha":
        return
    budgets = {budget["spec"]["selector"]["matchLabels"]["pulih.part"]: budget["spec"]["maxUnavailable"]
               for budget in of(objects, "PodDisruptionBudget")}
    replicas = {thing["metadata"]["name"]: thing["spec"]["replicas"] for thing in of(objects, "Deployment")}
    assert set(budgets) == set(PARTS) and all(replicas[part] > budgets[part] for part in PARTS), (budgets, replicas)
    for thing in of(objects, "Deployment"):
        assert thing["spec"]["template"]["spec"]["topologySpreadConstraints"], thing["metadata"]["name"]
