# shellcheck shell=bash
# shellcheck disable=SC2154 # dir, fast and the passwords are the supervisor's
# The PostgreSQL of scripts/servers: version 15 with its defaults, scram passwords, and an engine
# role that may create databases but is no superuser.

# Debian keeps the server's programs out of PATH.
readonly postgres_bin=${GODWIT_PG_BIN:-/usr/lib/postgresql/15/bin}

postgres_set_up() {
  echo "$target_superuser_password" >"$dir/postgres/superuser"
  # One file for both roles; libpq matches a socket's folder as the host, `*` stands for any.
  {
    echo "*:*:*:postgres:$target_superuser_password"
    echo "*:*:*:godwit:$target_password"
  } >"$dir/pgpass"
  if ((EUID == 0)); then
    chown postgres:postgres "$dir/postgres/superuser"
  fi
  # No fsync while the folder is made: after a power cut nobody wants it back.
  (run_as postgres QUIT "$postgres_bin/initdb" --pgdata="$dir/postgres/data" --username=postgres \
    --pwfile="$dir/postgres/superuser" --encoding=UTF8 --locale=C.UTF-8 \
    --auth-local=scram-sha-256 --auth-host=scram-sha-256 --no-sync --no-instructions) || return 1
  rm -f "$dir/postgres/superuser"
}

# Replaces the calling subshell by the server.
postgres_run() {
  local options=() extra=()
  ((!fast)) || options=(-c fsync=off -c full_page_writes=off)
  read -r -a extra <<<"${GODWIT_SERVERS_PG_OPTS:-}" || true
  run_as postgres QUIT "$postgres_bin/postgres" -D "$dir/postgres/data" -p 5432 \
    -c listen_addresses= -c unix_socket_directories="$dir/postgres" \
    "${options[@]}" "${extra[@]}"
}

postgres_answers() {
  "$postgres_bin/pg_isready" --quiet --host="$dir/postgres" --port=5432
}

# Through stdin: a password on the command line would be visible to everybody.
postgres_create_accounts() {
  PGPASSFILE=$dir/pgpass "$postgres_bin/psql" --no-psqlrc --quiet -v ON_ERROR_STOP=1 \
    --host="$dir/postgres" --port=5432 --username=postgres --dbname=postgres <<SQL
CREATE ROLE godwit LOGIN CREATEDB NOSUPERUSER NOCREATEROLE PASSWORD '$target_password';
GRANT SET ON PARAMETER session_replication_role TO godwit;
SQL
}
