"""Templates and rules that somebody changes, through the service that checks and renders them."""

import json

import pytest

from postgres import uuid7
from test_outbox import foundation  # noqa: F401

GOOD = {"subject": "Jadwal {{day}}", "body": "{{time}}\n{{#yours}}\n{{room}}\n{{/yours}}\n"}


@pytest.fixture
def service(foundation):  # noqa: F811
    return foundation.start("2026-03-02T00:00:00Z")


def update(service, version=1, **texts):
    return service.call("UpdateTemplate", key="SESSION_UPCOMING", version=version, **{"indonesian": GOOD, "english": GOOD, **texts})


def test_words_are_changed_in_both_languages_and_what_they_were_is_kept(foundation, service):  # noqa: F811
    session = foundation.remind()
    answer = update(service)
    assert (answer["reason"], answer["response"]["version"]) == ("OK", 2)
    assert update(service)["response"] == answer["response"], "said again"
    assert update(service, english={"subject": "x", "body": "y"})["reason"] == "VERSION_CHANGED"
    versions = service.call("ListTemplateVersions", key="SESSION_UPCOMING")["response"]["versions"]
    assert [(one["version"], one["indonesian"]["subject"]) for one in versions] == [
        (2, GOOD["subject"]), (1, "Pengingat jadwal: {{day}}, {{time}}")]
    templates = {one["key"]: one for one in service.call("ListTemplates")["response"]["templates"]}
    assert templates["SESSION_UPCOMING"]["version"] == 2 and templates["DAY_ROSTER"]["version"] == 1
    assert json.loads(templates["SESSION_UPCOMING"]["example"])["room"] == "Aula"
    foundation.set_clock("2026-03-03T00:00:00Z")
    foundation.wait(lambda: foundation.states(session) == [[("SENT", 1)]])
    assert "Jadwal Selasa, 3 Maret 2026" in {foundation.sink.mail(n)["subject"] for n in range(len(foundation.sink.mails))}


REFUSED = [
    ("indonesian.subject", {"subject": "{{nama}}"}, "TEMPLATE_FIELD_UNKNOWN"),
    ("english.body", {"body": "a\n{{#rows}}{{/rows}}"}, "TEMPLATE_FIELD_UNKNOWN"),
    ("english.body", {"body": "{{#yours}}"}, "TEMPLATE_NOT_CLOSED"),
    ("indonesian.body", {"body": "{{/yours}}"}, "TEMPLATE_NOT_OPENED"),
    ("indonesian.body", {"body": "{{yours}}"}, "TEMPLATE_FIELD_OF_ANOTHER_KIND"),
    ("english.subject", {"subject": ""}, "TEMPLATE_TEXT_MISSING"),
    ("english.subject", None, "TEMPLATE_TEXT_MISSING"),
    ("english.subject", {"subject": "a\nb"}, "TEMPLATE_SUBJECT_NOT_A_LINE"),
    ("indonesian.body", {"body": "a\u0085b"}, "FIELD_INVALID"),
    ("indonesian.subject", {"subject": "é" * 201}, "TEMPLATE_TEXT_TOO_LONG"),
    ("english.body", {"body": "x" * 20001}, "TEMPLATE_TEXT_TOO_LONG"),
]


def test_words_that_could_not_be_sent_are_refused_where_they_stand(service):
    for field, text, reason in REFUSED:
        language = field.partition(".")[0]
        answer = update(service, **{language: {**GOOD, **text} if text is not None else None})
        assert (answer["reason"], answer["field"]) == (reason, field), text
    assert service.call("ListTemplateVersions", key="SESSION_UPCOMING")["response"]["versions"][0]["version"] == 1


