"""Who may what: every method for every role, prisons apart, keys that come and go."""

import datetime
import json
import subprocess

import pytest

import contract
from foundation import (AGREEMENT, AGREEMENT_KENDARI, BANYUWANGI, HALL, HALL_KENDARI, KENDARI, PROGRAMME, refer)
from world import Refused, day, instant, new_id

MONDAY = datetime.date(2026, 3, 2)
ROLE_OF = {"budi": "OFFICER", "kepala": "PRISON_HEAD", "sari": "COUNSELLOR", "ratna": "CLINICAL_SUPERVISOR",
           "koordinator": "COORDINATOR", "admin": "ADMIN", "auditor": "AUDITOR"}
NO_SESSION = {"PULIH_SESSION_FILE": "/nonexistent/session"}


def reason_of(answer):
    return answer.reason if isinstance(answer, Refused) else "OK"


@pytest.fixture(scope="module")
def methods(running):
    return contract.load(running.build)[0]


@pytest.fixture(scope="module")
def keys(running, world):
    """Name → secret key file, made as an operator does."""
    files = {}
    for name, options in {"bwi": ("--prison", "LP-BWI"), "kdi": ("--prison", "LP-KDI"), "page": ("--kind", "gateway")}.items():
        files[name] = running.folder / f"{name}.key"
        running.pulih("site", "add", name, *options, "--key-file", files[name])
    return files


@pytest.fixture(scope="module")
def secrets(world):
    """Ids of what is at Kendari, and what else only Kendari's people may read: kind → values. Banyuwangi has the same."""
    made = {}
    for prison, officer, room, agreement, hour in ((BANYUWANGI, "budi", HALL, AGREEMENT, 2), (KENDARI, "andi", HALL_KENDARI, AGREEMENT_KENDARI, 7)):
        person, case, session, series, closure = (new_id() for _ in range(5))
        number = f"RAHASIA-{officer}"
        world.call(officer, "CreateParticipant", id=person, prisonId=prison, registerNumber=number, name=f"Nama-{officer}",
                   birthDate=day(datetime.date(1990, 1, 1)), sex="SEX_MALE", block="Mawar", offenceArticles=["Pasal 112"],
                   sentenceStart=day(datetime.date(2025, 1, 1)), twoThirdsOn=day(datetime.date(2028, 1, 1)),
                   expectedReleaseOn=day(datetime.date(2029, 1, 1)))
        refer(world, person, case, MONDAY, officer)
        world.call("koordinator", "ActivateEnrollment", id=case, counsellorId=world.ids["sari"])
        start = datetime.datetime(2026, 3, 4, hour, tzinfo=datetime.timezone.utc)
        world.call("koordinator", "CreateSession", id=session, prisonId=prison, component="COMPONENT_GROUP_COUNSELLING", roomId=room,
                   startsAt=instant(start), endsAt=instant(start + datetime.timedelta(hours=1)), counsellorIds=[world.ids["bayu"]],
                   enrollmentIds=[case])
        world.call("koordinator", "CreateSeries", id=series, prisonId=prison, component="COMPONENT_GROUP_COUNSELLING", roomId=room,
                   startDay=day(MONDAY + datetime.timedelta(days=3)), startTime="09:00", durationMinutes=60, rrule="FREQ=WEEKLY;COUNT=2",
                   holidayPolicy="HOLIDAY_POLICY_KEEP", counsellorIds=[world.ids["sari" if prison == BANYUWANGI else "bayu"]],
                   enrollmentIds=[case])
        made[prison] = {"participant": person, "enrollment": case, "session": session, "series": series, "room": room,
                        "agreement": agreement, "number": number, "name": f"Nama-{officer}"}
    return made


@pytest.mark.parametrize("who", [*ROLE_OF, "service", "nobody at a gateway", "nobody at a site"])
def test_a_method_is_refused_to_whom_it_does_not_name(running, world, keys, methods, who):
    """With an empty request: whoever may call gets past the hub, and is then told what is missing."""
    # An end of the sign-in would be the end of this test; it has its own.
    tried = [method for method in methods if not method.name.rpartition("/")[2].startswith("SignOut")]
    there, person = world, who
    if who not in ROLE_OF:
        key = {"service": running.keys / "identity.key", "nobody at a gateway": keys["page"], "nobody at a site": keys["bwi"]}[who]
        there, person = world.at(key), None
        there.environment |= NO_SESSION
    answers = there.call_many(person, [(method.name, {}) for method in tried])
    wrong = []
    for method, answer in zip(tried, answers):
        expected = {"NOT_ALLOWED"} if not who.startswith("nobody") else {"NOT_SIGNED_IN"}
        may = method.anyone or ROLE_OF.get(who, who.upper()) in method.roles
        if (reason_of(answer) in expected) == may or reason_of(answer) in ("INTERNAL", "SERVICE_UNAVAILABLE", "METHOD_UNKNOWN"):
            wrong.append(f"{method}: {answer!r}, may be called: {may}")
    assert not wrong, "\n".join(wrong)


