# shellcheck shell=bash
# shellcheck disable=SC2154 # dir, fast and the passwords are the supervisor's
# The MariaDB of scripts/servers: configured like a production source, with an engine account that
# has the documented grants and no more.

# Databases of tenants in tests. `_` is a wildcard in a grant's database name, hence escaped.
readonly mariadb_tenant_patterns=('crm\_%' 'shop\_%' 't\_%' 'zabbix%' 'gw\_%')

# True when COMMIT waits for the disk, as production does; --fast gives it up for speed.
mariadb_durability() {
  if ((fast)); then
    echo 'sync_binlog=0'
    echo 'innodb_flush_log_at_trx_commit=0'
    echo 'innodb_doublewrite=0'
  else
    echo 'sync_binlog=1'
    echo 'innodb_flush_log_at_trx_commit=1'
  fi
}

mariadb_write_config() {
  cat <<CNF
[mariadbd]
datadir=$dir/mariadb/data
tmpdir=$dir/mariadb/tmp
socket=$dir/mariadb/mariadb.sock
pid-file=$dir/mariadb/mariadbd.pid
skip-networking
skip-name-resolve
server_id=1
log_bin=binlog
binlog_format=ROW
binlog_row_image=FULL
binlog_row_metadata=FULL
gtid_strict_mode=1
# Without SUPER nobody can create a trigger on a server with a binlog unless this is on.
log_bin_trust_function_creators=1
character-set-server=utf8mb4
collation-server=utf8mb4_general_ci
max_allowed_packet=1G
innodb_buffer_pool_size=128M
$(mariadb_durability)
CNF
}

# One statement per line: that is all --init-file understands.
mariadb_write_accounts() {
  local pattern
  echo "SET SESSION sql_log_bin = 0;"
  echo "ALTER USER root@localhost IDENTIFIED BY '$source_root_password';"
  echo "CREATE USER godwit@localhost IDENTIFIED BY '$source_password';"
  echo "GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO godwit@localhost;"
  for pattern in "${mariadb_tenant_patterns[@]}"; do
    echo "GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON \`$pattern\`.* TO godwit@localhost;"
  done
  echo "GRANT SELECT ON mysql.proc TO godwit@localhost;"
}

mariadb_write_root_defaults() {
  cat <<CNF
[client]
socket=$dir/mariadb/mariadb.sock
user=root
password=$source_root_password
default-character-set=utf8mb4
CNF
}

mariadb_set_up() {
  mkdir "$dir/mariadb/tmp" "$dir/mariadb/data"
  mariadb_write_config >"$dir/mariadb/server.cnf"
  mariadb_write_accounts >"$dir/mariadb/accounts.sql"
  mariadb_write_root_defaults >"$dir/root.cnf"
  if ((EUID == 0)); then
    chown -R mysql:mysql "$dir/mariadb/tmp" "$dir/mariadb/data" \
      "$dir/mariadb/server.cnf" "$dir/mariadb/accounts.sql"
  fi
  run_as mysql KILL mariadb-install-db --no-defaults --datadir="$dir/mariadb/data" \
    --tmpdir="$dir/mariadb/tmp" --skip-test-db --skip-name-resolve \
    --auth-root-authentication-method=socket
}

# Replaces the calling subshell by the server.
mariadb_run() {
  local options=()
  read -r -a options <<<"${GODWIT_SERVERS_MARIADB_OPTS:-}" || true
  # Accounts are made before the first connection is possible; the file goes with mariadb_set_up_done.
  [[ ! -e $dir/mariadb/accounts.sql ]] || options+=("--init-file=$dir/mariadb/accounts.sql")
  run_as mysql KILL mariadbd --defaults-file="$dir/mariadb/server.cnf" "${options[@]}"
}

mariadb_answers() {
  [[ -S $dir/mariadb/mariadb.sock ]] &&
    mariadb-admin --defaults-file="$dir/root.cnf" --connect-timeout=5 ping >/dev/null 2>&1
}

mariadb_set_up_done() { rm -f "$dir/mariadb/accounts.sql"; }