def test_a_rule_is_shown_with_what_is_really_there_and_to_whom_it_goes(foundation, service):  # noqa: F811
    rule = {"occasion": "OCCASION_SESSION_UPCOMING", "template": "SESSION_UPCOMING", "audiences": ["AUDIENCE_COUNSELLOR", "AUDIENCE_OFFICER"]}
    answer = service.call("PreviewRule", **rule)["response"]
    assert answer["is_example"] and answer["subject"] == "Pengingat jadwal: Selasa, 3 Maret 2026, 09.00–10.00 WIB"
    later = foundation.session("2026-03-05 09:00+07")
    foundation.session("2026-03-04 14:00+07")
    foundation.sql("update identity.person set phone = '+62 812-3456-7890' where id = %s", foundation.officer)
    foundation.prefer(foundation.officer, channels=["SMS", "EMAIL"])
    foundation.sql("update identity.person set phone = null where id = %s", foundation.officer)
    answer = service.call("PreviewRule", **rule)["response"]
    assert answer["subject"] == "Pengingat jadwal: Rabu, 4 Maret 2026, 14.00–15.00 WIB", "the nearest"
    assert {(one["id"], *one["channels"]) for one in answer["recipients"]} == {
        (str(foundation.officer), "CHANNEL_EMAIL"), (str(foundation.counsellor), "CHANNEL_EMAIL")}, "no number, no SMS"
    answer = service.call("PreviewRule", **rule, subject_id=str(later), language="en", subject="{{day}}", body="{{prison}}")["response"]
    assert (answer["subject"], answer["body"]) == ("Thursday, 5 March 2026", "Lapas Kelas IIA Banyuwangi")
    refused = service.call("PreviewRule", **rule, subject="{{x}}", body="y")
    assert (refused["reason"], refused["field"]) == ("TEMPLATE_FIELD_UNKNOWN", "subject")
    assert service.call("PreviewRule", **{**rule, "template": "DAY_ROSTER"})["reason"] == "NOT_FOUND"


def test_every_rule_can_be_shown(service):
    for rule in service.call("ListRules")["response"]["rules"]:
        shown = service.call("PreviewRule", occasion=rule["occasion"], template=rule["template"], audiences=rule.get("audiences", []),
                             waiting_days=rule["times"].get("waiting_days", 0), missed_sessions=rule["times"].get("missed_sessions", 0))
        assert shown["reason"] == "OK" and shown["response"]["body"], (rule["key"], shown)


def test_a_rule_of_ones_own_is_planned_at_once_and_what_a_kill_cut_short_goes_on(foundation):  # noqa: F811
    prisons = [foundation.prison(f"Lapas {number}", "Asia/Jakarta") for number in range(9)]
    heads = [foundation.person("PRISON_HEAD", prison) for prison in prisons]
    for prison in prisons:
        foundation.session("2026-03-05 09:00+07", prison=prison)
    first = foundation.start("2026-03-02T00:00:00Z")
    id = str(uuid7())
    rule = first.call("CreateRule", id=id, name="Kepala", occasion="OCCASION_SESSION_UPCOMING", times={"lead_minutes": 60},
                      audiences=["AUDIENCE_PRISON_HEAD"], template="SESSION_UPCOMING", useful_for_minutes=60)["response"]

    def planned():
        return sum(len(foundation.deliveries(rule=rule["key"], recipient_id=head)) for head in heads)
    first.kill()
    foundation.tell("notifications.rule_changed", id, now="2026-03-02T00:00:00Z")
    foundation.call("internal/plan_slice", "2026-03-02T00:00:00Z")
    assert 0 < planned() <= 4, "a slice"
    second = foundation.start("2026-03-02T00:00:00Z")
    foundation.wait(lambda: planned() == 9)
    second.call("DeleteRule", key=rule["key"])
    other = second.call("CreateRule", id=str(uuid7()), name="Lain", occasion="OCCASION_SESSION_UPCOMING", times={"lead_minutes": 30},
                        audiences=["AUDIENCE_PRISON_HEAD"], template="SESSION_UPCOMING", useful_for_minutes=60)["response"]
    [row] = foundation.sql("select id from notifications.rule where key = %s", other["key"])
    foundation.tell("notifications.rule_changed", row["id"], now="2026-03-02T00:00:00Z")
    second.say(applied="notifications")
    foundation.wait(lambda: len(foundation.deliveries(rule=other["key"])) >= 9)
