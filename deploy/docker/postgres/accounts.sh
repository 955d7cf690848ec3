# shellcheck shell=bash
# Sourced by the image's entry point when the data folder is new.
psql --no-psqlrc -v ON_ERROR_STOP=1 --username="${POSTGRES_USER:-postgres}" --dbname=postgres <<SQL
CREATE ROLE godwit LOGIN CREATEDB NOSUPERUSER NOCREATEROLE PASSWORD '${GODWIT_TARGET_PASSWORD:?}';
GRANT SET ON PARAMETER session_replication_role TO godwit;
SQL