def test_signing_out_is_for_the_signed_in_and_ends_it_at_once(running, world, keys):
    nobody = world.at(keys["page"])
    nobody.environment |= NO_SESSION
    for method in ("SignOut", "SignOutEverywhere"):
        with pytest.raises(Refused) as refused:
            nobody.call(None, method)
        assert refused.value.reason == "NOT_SIGNED_IN"
    for person in ROLE_OF:
        with LiveConnection(running, world.people[person], running.keys / "operator.key") as live:
            assert live.ask("GetMyself") == "OK"
            assert live.ask("SignOutEverywhere") == "OK"
            assert live.ask("GetMyself") == "NOT_SIGNED_IN", person
        running.sign_in(world.people[person])


def reads_of(methods, role, ids):
    """Every read of a role, with nothing, and with each id of `ids` in each of its id fields."""
    calls = []
    for method in methods:
        if not method.reads or role not in method.roles:
            continue
        calls.append((method.name, {}))
        for field in method.input.fields:
            if field.type == field.TYPE_STRING and (field.name == "id" or field.name.endswith("_id")):
                calls += [(method.name, {field.json_name: value}) for value in ids]
            elif field.name == "search":
                calls += [(method.name, {field.json_name: "Nama"}), (method.name, {field.json_name: "RAHASIA"})]
            elif field.name == "day":
                calls += [(method.name, {"day": day(MONDAY + datetime.timedelta(days=2)), "prisonId": KENDARI})]
    return calls


def leaks(calls, answers, secrets):
    """Answers with something of a prison that isn't the asker's. What an id was asked for with is in no error's text."""
    found = []
    for (method, request), answer in zip(calls, answers):
        text = str(answer) if isinstance(answer, Refused) else json.dumps(answer, ensure_ascii=False)
        if isinstance(answer, Refused) and answer.reason == "INTERNAL":
            found.append(f"{method} {request}: {answer}")
        found += [f"{method} {request}: {kind} in {text}" for kind, value in secrets.items() if value in text]
    return found


@pytest.mark.parametrize("who", ["budi", "kepala"])
def test_one_prisons_people_read_nothing_of_another(world, methods, secrets, who):
    own, other = secrets[BANYUWANGI], secrets[KENDARI]
    calls = reads_of(methods, ROLE_OF[who], [KENDARI, *other.values()])
    answers = world.call_many(who, calls)
    assert not leaks(calls, answers, other), "\n".join(leaks(calls, answers, other))
    seen = "".join(json.dumps(answer) for answer in answers if not isinstance(answer, Refused))
    assert [kind for kind, value in own.items() if value not in seen] == [], "the test must be able to see"


def test_the_other_prisons_things_do_not_exist_for_an_officer(world, secrets):
    other = secrets[KENDARI]
    for method, field, kind in (("GetParticipant", "id", "participant"), ("GetEnrollment", "id", "enrollment"),
                                ("GetSession", "sessionId", "session"), ("GetSeries", "seriesId", "series"), ("GetAgreement", "id", "agreement")):
        assert world.call("andi", method, **{field: other[kind]})
        with pytest.raises(Refused) as refused:
            world.call("budi", method, **{field: other[kind]})
        assert refused.value.reason == "NOT_FOUND", method


def test_an_officer_changes_nothing_in_another_prison(running, world, secrets):
    other = secrets[KENDARI]
    start = datetime.datetime(2026, 3, 6, 3, tzinfo=datetime.timezone.utc)
    times = {"startsAt": instant(start), "endsAt": instant(start + datetime.timedelta(hours=1))}
    calls = [
        ("CreateParticipant", {"id": new_id(), "prisonId": KENDARI, "registerNumber": "X 1", "name": "Siapa"}),
        ("UpdateParticipant", {"id": other["participant"], "version": 1, "registerNumber": "X 2", "name": "Siapa"}),
        ("ImportParticipants", {"prisonId": KENDARI, "rows": [{"line": 1, "registerNumber": "X 3", "name": "Siapa"}]}),
        ("ReleaseParticipant", {"id": other["participant"], "releasedOn": day(MONDAY)}),
        ("GiveConsent", {"id": new_id(), "participantId": other["participant"], "purpose": "CONSENT_PURPOSE_TREATMENT", "textVersion": 1,
                         "givenOn": day(MONDAY), "witness": "Budi"}),
        ("WithdrawConsent", {"id": new_id(), "participantId": other["participant"], "purpose": "CONSENT_PURPOSE_TREATMENT",
                             "withdrawnOn": day(MONDAY), "witness": "Budi"}),
        ("CreateReferral", {"id": new_id(), "participantId": other["participant"], "programmeId": PROGRAMME}),
        ("WithdrawEnrollment", {"id": other["enrollment"], "reason": "REFERRED_IN_ERROR"}),
        ("CreateRoom", {"id": new_id(), "prisonId": KENDARI, "name": "Sel", "capacity": 2}),
        ("UpdateRoom", {"roomId": other["room"], "version": 1, "name": "Sel", "capacity": 2, "active": False}),
        ("CreateClosure", {"id": new_id(), "prisonId": KENDARI, "kind": "CLOSURE_KIND_CLOSED", **times}),
        ("CreateClosedHours", {"id": new_id(), "prisonId": KENDARI, "name": "Apel", "weekdays": [5], "fromTime": "11:30", "untilTime": "13:00",
                               "firstDay": {"year": 2026, "month": 3, "day": 6}}),
        ("CreateSession", {"id": new_id(), "prisonId": KENDARI, "component": "COMPONENT_GROUP_COUNSELLING", "roomId": other["room"],
                           "counsellorIds": [world.ids["bayu"]], **times}),
        ("UpdateSession", {"sessionId": other["session"], "version": 1, **times}),
        ("CancelSession", {"sessionId": other["session"], "reason": "CANCEL_REASON_OTHER"}),
        ("RecordAttendance", {"sessionId": other["session"], "marks": [{"participantId": other["participant"], "mark": "ATTENDANCE_MARK_SICK"}]}),
        ("CorrectAttendance", {"id": new_id(), "sessionId": other["session"], "participantId": other["participant"],
                               "mark": "ATTENDANCE_MARK_SICK", "reason": "Salah"}),
    ]
    tables = "enrollment.participant enrollment.consent enrollment.enrollment scheduling.room scheduling.closure scheduling.closed_hours scheduling.session"
    state = "select md5(string_agg(row::text, ',' order by row::text)) from (" + " union all ".join(
        f"select t::text as row from {table} t" for table in tables.split()) + ") everything"
    before = running.postgres.psql("pulih", state)
    answers = world.call_many("budi", calls)
    wrong = [f"{method}: {answer}" for (method, _), answer in zip(calls, answers) if reason_of(answer) in ("OK", "INTERNAL", "TOO_BUSY")]
    assert not wrong, "\n".join(wrong)
    assert running.postgres.psql("pulih", state) == before


