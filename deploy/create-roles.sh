#!/bin/sh
# Runs once, when PostgreSQL makes its data folder: the application's logins with their passwords.
# The owner makes a role without a login for each plugin (CREATEROLE).
# What each role may do is decided by `polyclinic db provision` and the migrations.
set -eu

psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres \
    --set owner="$POLYCLINIC_OWNER_PASSWORD" --set app="$POLYCLINIC_APP_PASSWORD" \
    --set worker="$POLYCLINIC_WORKER_PASSWORD" --set backup="$POLYCLINIC_BACKUP_PASSWORD" <<'SQL'
CREATE ROLE polyclinic_owner LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB CREATEROLE PASSWORD :'owner';
CREATE ROLE polyclinic_app LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB PASSWORD :'app';
CREATE ROLE polyclinic_worker LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB PASSWORD :'worker';
CREATE ROLE polyclinic_backup LOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB PASSWORD :'backup';
SQL
