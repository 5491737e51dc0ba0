"""identity: people, who sees them, and what roles and prison must agree on."""

import threading

import psycopg2
import pytest

from identity import ADMIN, Identity, by_name
from postgres import Caller, uuid7


@pytest.fixture(scope="module")
def identity(postgres, database):
    return Identity(postgres, database)


def names(identity, caller, **filters):
    return {row["name"] for row in identity.call("list_people", caller, **filters)}


def test_a_second_create_returns_what_the_first_made(identity):
    id = uuid7()
    first = identity.person("OFFICER", prison=identity.banyuwangi, id=id, name="Budi")
    identity.call("revoke_role", ADMIN, person_id=id, role="OFFICER")
    second = identity.person("OFFICER", prison=identity.banyuwangi, id=id, name="Somebody else")
    assert (second["name"], second["roles"], second["version"]) == ("Budi", [], first["version"] + 1), second
    assert first["language"] == "id"


@pytest.mark.parametrize("roles, at_prison, refused", [
    (["OFFICER"], False, "person_prison_staff_has_a_prison"),
    (["PRISON_HEAD"], False, "person_prison_staff_has_a_prison"),
    (["COUNSELLOR"], True, "person_foundation_staff_has_no_prison"),
    (["OFFICER", "ADMIN"], True, "person_foundation_staff_has_no_prison"),
    (["SERVICE"], False, "person_roles_are_known"),
    (["OFFICER", "PRISON_HEAD"], True, None),
    (["COUNSELLOR", "CLINICAL_SUPERVISOR"], False, None),
])
def test_roles_fit_where_a_person_works(identity, roles, at_prison, refused):
    prison = identity.banyuwangi if at_prison else None
    if not refused:
        assert identity.person(*roles, prison=prison)["roles"] == sorted(roles)
        return
    with pytest.raises(psycopg2.errors.CheckViolation) as error:
        identity.person(*roles, prison=prison)
    assert by_name(error) == refused


@pytest.mark.parametrize("change, refused", [
    ({"name": "   "}, "person_name_is_given"),
    ({"name": "Sri\nBcc: all"}, "person_name_is_given"),
    ({"name": "x" * 201}, "person_name_is_given"),
    ({"email": "sri"}, "person_email_is_an_address"),
    ({"email": "sri@contoh.or.id\r\nBcc: x@y"}, "person_email_is_an_address"),
    ({"phone": "call me"}, "person_phone_is_a_number"),
    ({"language": "jv"}, "person_language_is_known"),
])
def test_a_bad_field_is_refused_by_name(identity, change, refused):
    with pytest.raises(psycopg2.errors.CheckViolation) as error:
        identity.person(**change)
    assert by_name(error) == refused


def test_an_address_is_one_persons_whatever_its_case(identity):
    identity.person(email="Dewi@Contoh.or.id")
    with pytest.raises(psycopg2.errors.UniqueViolation) as error:
        identity.person(email="dewi@contoh.OR.id")
    assert by_name(error) == "person_email_is_unique"


def test_a_change_needs_the_version_that_was_read(identity):
    person = identity.person(name="Tono")
    change = dict(person_id=person["id"], version=1, name="Tono Wijaya", email=person["email"], language="en")
    assert identity.one("update_person", ADMIN, **change)["version"] == 2
    # The same again, after an answer that was lost.
    assert identity.one("update_person", ADMIN, **change)["version"] == 2
    with pytest.raises(psycopg2.errors.CheckViolation) as error:
        identity.one("update_person", ADMIN, **{**change, "name": "Tono W."})
    assert by_name(error) == "version_is_the_one_read"
    assert identity.one("get_person", ADMIN, person_id=person["id"])["name"] == "Tono Wijaya"


