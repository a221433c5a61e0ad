#!/bin/sh
# The image's commands: `migrate` prepares and upgrades the database, anything else is a command of polyclinic.
set -eu

if [ "${1:-serve}" = "migrate" ]; then
    if [ -n "${DATABASE_ADMIN_URL:-}" ]; then
        polyclinic db provision --database "${POLYCLINIC_DATABASE:-polyclinic}" >/dev/null
    fi
    exec polyclinic db upgrade
fi
exec polyclinic "${@:-serve}"
