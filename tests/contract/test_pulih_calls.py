"""The command line with a hub, identity and enrollment behind it: signing in, many calls at once, the register."""

import json
import os
import pathlib
import shutil
import stat
import sys
import tempfile

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "deploy/local"))

import stack as local  # noqa: E402

DEMO = ROOT / "deploy/demo"


@pytest.fixture(scope="module")
def stack():
    # Not one of pytest's folders: PostgreSQL's user must get into it.
    folder = tempfile.mkdtemp(prefix="pulih-")
    os.chmod(folder, 0o755)
    made = local.Stack(folder, fsync=False)
    made.postgres = local.Postgres(made.folder / "postgres", fsync=False)
    made.postgres.create_database(local.DATABASE)
    made.postgres.create_database(local.KEYSTORE)
    made.pulih("keys", "generate", made.keys)
    made.pulih("migrate")
    for name in ("hub", "identity", "enrollment"):
        made.start_process(name)
    for code, zone in (("LP-BWI", "Asia/Jakarta"), ("LP-KDI", "Asia/Makassar")):
        request = {"id": made.pulih("id")[1].strip(), "code": code, "name": f"Lapas {code}", "timeZone": zone}
        made.pulih("call", "CreatePrison", json.dumps(request))
    yield made
    made.stop()
    shutil.rmtree(folder)


def imported(stack, path, prison, *options, status=0):
    done, out, err = stack.pulih("import", "participants", path, "--prison", prison, "--json", *options, check=False)
    assert done == status, err
    counts = json.loads(out) if out else {}
    return [counts.get(name, 0) for name in ("created", "updated", "unchanged", "refused")], err


def test_the_registers_are_previewed_imported_and_imported_again(stack):
    for path, prison, people in (("register-banyuwangi.csv", "lp-bwi", 250), ("register-kendari.csv", "LP-KDI", 150)):
        assert imported(stack, DEMO / path, prison, "--preview")[0] == [people, 0, 0, 0]
        assert imported(stack, DEMO / path, prison)[0] == [people, 0, 0, 0]
        assert imported(stack, DEMO / path, prison)[0] == [0, 0, people, 0]


def test_wrong_rows_are_named_and_good_ones_kept(stack, tmp_path):
    path = tmp_path / "wrong.csv"
    path.write_text('No Register,Nama,Tgl Lahir,JK,Catatan\nZ 1,Ani,31/02/2000,Q,\nZ 2,=1+1,2000-03-02,L,\n'
                    'Z 3,"Bad\nName",,,\nZ 4,Joko,1,2,3,4\nZ 5,Yudi,05-03-1990,P,\n', encoding="utf-8")
    counts, err = imported(stack, path, "LP-BWI", status=1)
    assert counts == [2, 0, 0, 3], err
    for part in ('line 2, Tgl Lahir: "31/02/2000"', 'line 2, JK: "Q"', "line 4, Nama:", "line 6: 6 cells", '"Catatan"'):
        assert part in err, err


@pytest.mark.parametrize("content, part", [
    (b"\x00\x01\xff garbage", "line 1"),
    (b"nama,no_reg\nJos\xe9,X\n", "line 2: a cell isn't UTF-8"),
    (b"kolom,lain\n1,2\n", "nomor register"),
    (b"", "empty"),
    (b"nama,no_reg\n" + b"x" * 70000, "more than 65536 bytes"),
], ids=["garbage", "windows-1252", "another file", "nothing", "a row without end"])
def test_what_is_no_register_is_refused(stack, tmp_path, content, part):
    path = tmp_path / "bad.csv"
    path.write_bytes(content)
    assert part in imported(stack, path, "LP-BWI", status=2)[1]


def test_a_file_of_200_mb_is_refused_at_once(stack, tmp_path):
    path = tmp_path / "big.csv"
    with open(path, "wb") as file:
        file.truncate(200 << 20)
    assert "64 MB" in imported(stack, path, "LP-BWI", status=2)[1]


def test_a_prison_that_is_not_there_is_not_found(stack):
    assert "Did you mean LP-BWI?" in imported(stack, DEMO / "register-banyuwangi.csv", "LP-BWO", status=3)[1]


