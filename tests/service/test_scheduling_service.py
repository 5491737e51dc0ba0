"""The scheduling service with its database: what its own code does beside the statements."""

import datetime

import pytest
from lines import Lines
from scheduling_world import World, at, days

A_WEEK_LATER = at("03-09 01:00")
SERIES = 60


@pytest.fixture
def world(postgres, database):
    return World(postgres, database)


@pytest.fixture
def service(world, postgres, database, tmp_path):
    clock = tmp_path / "clock"
    clock.write_text(A_WEEK_LATER.isoformat())
    lines = Lines("tests/tools/scheduling_lines", PULIH_DATABASE_URL=postgres.url(database, "pulih_scheduling"),
                  PULIH_CLOCK_FILE=str(clock))
    # Behind the run of its start.
    assert lines.call("MaterialiseSessions", world.at(A_WEEK_LATER), prison_id=world.banyuwangi) == ("OK", {})
    yield lines
    assert lines.finish() == 0


def test_a_series_that_fails_holds_up_no_other_of_its_batch(world, service):
    many = [world.series(room_id=world.new_room(world.banyuwangi, f"Kelas {n}"), counsellor_ids=[world.person("Sari", "COUNSELLOR")],
                         days=days("03-03")) for n in range(SERIES)]
    world.as_root(f"""alter table scheduling.session add constraint planted
        check (series_id <> '{many[SERIES // 2]["id"]}' or starts_at < '2026-05-01') not valid""")

    def materialise():
        return service.call("MaterialiseSessions", world.at(A_WEEK_LATER), prison_id=world.banyuwangi)

    def last_days():
        return [world.sessions(one)[-1]["series_day"] for one in many]
    assert materialise() == ("OK", {"series_count": SERIES, "session_count": SERIES - 1})
    made = datetime.date(2026, 5, 5)
    assert [n for n, day in enumerate(last_days()) if day != made] == [SERIES // 2]
    world.as_root("alter table scheduling.session drop constraint planted")
    assert materialise() == ("OK", {"series_count": 1, "session_count": 1}), "the next run tries it again"
    assert last_days() == [made] * SERIES
    assert materialise() == ("OK", {})
