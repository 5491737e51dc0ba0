"""Expand, then contract: a migration runs while old and new instances serve side by side (CONTRIBUTING.md, "Migrations")."""

import pytest

from migration_locks import offences
from test_rules import lines_of, relative, tracked

# From this number on; and what had landed when the rule came and can't be edited any more.
FIRST = 190
LANDED = {"0201_judging.sql", "0202_summary.sql", "0204_rules.sql", "0210_channels.sql", "0222_call_sheet.sql"}


def migrations():
    return [path for path in tracked("*/*/migrations/*.sql") if int(path.name[:4]) >= FIRST and path.name not in LANDED]


def test_no_migration_keeps_a_large_table_locked_or_takes_away_what_is_in_use():
    wrong = [f"{relative(path)}:{line}: {what}" for path in migrations() for line, what in offences("\n".join(lines_of(path)) + "\n")]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("sql, word", [
    ("create index session_day on scheduling.session (starts_at);", "concurrently"),
    ("alter table scheduling.session add constraint positive check (version > 0);", "not valid"),
    ("alter table scheduling.session add constraint known foreign key (room_id) references scheduling.room (id);", "not valid"),
    ("alter table scheduling.session add constraint alone unique (id);", "using index"),
    ("alter table scheduling.session add column drawn uuid default gen_random_uuid();", "every row"),
    ("alter table scheduling.session add column number bigserial;", "serial"),
    ("alter table scheduling.session add column kind text check (kind <> '');", "not valid"),
    ("alter table scheduling.session alter column version type bigint;", "type"),
    ("alter table scheduling.session alter column room_id set not null;", "check"),
    ("alter table scheduling.session drop column room_id;", "old instances"),
    ("alter table scheduling.session rename column room_id to place_id;", "old instances"),
    ("drop view scheduling.session_published;", "old instances"),
    ("update scheduling.session set version = 1;", "in parts"),
    ("lock table scheduling.session;", "waits"),
])
def test_it_is_noticed(sql, word):
    assert [what for _, what in offences("-- So.\n" + sql) if word in what], offences(sql)
    assert offences("-- locks: there are three of them in all\n" + sql) == []


@pytest.mark.parametrize("sql", [
    "create table scheduling.fresh (id uuid primary key); create index fresh_day on scheduling.fresh (id);",
    "create index concurrently session_day on scheduling.session (starts_at);",
    "alter table scheduling.session add constraint positive check (version > 0) not valid;",
    "alter table scheduling.session validate constraint positive;",
    "alter table scheduling.session add column kind text not null default 'GROUP';",
    "alter table scheduling.session add column made_at timestamptz default now();",
    "create or replace view scheduling.some as select 1 as one;",
])
def test_it_may(sql):
    assert offences(sql) == []