@pytest.mark.parametrize("in_flight", [1, 7, 256])
def test_many_calls_are_answered_in_the_order_of_their_lines(stack, in_flight):
    ids = [prison["id"] for prison in json.loads(stack.pulih("call", "ListPrisons")[1])["prisons"]]
    lines = [json.dumps({"method": "GetPrison", "request": {"id": ids[number % 2]}}) for number in range(500)]
    lines[250:253] = ["", "nonsense", '{"method": "NoSuchThing"}']
    status, out, err = stack.pulih("call", "--lines", "--in-flight", in_flight, stdin="\n".join(lines), check=False)
    answers = [json.loads(line) for line in out.splitlines()]
    assert status == 2, err
    assert [answer["line"] for answer in answers] == [number for number in range(1, 501) if number != 251]
    assert [answer["error"]["reason"] for answer in answers if "error" in answer] == ["MESSAGE_MALFORMED", "METHOD_UNKNOWN"]
    assert all(answer["response"]["id"] == ids[(answer["line"] - 1) % 2] for answer in answers if "response" in answer)


def test_a_person_is_added_signs_in_and_out(stack, tmp_path):
    stack.pulih("user", "add", "Sari", "sari@example.org", "--role", "coordinator")
    one_time, own = tmp_path / "one_time", tmp_path / "own"
    one_time.write_text(stack.pulih("user", "password", "sari@example.org")[1])
    own.write_text("rahasia yang panjang\n")
    login = ("login", "sari@example.org", "--password-file")
    assert stack.pulih(*login, one_time, check=False)[0] == 2, "a one-time password is good for choosing one's own alone"
    stack.pulih(*login, one_time, "--new-password-file", own)
    session = pathlib.Path(stack.environment("pulih")["PULIH_SESSION_FILE"])
    try:
        assert stat.S_IMODE(session.stat().st_mode) == 0o600
        assert "COORDINATOR" in stack.pulih("whoami")[1]
        assert stack.pulih("user", "disable", "sari@example.org", "--yes", check=False)[0] == 5
        kept = tmp_path / "kept"
        kept.write_text(session.read_text())
        stack.pulih("logout")
        assert not session.exists()
        assert stack.pulih("whoami", "--user", kept, check=False)[0] == 5, "the session must have ended, not only its file"
    finally:
        session.unlink(missing_ok=True)
    assert stack.pulih("user", "disable", "sari@example.org", check=False)[0] == 2, "without --yes and a terminal"
    stack.pulih("user", "disable", "sari@example.org", "--yes")
    assert stack.pulih(*login, own, check=False)[0] == 5


def test_a_site_key_is_made_and_revoked(stack, tmp_path):
    key_file = tmp_path / "site.key"
    public = stack.pulih("site", "add", "bwi-1", "--prison", "LP-BWI", "--key-file", key_file)[1].strip()
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    assert public in stack.pulih("site", "list")[1]
    other = tmp_path / "other.key"
    assert stack.pulih("site", "add", "bwi-1", "--prison", "LP-BWI", "--key-file", other, check=False)[0] == 4
    assert not other.exists(), "a key that nobody knows is no use"
    site = {"PULIH_KEY_FILE": str(key_file)}
    assert stack.pulih("call", "ListPrisons", environment=site, check=False)[0] == 5, "nobody is signed in there"
    stack.pulih("site", "revoke", "bwi-1", "--yes")
    assert json.loads(stack.pulih("site", "list", "--json")[1])["revoked"] is True
    assert stack.pulih("call", "ListPrisons", "--timeout", "2s", environment=site, check=False)[0] in (5, 75)


def test_the_doctor_sees_which_services_are_missing(stack):
    status, out, _ = stack.pulih("doctor", "--json", check=False)
    checks = {check["check"]: check for check in map(json.loads, out.splitlines())}
    assert status == 1
    assert [name for name, check in checks.items() if check["verdict"] == "wrong"] == ["services"], out
    assert "scheduling" in checks["services"]["found"] and "enrollment" not in checks["services"]["found"]