def test_of_two_changes_at_once_one_is_refused(postgres, database, identity):
    person = identity.person(name="Wayan")
    outcomes = []

    def change(name):
        other = Identity(postgres, database)
        try:
            other.one("update_person", ADMIN, person_id=person["id"], version=1, name=name, email=person["email"],
                      language="id")
            outcomes.append("changed")
        except psycopg2.errors.CheckViolation:
            outcomes.append("refused")

    threads = [threading.Thread(target=change, args=(f"Wayan {i}",)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["changed"] + ["refused"] * 7


def test_granting_and_revoking_end_where_they_aim(identity):
    person = identity.person("COUNSELLOR")
    aim = dict(person_id=person["id"], role="AUDITOR")
    for _ in range(2):
        granted = identity.one("grant_role", ADMIN, **aim)
        assert (granted["roles"], granted["version"]) == (["AUDITOR", "COUNSELLOR"], 2)
    for _ in range(2):
        revoked = identity.one("revoke_role", ADMIN, **aim)
        assert (revoked["roles"], revoked["version"]) == (["COUNSELLOR"], 3)
    with pytest.raises(psycopg2.errors.CheckViolation) as error:
        identity.one("grant_role", ADMIN, person_id=person["id"])
    assert by_name(error) == "person_roles_are_known"


def test_events_tell_what_changed_and_only_that(identity):
    person = identity.person("COUNSELLOR", name="Made")
    id = person["id"]
    identity.call("update_person", ADMIN, person_id=id, version=1, name="Made S.", email=person["email"], language="id")
    identity.call("disable_person", ADMIN, person_id=id)
    identity.call("disable_person", ADMIN, person_id=id)
    changed, access = "identity.person_changed", "identity.access_changed"
    assert identity.events_of(id) == [changed, access, changed, changed, access]
    log = identity.call("list_access_entries", Caller("AUDITOR"), person_id=id)
    assert [entry["kind"] for entry in log] == ["PERSON_CHANGED", "PERSON_ADDED"]
    assert '"DISABLED"' in log[0]["detail"]


def test_who_sees_whom(identity):
    suffix = str(uuid7())[-6:]
    at = {"Banyuwangi": identity.banyuwangi, "Kendari": identity.kendari}
    for place, prison in at.items():
        identity.person("OFFICER", prison=prison, name=f"{place} {suffix}")
    foundation = identity.person("COUNSELLOR", name=f"Foundation {suffix}")
    seen = lambda caller: {name.split()[0] for name in names(identity, caller, text=suffix)}
    assert seen(Caller("COORDINATOR")) == {"Banyuwangi", "Kendari", "Foundation"}
    assert seen(Caller("OFFICER", prison=identity.banyuwangi)) == {"Banyuwangi", "Foundation"}
    assert seen(Caller("PRISON_HEAD", prison=identity.kendari)) == {"Kendari", "Foundation"}
    assert seen(Caller(prison="")) == set(), "without a context nobody is seen"
    myself = Caller("COUNSELLOR", user=foundation["id"], prison="")
    assert seen(myself) == {"Foundation"}
    assert identity.one("get_myself", myself)["id"] == foundation["id"]


@pytest.mark.parametrize("role", ["OFFICER", "PRISON_HEAD", "COUNSELLOR", "CLINICAL_SUPERVISOR", "COORDINATOR", "AUDITOR",
                                  "SERVICE"])
def test_nobody_but_an_admin_changes_people(identity, role):
    person = identity.person("COUNSELLOR")
    caller = Caller(role, user=person["id"])
    with pytest.raises(psycopg2.errors.InsufficientPrivilege):
        identity.call("create_person", caller, id=uuid7(), name="X", email="x@contoh.or.id", roles=["ADMIN"])
    assert identity.call("grant_role", caller, person_id=person["id"], role="ADMIN") == []
    assert identity.call("disable_person", caller, person_id=person["id"]) == []


def test_a_persons_language_is_theirs_to_choose(identity):
    person, other = identity.person("COUNSELLOR"), identity.person("COUNSELLOR")
    me = Caller("COUNSELLOR", user=person["id"])
    assert identity.one("set_my_language", me, language="en")["language"] == "en"
    assert identity.one("set_my_language", me, language="en")["version"] == 2, "said twice"
    assert identity.one("get_person", ADMIN, person_id=other["id"])["language"] == "id"
    with pytest.raises(psycopg2.Error) as refused:
        identity.one("set_my_language", me, language="fr")
    assert by_name(refused) == "person_language_is_known"


def test_pages_follow_one_another_without_hole_or_repeat(identity):
    mark = str(uuid7())[-6:]
    for i in range(7):
        identity.person("COUNSELLOR", name=f"Same | name {mark}")
    seen, key = [], None
    while rows := identity.call("list_people", ADMIN, text=mark, page_limit=3, page_key=key):
        seen += [row["id"] for row in rows]
        key = rows[-1]["page_key"]
    assert len(seen) == len(set(seen)) == 7, seen


def test_a_search_takes_its_text_literally(identity):
    identity.person(name="A_B 100%")
    assert names(identity, ADMIN, text="a_b 100%") == {"A_B 100%"}
    assert names(identity, ADMIN, text="a%b") == set()
    assert names(identity, ADMIN, text="'; drop table identity.person; --") == set()


def test_other_services_read_names_and_only_notifications_addresses(postgres, database, identity):
    officer = identity.person("OFFICER", prison=identity.banyuwangi, phone="+62 812-3456-7890")

    def read(role, query, prison):
        with psycopg2.connect(postgres.url(database, role)) as connection, connection.cursor() as cursor:
            cursor.execute("select set_config('pulih.prison_id', %s, true)", (prison,))
            cursor.execute(query, (str(officer["id"]),))
            return cursor.fetchall()

    staff = "select roles, active from identity.staff_published where id = %s"
    contact = "select phone from identity.staff_contact where id = %s"
    assert read("pulih_scheduling", staff, "*") == [(["OFFICER"], True)]
    assert read("pulih_scheduling", staff, str(identity.kendari)) == []
    assert read("pulih_notifications", contact, "*") == [("+62 812-3456-7890",)]
    for refused in contact, "select email from identity.person where id = %s":
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            read("pulih_scheduling", refused, "*")
