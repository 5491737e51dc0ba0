# Read by the scripts beside it, at the project's root: `at PART COMMAND…` runs pulih-backup where that part's PostgreSQL
# runs. That is a container of docker-compose.yml or, where PULIH_BACKUP_SERVER names a folder with database.env and
# key_store.env, this machine (README.md, "Without containers").
parts="database key_store"
if [ -n "${PULIH_BACKUP_SERVER:-}" ]; then
    at() { (set -a && . "$PULIH_BACKUP_SERVER/$1.env" && shift && exec deploy/backup/pulih-backup "$@"); }
    at_stopped() { at "$@"; }
else
    . deploy/compose.sh
    container() { case $1 in database) echo postgres ;; key_store) echo keystore ;; esac; }
    at() { compose exec -T "$(container "$1")" pulih-backup "${@:2}"; }
    # Where it doesn't run.
    at_stopped() { compose run --rm --no-deps -T --entrypoint pulih-backup "$(container "$1")" "${@:2}"; }
fi
