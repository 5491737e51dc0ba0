"""kill -9 of everything in turn while work goes on: nothing that was said to be done is lost or done twice, nobody needs a hand."""

import collections
import datetime
import json
import random
import threading
import time

import pytest

from foundation import BANYUWANGI, PROGRAMME, STUDY, WORKSHOP
from stack import SERVICES
from world import day, new_id

INSTANCES = 2
FSYNC = True
# What a killed sender held is free again after the lease; it must be longer than a send can take.
SETTINGS = {"notifications": {"PULIH_SMTP_SEND_TIMEOUT": "2s", "PULIH_WEBHOOK_TIMEOUT": "4s",
                              "PULIH_NOTIFICATIONS_LEASE": "5s"}}
TUESDAY = datetime.datetime(2026, 3, 3, tzinfo=datetime.timezone(datetime.timedelta(hours=7)))
AGAIN_WITHIN_S = 60
# What says that it may or may not have been done, and to ask again with the same id.
ASK_AGAIN = {"OUTCOME_UNKNOWN", "SERVICE_UNAVAILABLE", "DATABASE_UNAVAILABLE", "TOO_BUSY", "CONFLICT_TRY_AGAIN", "DEADLINE_EXCEEDED"}


def slot(number):
    """Of session `number`: (counsellor, room, times); forty half hours a day, from Tuesday on."""
    start = TUESDAY + datetime.timedelta(days=number // 40, hours=7, minutes=30 * (number // 2 % 20))
    who, room = (("sari", STUDY), ("bayu", WORKSHOP))[number % 2]
    return who, room, {"startsAt": start.isoformat(), "endsAt": (start + datetime.timedelta(minutes=30)).isoformat()}


class Load:
    """Calls without a pause, 24 at once, from a thread. What is asked for refers only to what was acknowledged."""

    def __init__(self, running, world):
        self.running, self.world = running, world
        self.requests = {}  # (method, id) → request
        self.answers = collections.defaultdict(list)  # (method, id) → reasons, "OK" if it was done
        self.counts = collections.Counter()
        self.next = collections.Counter()
        self.stopping = threading.Event()
        self.thread = threading.Thread(target=self.run)
        self.failure = None

    def run(self):
        try:
            while not self.stopping.is_set():
                self.ask([*self.new_participants(), *self.new_referrals(), *self.new_sessions(), *self.cancellations()])
        except BaseException as failure:  # told by the test's own thread
            self.failure = failure

    def done(self, method):
        return [identifier for (name, identifier), reasons in list(self.answers.items()) if name == method and "OK" in reasons]

    def fresh(self, of, method, count):
        """Of what `of` made and wasn't used for `method` yet."""
        made = self.done(of)
        begin = self.next[method]
        self.next[method] = min(len(made), begin + count)
        return made[begin:self.next[method]]

    def new_participants(self):
        for _ in range(24):
            identifier, number = new_id(), self.next["participant"]
            self.next["participant"] += 1
            yield "CreateParticipant", identifier, {"id": identifier, "prisonId": BANYUWANGI, "registerNumber": f"HARI {number}",
                                                    "name": f"Warga {number}", "birthDate": day(datetime.date(1990, 1, 1)),
                                                    "sex": "SEX_MALE", "block": "Mawar", "offenceArticles": ["Pasal 112"],
                                                    "sentenceStart": day(datetime.date(2025, 1, 1)),
                                                    "twoThirdsOn": day(datetime.date(2028, 1, 1)),
                                                    "expectedReleaseOn": day(datetime.date(2029, 1, 1))}

    def new_referrals(self):
        for person in self.fresh("CreateParticipant", "CreateReferral", 24):
            identifier = new_id()
            yield "CreateReferral", identifier, {"id": identifier, "participantId": person, "programmeId": PROGRAMME}

    def new_sessions(self):
        for _ in range(2 if self.next["session"] < 400 else 0):
            identifier, number = new_id(), self.next["session"]
            self.next["session"] += 1
            who, room, times = slot(number)
            yield "CreateSession", identifier, {"id": identifier, "prisonId": BANYUWANGI, "component": "COMPONENT_INDIVIDUAL_COUNSELLING",
                                                "roomId": room, "counsellorIds": [self.world.ids[who]], **times}

    def cancellations(self):
        for session in self.fresh("CreateSession", "CancelSession", 2):
            if random.Random(session).random() < 0.5:
                yield "CancelSession", session, {"sessionId": session, "reason": "CANCEL_REASON_OTHER"}

    def ask(self, calls, timeout="2s"):
        lines = "".join(json.dumps({"method": method, "request": request}) + "\n" for method, _, request in calls)
        _, out, error = self.running.pulih("call", "--lines", "--in-flight", 24, "--timeout", timeout, "--user",
                                           self.world.people["koordinator"], stdin=lines, check=False, timeout=120)
        answers = [json.loads(line) for line in out.splitlines()]
        assert len(answers) == len(calls), f"{len(answers)} answers to {len(calls)} calls: {error}"
        for (method, identifier, request), answer in zip(calls, answers):
            reason = answer["error"]["reason"] if "error" in answer else "OK"
            self.counts[reason] += 1
            self.requests[method, identifier] = request
            self.answers[method, identifier].append(reason)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.stopping.set()
        self.thread.join()

    def wait_for_more(self, count=60):
        """Until that many more calls have been done."""
        goal = self.counts["OK"] + count
        end = time.monotonic() + AGAIN_WITHIN_S
        while self.counts["OK"] < goal and not self.failure:
            assert time.monotonic() < end, f"{self.counts} and no more within {AGAIN_WITHIN_S} s"
            time.sleep(0.02)


def everybody_serves(running, world):
    """A call to each service is answered within AGAIN_WITHIN_S, whatever was killed."""
    for who, method in (("koordinator", "ListPrisons"), ("koordinator", "ListRooms"), ("koordinator", "ListRules"),
                        ("koordinator", "ListPeople"), ("ratna", "ListBreakGlass")):
        status, _, error = running.pulih("call", method, "--timeout", f"{AGAIN_WITHIN_S}s", "--user", world.people[who], check=False)
        assert status == 0, f"{method}: {error}"


@pytest.fixture(scope="module")
def load(running, world):
    """The whole bad day: everything was killed once, one after another, and everything that had no answer was asked again."""
    with Load(running, world) as load:
        load.wait_for_more()
        for name in [*(f"{service}-{number}" for service in SERVICES for number in range(INSTANCES)), "hub"]:
            running.kill_process(name)
            if name != "hub":  # the other instance goes on
                everybody_serves(running, world)
            running.start_process(*(("hub",) if name == "hub" else (name.rpartition("-")[0], int(name[-1]))))
            load.wait_for_more()
        running.postgres.kill()
        time.sleep(1)
        running.postgres.start()
        load.wait_for_more()
        everybody_serves(running, world)
    if load.failure:
        raise load.failure
    running.wait_ready()
    load.before_again = load.counts.copy()
    unanswered = [(*key, load.requests[key]) for key, reasons in load.answers.items() if reasons[-1] in ASK_AGAIN]
    if unanswered:
        load.ask(unanswered, timeout="30s")
    return load


def column(running, query):
    return running.postgres.psql("pulih", query).splitlines()


def test_every_call_ended_with_an_answer_or_with_ask_again(load):
    assert set(load.before_again) <= ASK_AGAIN | {"OK"}, load.before_again
    assert load.before_again["OK"] > 1000, load.before_again


def test_what_was_asked_again_with_the_same_id_is_done(load):
    assert {key: reasons for key, reasons in load.answers.items() if reasons[-1] != "OK"} == {}


def test_what_was_acknowledged_is_there_once_and_nothing_else_is(running, load):
    for method, table in (("CreateParticipant", "enrollment.participant"), ("CreateReferral", "enrollment.enrollment"),
                          ("CreateSession", "scheduling.session")):
        assert sorted(column(running, f"select id from {table}")) == sorted(load.done(method)), method
    assert sorted(column(running, "select id from scheduling.session where status = 'CANCELLED'")) == sorted(load.done("CancelSession"))
    # A second doing would have left a second move, version or event.
    assert column(running, "select enrollment_id from enrollment.enrollment_move group by 1 having count(*) <> 1") == []
    for method, event in (("CreateReferral", "enrollment.case_referred"), ("CreateSession", "scheduling.session_scheduled"),
                          ("CancelSession", "scheduling.session_cancelled")):
        assert sorted(column(running, f"select subject_id from event.log where type = '{event}'")) == sorted(load.done(method)), event


def wait_until_nothing_is_due(running, now, timeout=120):
    """Nothing PENDING past due. A killed sender's letters are another's when the lease ends."""
    end = time.monotonic() + timeout
    due = f"select rule, due_at, attempt from notifications.delivery where state = 'PENDING' and due_at <= '{now}'"
    while left := column(running, due):
        assert time.monotonic() < end, left
        time.sleep(0.2)


def letters(running):
    """Delivery → its mails. The Message-ID is made of the delivery's id."""
    found = collections.defaultdict(list)
    for mail in running.mail.mails():
        found[mail["Message-ID"].strip("<>").partition("@")[0]].append(mail)
    return found


def deliveries(running):
    """Id → (rule, session, version, e-mail address, state) of what is about a session."""
    rows = column(running, """select d.id, d.rule, d.subject_id, d.subject_version, p.email, d.state
        from notifications.delivery d join identity.person p on p.id = d.recipient_id where d.subject_version is not null""")
    return {row.split("|")[0]: tuple(row.split("|")[1:]) for row in rows}


def check_letters(running):
    mails, planned = letters(running), deliveries(running)
    for identifier, copies in mails.items():
        # Of a killed sender's letter a second copy may come: the same letter, as its Message-ID says.
        assert len({(mail["X-Envelope-To"], mail["Subject"], mail.get_body(("plain",)).get_content()) for mail in copies}) == 1, identifier
        assert len(copies) <= 2, [mail.items() for mail in copies]
    texts = collections.Counter((copies[0]["X-Envelope-To"], copies[0]["Subject"], copies[0].get_body(("plain",)).get_content()) for copies in mails.values())
    assert [text for text, count in texts.items() if count > 1] == []
    sent = {identifier for identifier, row in planned.items() if row[4] == "SENT"}
    assert sent <= set(mails), f"{len(sent - set(mails))} of {len(sent)} are called sent, and no mail came"
    assert not [row for row in planned.values() if row[4] == "DEAD"]
    return mails, planned


def test_each_cancellation_is_told_once_to_each_who_is_to_know(running, world, load):
    def told():
        return collections.Counter((row[1], row[3]) for row in deliveries(running).values() if row[0] == "SESSION_CANCELLED" and row[4] == "SENT")

    cancelled = load.done("CancelSession")
    end = time.monotonic() + 120
    while len({session for session, _ in told()}) < len(cancelled):
        assert time.monotonic() < end, f"{len(told())} letters of {len(cancelled)} cancellations"
        time.sleep(0.2)
    wait_until_nothing_is_due(running, "2026-03-02T01:00:00Z")
    check_letters(running)
    letters_of = told()
    # To the counsellor and to the prison's officer.
    counsellor_of = {identifier: f"{slot(number)[0]}@example.org" for number, identifier in
                     enumerate(key[1] for key in load.requests if key[0] == "CreateSession")}
    for session in cancelled:
        assert letters_of[session, counsellor_of[session]] == letters_of[session, "budi@example.org"] == 1, session


def test_only_live_sessions_are_reminded_of_though_senders_die(running, world, load):
    """Monday at six in the evening all of Tuesday's reminders are due, and both senders are killed at it. Each of the three who are
    to know has many, and so a summary of them a minute later."""
    cancelled = set(load.done("CancelSession"))
    before = len(running.mail.mails())
    running.set_clock("2026-03-02T11:00:00Z")
    for number in range(INSTANCES):
        running.restart_process(f"notifications-{number}")
    wait_until_nothing_is_due(running, "2026-03-02T11:00:00Z")
    running.set_clock("2026-03-02T11:01:00Z")
    for number in range(INSTANCES):
        running.mail.wait_for(before + 1 + number)
        running.restart_process(f"notifications-{number}")
    wait_until_nothing_is_due(running, "2026-03-02T11:01:00Z")
    mails, planned = check_letters(running)
    told_in = dict(row.split("|") for row in column(running, "select delivery_id, summary_id from notifications.summary_item"))
    reminded = collections.Counter((planned[identifier][1], planned[identifier][3]) for identifier, summary in told_in.items()
                                   if planned[identifier][0] == "SESSION_DAY_BEFORE" and summary in mails)
    assert not {session for session, _ in reminded} & cancelled
    tuesday = column(running, "select id from scheduling.session where status = 'SCHEDULED' and starts_at < '2026-03-03T17:00:00Z'")
    assert tuesday and {session for session, _ in reminded} == set(tuesday)
    assert set(reminded.values()) == {1} and len(reminded) == 2 * len(tuesday), reminded
