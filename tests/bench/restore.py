"""How long the restore of a database of a gigabyte takes beside copying its files alone, both to the disk and not only to memory.

    tests/bench/restore.py [MEGABYTES]
"""

import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / folder) for folder in ("tests/deploy", "tests/lib", "deploy/local")]

from test_backup import Server  # noqa: E402

TIMES = 3


def drop_caches():
    """So that both read from the disk, where that may be asked for."""
    os.sync()
    try:
        pathlib.Path("/proc/sys/vm/drop_caches").write_text("1\n")
    except OSError:
        pass


def seconds(command):
    drop_caches()
    begin = time.monotonic()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd="/")
    os.sync()
    return time.monotonic() - begin


def main(megabytes):
    folder = pathlib.Path(tempfile.mkdtemp(prefix="pulih-restore-", dir="/var/tmp"))
    folder.chmod(0o755)
    server = Server(folder)
    try:
        # Rows as those of event.log and notes are: ids, times and what can't be compressed, with an index over each.
        server.psql(f"""create table public.bulk as select gen_random_uuid() as id, clock_timestamp() as at,
            sha512(n::text::bytea) || sha512((-n)::text::bytea) as sealed, 'scheduling.attendance_recorded' as kind
            from generate_series(1, {megabytes} * 3800) n""")
        server.psql("create index on public.bulk (id); create index on public.bulk (at)")
        size = int(server.psql("select sum(pg_database_size(oid)) from pg_database"))
        server.run("backup", "full")
        server.clusters["database"].stop()
        data, copy = folder / "database/data", folder / "copy"
        restored, copied = [], []
        for _ in range(TIMES):
            copied.append(seconds([*server.prefix, "cp", "-a", data, copy]))
            shutil.rmtree(copy)
            subprocess.run([*server.prefix, "mkdir", "-m", "0700", copy], check=True)
            restored.append(seconds([*server.prefix, "pgbackrest", f"--config={folder}/database.conf", f"--config-include-path={folder}/database.d",
                                     f"--lock-path={folder}/lock", "--stanza=database", f"--pg1-path={copy}", "restore"]))
            shutil.rmtree(copy)
        restored, copied = sorted(restored)[TIMES // 2], sorted(copied)[TIMES // 2]
        print(f"{size / 1e9:.2f} GB: restore {restored:.1f} s, copy alone {copied:.1f} s: {restored / copied:.2f} ×, limit 2 ×")
    finally:
        for cluster in server.clusters.values():
            cluster.finish()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1024)