def test_a_site_is_for_its_own_prisons_staff_and_shows_its_prison_alone(world, keys, methods, secrets):
    with pytest.raises(Refused) as refused:
        world.at(keys["bwi"]).call("andi", "ListParticipants")
    assert refused.value.reason == "NOT_ALLOWED"
    assert world.at(keys["kdi"]).call("andi", "ListParticipants")["participants"]
    for who in ("koordinator", "sari", "auditor"):
        calls = reads_of(methods, ROLE_OF[who], [KENDARI, *secrets[KENDARI].values()])
        answers = world.at(keys["bwi"]).call_many(who, calls)
        assert not leaks(calls, answers, secrets[KENDARI]), "\n".join(leaks(calls, answers, secrets[KENDARI]))
        seen = json.dumps([answer for answer in answers if not isinstance(answer, Refused)])
        assert secrets[BANYUWANGI]["participant"] in seen, who
        assert secrets[KENDARI]["participant"] in json.dumps(world.call(who, "ListParticipants")), who


class LiveConnection:
    """`pulih call --lines` that stays."""

    def __init__(self, running, session, key):
        environment = running.environment("pulih") | {"PULIH_KEY_FILE": str(key)}
        self.process = subprocess.Popen([running.program("pulih"), "call", "--lines", "--user", session], env=environment, text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def ask(self, method):
        """"OK" or the reason."""
        self.process.stdin.write(json.dumps({"method": method, "request": {}}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        return answer["error"]["reason"] if "error" in answer else "OK"


def test_a_revoked_key_ends_at_the_next_message_of_a_live_connection(running, world):
    key = running.folder / "short.key"
    running.pulih("site", "add", "short", "--prison", "LP-BWI", "--key-file", key)
    with LiveConnection(running, world.people["budi"], key) as live:
        assert live.ask("ListParticipants") == "OK"
        running.pulih("site", "revoke", "short", "--yes")
        assert live.ask("ListParticipants") == "KEY_NOT_KNOWN"
    status, _, error = running.pulih("call", "ListParticipants", "--json", "--timeout", "2s", "--user", world.people["budi"], check=False,
                                     environment={"PULIH_KEY_FILE": str(key)})
    assert status != 0, error


def test_a_persons_role_and_sign_in_end_at_the_next_message(running, world):
    person = world.employ("sementara", "Sementara", "auditor")
    with LiveConnection(running, world.people["sementara"], running.keys / "operator.key") as live:
        assert live.ask("ListDeadLetters") == "OK"
        world.call("admin", "GrantRole", personId=person, role="ROLE_COORDINATOR")
        world.call("admin", "RevokeRole", personId=person, role="ROLE_AUDITOR")
        assert live.ask("ListAccessEntries") == "NOT_ALLOWED"
        assert live.ask("ListRooms") == "OK"
        world.call("admin", "DisablePerson", personId=person)
        assert live.ask("ListRooms") == "NOT_SIGNED_IN"


def test_a_strangers_key_never_connects(running, world):
    key = running.folder / "stranger.key"
    running.pulih("site", "key", key)
    status, out, error = running.pulih("call", "ListPrisons", "--json", "--timeout", "2s", "--user", world.people["koordinator"], check=False,
                                       environment={"PULIH_KEY_FILE": str(key)})
    assert (status, out) == (75, "") and json.loads(error)["reason"] == "SERVICE_UNAVAILABLE", error
