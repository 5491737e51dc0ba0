"""identity: the keys that may connect."""

import random
import string
import threading

import psycopg2
import pytest

from identity import ADMIN, HUB, Identity, by_name
from postgres import Caller, uuid7

Z85 = string.digits + string.ascii_letters + ".-:+=^!/*?&<>()[]{}@%$#"


@pytest.fixture(scope="module")
def identity(postgres, database):
    return Identity(postgres, database)


@pytest.fixture
def prison(identity):
    """A prison without keys."""
    id = uuid7()
    identity.as_owner("insert into enrollment.prison (id, code, name, time_zone) values (%s, %s, 'Lapas', 'Asia/Jayapura')",
                      id, f"LP-{str(id)[-8:].upper()}")
    return id


def new_key(**changes):
    id = uuid7()
    return {"id": id, "name": f"key-{id}", "kind": "SITE", "public_key": "".join(random.choices(Z85, k=40)), **changes}


def test_a_second_add_returns_what_the_first_made(identity, prison):
    key = new_key(prison_id=prison)
    first = identity.one("add_key", ADMIN, **key)
    again = identity.one("add_key", ADMIN, **{**key, "name": "other", "public_key": "x" * 40})
    assert first == again
    assert (first["revoked"], first["version"]) == (False, 1)
    assert identity.events_of(first["id"]) == ["identity.access_changed"]


def test_a_site_has_two_valid_keys_and_no_third(identity, prison):
    old, new, third = (new_key(prison_id=prison) for _ in range(3))
    identity.one("add_key", ADMIN, **old)
    identity.one("add_key", ADMIN, **new)
    with pytest.raises(psycopg2.errors.CheckViolation) as error:
        identity.one("add_key", ADMIN, **third)
    assert by_name(error) == "site_key_two_at_most"
    identity.one("revoke_key", ADMIN, key_id=old["id"])
    identity.one("add_key", ADMIN, **third)


def test_an_outdated_key_leaves_its_place(identity, prison):
    march, may = Caller("ADMIN", now="2026-03-01T00:00:00Z"), Caller("ADMIN", now="2026-05-01T00:00:00Z")
    for _ in range(2):
        identity.one("add_key", march, **new_key(prison_id=prison, valid_until="2026-04-01T00:00:00Z"))
    with pytest.raises(psycopg2.errors.CheckViolation):
        identity.one("add_key", march, **new_key(prison_id=prison))
    identity.one("add_key", may, **new_key(prison_id=prison))


def test_a_third_key_waits_for_a_second_that_is_being_added(postgres, database, identity, prison):
    identity.one("add_key", ADMIN, **new_key(prison_id=prison))
    outcome = []

    def add_third():
        try:
            outcome.append(Identity(postgres, database).one("add_key", ADMIN, **new_key(prison_id=prison)))
        except psycopg2.errors.CheckViolation as error:
            outcome.append(error.diag.constraint_name)

    third = threading.Thread(target=add_third)
    with psycopg2.connect(postgres.url(database)) as second, second.cursor() as cursor:
        cursor.execute("insert into identity.site_key (id, name, kind, public_key, prison_id)"
                       " values (%(id)s, %(name)s, %(kind)s, %(public_key)s, %(prison_id)s)", new_key(prison_id=prison))
        third.start()
        third.join(0.5)
        assert outcome == [], "the third key was judged without the second"
    third.join()
    assert outcome == ["site_key_two_at_most"]


def test_a_revoked_key_stays_revoked_and_is_still_listed(identity, prison):
    key = identity.one("add_key", ADMIN, **new_key(prison_id=prison))
    for _ in range(2):
        revoked = identity.one("revoke_key", ADMIN, key_id=key["id"])
        assert (revoked["revoked"], revoked["version"]) == (True, 2)
    assert identity.events_of(key["id"]) == ["identity.access_changed"] * 2
    kinds = [entry["kind"] for entry in identity.call("list_access_entries", ADMIN) if entry["key_id"] == key["id"]]
    assert kinds == ["KEY_REVOKED", "KEY_ADDED"]
    listed = {row["id"]: row["revoked"] for row in identity.call("list_keys", HUB)}
    assert listed[key["id"]] is True
    with pytest.raises(psycopg2.errors.UniqueViolation) as error:
        identity.one("add_key", ADMIN, **new_key(prison_id=prison, public_key=key["public_key"]))
    assert by_name(error) == "site_key_public_key_is_unique"


@pytest.mark.parametrize("change, refused", [
    ({"public_key": "x" * 39}, "site_key_public_key_is_z85"),
    ({"public_key": "~" * 40}, "site_key_public_key_is_z85"),
    ({"public_key": "x" * 40 + "\n"}, "site_key_public_key_is_z85"),
    ({"name": "a b"}, "site_key_name_is_short"),
    ({"prison_id": None}, "site_key_site_has_a_prison"),
    ({"kind": "GATEWAY"}, "site_key_site_has_a_prison"),
    ({"kind": "MASTER", "prison_id": None}, "site_key_kind_is_known"),
])
def test_a_bad_key_is_refused_by_name(identity, prison, change, refused):
    with pytest.raises(psycopg2.errors.CheckViolation) as error:
        identity.one("add_key", ADMIN, **new_key(**{"prison_id": prison, **change}))
    assert by_name(error) == refused


def test_nobody_but_an_admin_changes_keys(identity, prison):
    key = identity.one("add_key", ADMIN, **new_key(prison_id=prison))
    for caller in Caller("COORDINATOR"), Caller("OFFICER", prison=prison), HUB:
        assert identity.call("revoke_key", caller, key_id=key["id"]) == []
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            identity.call("add_key", caller, **new_key(prison_id=prison))
