# Read by the scripts beside it, at the project's root: what .env says of them, and `compose`, whichever of the two is here.
PULIH_VERSION=${PULIH_VERSION:-$(sed -n 's/^PULIH_VERSION=//p' .env 2> /dev/null || true)}
PULIH_VERSION=${PULIH_VERSION:-local}
PULIH_SECRETS=${PULIH_SECRETS:-$(sed -n 's/^PULIH_SECRETS=//p' .env 2> /dev/null || true)}
PULIH_SECRETS=${PULIH_SECRETS:-./secrets}

compose() {
    if docker compose version > /dev/null 2>&1; then docker compose "$@"; else docker-compose "$@"; fi
}
