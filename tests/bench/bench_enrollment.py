"""Creating a case, end to end over ZeroMQ and the hub, durable: against pgbench with the same statement.

Both sides run the statement of services/enrollment/sql/create_referral.sql as the service's role on the same tables, each
on participants of its own. Ratios within this run count; the figures beside them show what they were made of.
"""

import json
import re
import subprocess

from bench import BUILD, ROOT, Report, pgbench, stack

PEOPLE, PARTICIPANT, CASE = 400_000, "00000000-0000-7000-8000-", "10000000-0000-7000-8000-"
PRISON, PROGRAMME = "20000000-0000-7000-8000-000000000001", "30000000-0000-7000-8000-000000000001"
MANY, FEW = 60_000, 3_000
SECONDS = 10


def prepare(postgres, database):
    postgres.psql(database, f"""
        select set_config('pulih.prison_id', '*', false), set_config('pulih.roles', 'COORDINATOR', false);
        insert into enrollment.prison (id, code, name, time_zone) values ('{PRISON}', 'LP-1', 'Lapas', 'Asia/Jakarta');
        insert into enrollment.programme (id, code, name) values ('{PROGRAMME}', 'P-1', 'Program');
        insert into enrollment.programme_edition (programme_id, edition, planned_weeks) values ('{PROGRAMME}', 1, 26);
        insert into enrollment.programme_component (programme_id, edition, component, planned_hours)
        select '{PROGRAMME}', 1, name, 60 from enrollment.component;
        update enrollment.programme set edition = 1;
        insert into enrollment.participant (id, prison_id, register_number, name, offence_articles, sentence_start,
            two_thirds_on, expected_release_on)
        select ('{PARTICIPANT}' || lpad(to_hex(n), 12, '0'))::uuid, '{PRISON}', 'B ' || n, 'Orang', '{{112}}', '2025-01-01',
            '2027-01-01', '2028-01-01'
        from generate_series(1, {PEOPLE}) n;
        analyze enrollment.participant""")


def statement(name):
    """The service's own, on one line."""
    text = (ROOT / f"services/enrollment/sql/{name}.sql").read_text()
    return " ".join(re.sub(r"--.*", "", text).split())


def script(folder):
    """The service's own statement as a pgbench script: parameters computed from a counter of each client's own. It takes a
    set; here each is a set of one."""
    text = statement("create_referral")
    number = f"lpad(to_hex({PEOPLE // 2} + :client_id * 10000 + :i), 12, '0')"
    values = {"id": f"array['{CASE}' || {number}]", "participant_id": f"array['{PARTICIPANT}' || {number}]",
              "programme_id": f"array['{PROGRAMME}']", "comment": "array[null]"}
    path = folder / "create.pgbench"
    path.write_text(f"\\set i :i + 1\n{re.sub(r'(?<!:):([a-z_]+)', lambda match: values[match[1]], text)};\n")
    return path


def requests(folder, name, first, count):
    path = folder / name
    with open(path, "w", encoding="utf-8") as file:
        for number in range(first, first + count):
            file.write(json.dumps({"id": f"{CASE}{number:012x}", "participantId": f"{PARTICIPANT}{number:012x}",
                                   "programmeId": PROGRAMME}) + "\n")
    return path


def load(running, session, method, in_flight, path):
    done = subprocess.run([BUILD / "tests/tools/load", f"tcp://127.0.0.1:{running.caller_port}", running.keys / "hub.pub",
                           running.keys / "operator.key", session, method, str(in_flight), path], capture_output=True, text=True,
                          check=False)
    assert done.stdout, done.stderr + str(done.returncode)
    result = json.loads(done.stdout)
    assert result["failed"] == 0, result
    return result


def run(report):
    with stack(services=["identity", "enrollment"]) as running:
        postgres = running.postgres
        prepare(postgres, "pulih")
        session = running.add_person("Koordinator", "koordinator@example.org", "coordinator")
        path = script(running.folder)
        options = {"PGOPTIONS": "-c pulih.prison_id=* -c pulih.roles=SERVICE"}
        many = load(running, session, "/CreateReferral", 64, requests(running.folder, "many", 1, MANY))
        reference_many = pgbench(postgres, "pulih_enrollment", path, 16, SECONDS, options)
        report.ratio("create, 64 in flight, to pgbench -c 16", many["per_second"] / reference_many["per_second"],
                     at_least=2.5, detail=f"{many['per_second']:.0f}/s, p99 {many['p99_us'] / 1e3:.1f} ms; pgbench "
                     f"{reference_many['per_second']:.0f}/s")
        one = load(running, session, "/CreateReferral", 1, requests(running.folder, "one", MANY + 1, FEW))
        reference_one = pgbench(postgres, "pulih_enrollment", script(running.folder), 1, SECONDS,
                                options | {"START": "160000"})
        report.ratio("create, 1 in flight, p50 to pgbench -c 1", one["p50_us"] / reference_one["p50_us"], at_most=2,
                     detail=f"{one['p50_us']:.0f} µs; pgbench {reference_one['p50_us']:.0f} µs")
        read = load(running, session, "/GetEnrollment", 64, ids(running.folder))
        reference_read = pgbench_read(postgres, running.folder, options)
        report.ratio("read by id, 64 in flight, to pgbench's best", read["per_second"] / reference_read, at_least=0.6,
                     detail=f"{read['per_second']:.0f}/s; pgbench {reference_read:.0f}/s")
        report.memory(running)


def ids(folder):
    path = folder / "ids"
    with open(path, "w", encoding="utf-8") as file:
        for number in range(1, MANY + 1):
            file.write(json.dumps({"id": f"{CASE}{number:012x}"}) + "\n")
    return path


def pgbench_read(postgres, folder, options):
    path = folder / "read.pgbench"
    text = re.sub(r"(?<!:):id\b", f"('{CASE}' || lpad(to_hex(:n::integer), 12, '0'))::uuid", statement("get_enrollment"))
    path.write_text(f"\\set n random(1, {MANY})\n{text};\n")
    return max(pgbench(postgres, "pulih_enrollment", path, clients, 5, options)["per_second"] for clients in (8, 16, 32))


if __name__ == "__main__":
    report = Report()
    run(report)
    report.finish()
