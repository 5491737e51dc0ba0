"""House rules as tests: what a reviewer would otherwise have to say again and again."""

import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]


def tracked(*patterns):
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns], cwd=ROOT,
                            check=True, capture_output=True, text=True).stdout.split()
    return [ROOT / path for path in listed if (ROOT / path).exists()]


def relative(path):
    return str(path.relative_to(ROOT))


def lines_of(path):
    return path.read_text(encoding="utf-8").splitlines()


def offences(paths, wrong):
    """["file:line: text"] of the lines for which wrong(path, line) is true."""
    return [f"{relative(path)}:{number}: {line.strip()}" for path in paths
            for number, line in enumerate(lines_of(path), 1) if wrong(path, line)]


def test_nothing_is_half_merged():
    assert not (wrong := offences(tracked("*.md", "*.c", "*.h", "*.py", "*.sql", "*.proto", "*.ts", "*.tsx", "*meson.build", "*.def"),
                                  lambda _, line: line.startswith(("<<<<<<< ", ">>>>>>> ")) or line == "=======")), wrong


def test_a_file_can_be_held_in_mind():
    long = {relative(path): len(lines_of(path)) for path in tracked("*.c", "*.h", "*.py", "*.sql", "*.sh")
            if len(lines_of(path)) > 500}
    assert not long, f"over 500 lines: {long}"


def test_a_function_can_be_seen_whole():
    long = []
    for path in tracked("common/*.c", "services/*.c"):
        start = None
        for number, line in enumerate(lines_of(path), 1):
            if re.match(r"^[a-z].*\) \{$", line) or (start is None and re.match(r"^ {4,}.*\) \{$", line)):
                start = number
            if line == "}" and start:
                if number - start > 70:
                    long.append(f"{relative(path)}:{start}: {number - start} lines")
                start = None
    assert not long, long


# Who may include whom (DESIGN "Folders"): a folder may use those named, and itself.
LAYERS = {
    "base": set(),
    "loop": {"base"},
    "message": {"base"},
    "json": {"base", "message"},
    "zmq": {"base", "loop"},
    "crypto": {"base", "loop"},
    "db": {"base", "loop", "message", "json"},
    "rpc": {"base", "loop", "message", "zmq"},
    "event": {"base", "loop", "message", "db", "rpc", "zmq", "json"},
    "calendar": set(),
    "curl": set(),
    "trace": {"base", "curl"},
    "service": {"base", "loop", "message", "db", "rpc", "zmq", "json", "event", "crypto", "trace"},
}


def test_dependencies_point_one_way():
    wrong = []
    for path in tracked("common/*.c", "common/*.h"):
        own = path.relative_to(ROOT / "common").parts[0]
        for line in lines_of(path):
            match = re.match(r'#include "([a-z_]+)/', line)
            # A contract's type is a word, not a dependency: rpc/method.h names struct db_statement without including it.
            if match and match[1] != own and match[1] not in LAYERS[own]:
                wrong.append(f"{relative(path)}: {line}")
    assert not wrong, wrong


def test_services_never_include_one_another():
    names = [path.name for path in (ROOT / "services").iterdir() if path.is_dir()]

    def wrong(path, line):
        own = path.relative_to(ROOT / "services").parts[0]
        match = re.match(r'#include "(?:services/)?([a-z_]+)/', line)
        return bool(match) and match[1] in names and match[1] != own

    assert not offences(tracked("services/*.c", "services/*.h"), wrong)


def test_time_comes_from_the_injected_clock():
    sql = re.compile(r"\b(now\(\)|current_date|current_timestamp|localtimestamp|clock_timestamp)", re.I)
    in_sql = offences(tracked("services/*.sql"),
                      lambda path, line: sql.search(line.split("--")[0].replace("context.now()", "")))
    in_c = offences(tracked("services/*.c"), lambda path, line: re.search(r"\b(time|gettimeofday|clock_gettime)\(", line))
    assert not in_sql + in_c


def test_nothing_is_left_for_later():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert not offences([path for path in tracked("*.c", "*.h", "*.py", "*.sql", "*.proto", "*.sh", "*.ts", "*.tsx", "*.md")
                         if path != pathlib.Path(__file__)], lambda path, line: marks.search(line))


def test_every_folder_says_where_to_look():
    folders = {path.parent for path in tracked("common/*", "services/*", "tests/*", "deploy/*", "proto/*")}
    tops = {folder for folder in folders
            if folder.relative_to(ROOT).parts[0] in ("common", "services", "tests", "deploy") and
            len(folder.relative_to(ROOT).parts) == 2}
    missing = sorted(relative(folder) for folder in tops | {ROOT / "proto", ROOT / "services", ROOT / "common",
                                                           ROOT / "tests", ROOT / "deploy"}
                     if not (folder / "README.md").exists())
    assert not missing, missing


def test_statements_are_lower_case():
    words = re.compile(r"\b(SELECT|INSERT|UPDATE|DELETE|FROM|WHERE|CREATE|ALTER|TABLE|RETURNING)\b")

    def wrong(path, line):
        code = re.sub(r"'[^']*'", "", line.split("--")[0])
        return words.search(code)

    assert not offences(tracked("services/*.sql", "common/*.sql"), wrong)


@pytest.mark.parametrize("name", ["identity", "enrollment", "scheduling", "notes", "notifications"])
def test_every_person_is_behind_row_level_security(postgres, name):
    """A table that refers to a person or a prison is protected, for its owner too."""
    open_tables = postgres.psql("migrated", f"""
        select string_agg(c.relname, ', ' order by c.relname)
        from pg_class c join pg_namespace n on n.oid = c.relnamespace
        where n.nspname = '{name}' and c.relkind in ('r', 'p') and not c.relispartition
            and not (c.relrowsecurity and c.relforcerowsecurity)
            and exists (select from pg_attribute a where a.attrelid = c.oid and a.attnum > 0
                        and a.attname in ('participant_id', 'person_id', 'prison_id', 'recipient_id', 'counsellor_id'))""")
    assert open_tables == "", f"{name}: without (forced) row-level security: {open_tables}"


def test_each_migration_has_a_number_of_its_own():
    numbers = {}
    for path in tracked("*/*/migrations/*.sql"):
        numbers.setdefault(path.name[:4], []).append(relative(path))
    assert not {number: paths for number, paths in numbers.items() if len(paths) > 1}


def test_the_call_sheet_that_is_mailed_says_what_the_pages_does():
    """The words of call_sheet_words.def are those of the page, key by key and in both languages."""
    literal = r"""(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")"""
    words = {language: {key: one or other for path in tracked(f"services/gateway/web/src/words/*/{language}.ts")
                        for key, one, other in re.findall(rf"^  '([^']+)': {literal},$", path.read_text(), re.MULTILINE)}
             for language in ("id", "en")}
    rows = re.findall(r'^WORD\("([^"]+)",\s*"([^"]*)",\s*"([^"]*)"\)$',
                      (ROOT / "services/notifications/call_sheet_words.def").read_text(), re.MULTILINE)
    assert len(rows) > 20
    for key, indonesian, english in rows:
        if not key.startswith("sheet."):
            assert (words["id"].get(key), words["en"].get(key)) == (indonesian, english), key
