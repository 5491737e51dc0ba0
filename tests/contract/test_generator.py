"""A statement that disagrees with its method fails the build, and says where, what and what was expected."""

import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
PYTHON = "/usr/bin/python3"

PROTO = """
syntax = "proto3";
package pulih.shop.v1;
import "google/protobuf/timestamp.proto";
import "pulih/options.proto";
service ShopService {
  rpc GetThing(GetThingRequest) returns (Thing) { option (pulih.access) = {roles: [ROLE_ADMIN]}; %s }
  rpc ListThings(ListThingsRequest) returns (ListThingsResponse) { option (pulih.access) = {roles: [ROLE_ADMIN]}; }
}
message GetThingRequest { string id = 1; Where where = 2; }
message Where { string shelf = 1; }
message ListThingsRequest { int32 page_size = 1; string page_token = 2; }
message ListThingsResponse { repeated Thing things = 1; string next_page_token = 2; }
message Thing { string id = 1; string name = 2; Where where = 3; google.protobuf.Timestamp made_at = 4; }
"""

GOOD = 'select id, name, shelf as "where.shelf", made_at from shop.thing where id = :id and shelf = :where.shelf\n'
LIST = ('select id, name, shelf as "where.shelf", made_at, id::text as page_key from shop.thing\n'
        "where id::text > :page_key::text limit :page_limit\n")


def generate(folder, get=GOOD, listing=LIST, extra="", files=()):
    (folder / "shop.proto").write_text(PROTO % extra)
    sql = folder / "sql"
    sql.mkdir(exist_ok=True)
    (sql / "get_thing.sql").write_text(get)
    (sql / "list_things.sql").write_text(listing)
    for name, text in files:
        (sql / name).parent.mkdir(exist_ok=True)
        (sql / name).write_text(text)
    subprocess.run([PYTHON, ROOT / "common/gen/protos.py", "--set", folder / "all.pb", "--c-dir", folder, "--path", folder,
                    "--path", ROOT / "proto", folder / "shop.proto"], check=True)
    return subprocess.run([PYTHON, ROOT / "common/gen/methods.py", "--set", folder / "all.pb", "--name", "shop", "--out",
                           folder, "--root", folder, "--package", "pulih.shop.v1=sql", "--internal",
                           "pulih.shop.v1=sql/internal"], capture_output=True, text=True, check=False)


def test_what_agrees_becomes_a_table(tmp_path):
    done = generate(tmp_path)
    assert done.returncode == 0, done.stderr
    made = (tmp_path / "shop_methods.c").read_text()
    assert '"select id, name, shelf as \\"where.shelf\\", made_at from shop.thing where id = $1 and shelf = $2"' in made
    assert '{DB_PARAMETER_FIELD, {"where.shelf", 2, {1, 0}}}' in made
    assert ".shape = DB_SHAPE_ROWS" in made and ".paged = true" in made


@pytest.mark.parametrize("change, expected", [
    ({"get": GOOD.replace(":id", ":thing_id")}, "get_thing.sql:1: error: :thing_id isn't a field of "
     "pulih.shop.v1.GetThingRequest; expected one of id, where"),
    ({"get": GOOD.replace(", name", ",\n  name as title")}, "get_thing.sql:2: error: column title isn't a field of "
     "pulih.shop.v1.Thing; expected one of id, name, where, made_at"),
    ({"get": GOOD.replace(", name", "")}, "get_thing.sql:1: error: no column for name of pulih.shop.v1.Thing"),
    ({"get": GOOD.replace(" name", " name, name")}, "get_thing.sql:1: error: column name stands twice"),
    ({"get": "select * from shop.thing where id = :id"}, "get_thing.sql:1: error: a column without a plain name"),
    ({"get": "selec id"}, "get_thing.sql:1: error: not SQL"),
    ({"get": GOOD + "; " + GOOD}, "2 statements; a .sql file holds exactly one"),
    ({"listing": LIST.replace(" limit :page_limit", "")}, "list_things.sql:1: error: a paged list uses"),
    ({"listing": LIST.replace(", id::text as page_key", "")}, "list_things.sql:1: error: a paged list selects"),
    ({"files": [("drop_thing.sql", "select 1 as x")]}, "drop_thing.sql:1: error: no method of pulih.shop.v1 is called so"),
    ({"files": [("internal/x.sql", "select 1 as x")]}, 'x.sql:1: error: expected "-- out: Message"'),
])
def test_what_disagrees_fails_with_its_place(tmp_path, change, expected):
    done = generate(tmp_path, **change)
    assert done.returncode == 1, done.stdout
    assert expected in done.stderr, done.stderr


def test_a_method_that_does_not_say_who_may_call_is_refused(tmp_path):
    (tmp_path / "sql").mkdir()
    text = PROTO.replace("option (pulih.access) = {roles: [ROLE_ADMIN]}; %s", "")
    (tmp_path / "shop.proto").write_text(text)
    subprocess.run([PYTHON, ROOT / "common/gen/protos.py", "--set", tmp_path / "all.pb", "--c-dir", tmp_path, "--path",
                    tmp_path, "--path", ROOT / "proto", tmp_path / "shop.proto"], check=True)
    done = subprocess.run([PYTHON, ROOT / "common/gen/methods.py", "--set", tmp_path / "all.pb", "--name", "shop", "--out",
                           tmp_path, "--root", tmp_path, "--package", "pulih.shop.v1=sql"], capture_output=True, text=True,
                          check=False)
    assert done.returncode == 1
    assert "GetThing doesn't say who may call it" in done.stderr


def test_a_colon_in_a_text_or_a_cast_is_no_parameter(tmp_path):
    done = generate(tmp_path, get=GOOD.replace("made_at from", "'2026-01-01 10:id:00'::timestamptz as made_at from"))
    assert done.returncode == 0, done.stderr
    assert "'2026-01-01 10:id:00'::timestamptz" in (tmp_path / "shop_methods.c").read_text()
