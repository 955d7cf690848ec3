# shellcheck shell=bash
# shellcheck disable=SC2154 # the caller sets root, godwit, writers, tenants
# What tests/ledger/run and tests/ledger/failpoints share: servers, tenants, load, engine, proof.

readonly kCaughtUpSeconds=180 # at most, after the writers have ended

folder='' servers='' engine='' engine_job='' load=''
tenancy='' prefix='' # see use_tenancy
failpoints='' # GODWIT_FAILPOINTS of the next engine
# States that a tenant doesn't leave by itself. A run that begins anew may take up what was paused.
final_states='diverged|quarantined|paused'

# Ends with the logs kept and named.
fail() {
  trap - EXIT
  {
    echo "ledger: $*"
    tail -n 15 "$folder"/engine.log "$folder"/engine.out "$folder"/writers.log 2>/dev/null || true
  } >&2
  [[ ! -f $folder/plan.yaml ]] || "$godwit" status -p "$folder/plan.yaml" --json \
    >"$folder/status.json" 2>&1 || true
  end_processes
  [[ -z $servers ]] || keep_servers_logs
  echo "ledger: the logs are in $folder" >&2
  exit 1
}

# The servers' own logs and the end of the binlog; then the servers go.
keep_servers_logs() {
  local binlog
  cp "$servers/mariadb/server.log" "$folder/mariadb.log" || true
  cp "$servers/postgres/server.log" "$folder/postgres.log" || true
  for binlog in $(printf '%s\n' "$servers"/mariadb/data/binlog.0* | tail -n 2); do
    cp "$binlog" "$folder" || true
  done
  "$root/scripts/servers" stop "$servers" || true
}

end_processes() {
  [[ -z $engine ]] || kill -KILL "$engine" 2>/dev/null || true
  [[ -z $load ]] || kill -KILL "$load" 2>/dev/null || true
  wait 2>/dev/null || true
}

tidy() {
  local status=$?
  trap - EXIT
  ((status == 0)) || fail "ended with $status"
  end_processes
  [[ -z $servers ]] || "$root/scripts/servers" stop "$servers"
  rm -rf "$folder"
}

begin() {
  folder=$(mktemp -d "${TMPDIR:-/tmp}/ledger.XXXXXX")
  trap tidy EXIT
  trap 'exit 130' INT TERM
  servers=$("$root/scripts/servers" start --fast --owner $$) || fail "no servers"
  use_servers
}

# use_tenancy database|row: for all that follows.
use_tenancy() {
  tenancy=$1
  prefix=gw_led_
  [[ $tenancy != row ]] || prefix=gw_ledrow_
}

use_servers() {
  eval "$("$root/scripts/servers" env "$servers")"
  export GODWIT_SOURCE_PASSWORD=$GODWIT_TEST_SOURCE_PASSWORD
  export PGPASSFILE=$GODWIT_TEST_PGPASSFILE PGHOST=$GODWIT_TEST_TARGET_HOST
  export PGPORT=$GODWIT_TEST_TARGET_PORT PGUSER=godwit
}

source_sql() {
  mariadb --defaults-file="$GODWIT_TEST_SOURCE_ROOT_DEFAULTS" --batch --skip-column-names "$@"
}
target_sql() {
  psql --no-psqlrc --quiet --tuples-only --no-align --set=ON_ERROR_STOP=1 --dbname=postgres "$@"
}

# make_tenants OPTION...: of tests/ledger/make_tenants
make_tenants() {
  "$root/tests/ledger/make_tenants" --prefix "$prefix" --tenancy "$tenancy" --tenants "$tenants" \
    "$@" | source_sql || fail "the tenants can't be made"
}

drop_targets() {
  local database
  target_sql -c "SELECT datname FROM pg_database WHERE datname LIKE '${prefix//_/\\_}%'
    OR datname LIKE 'godwit\\_%'" |
    while read -r database; do
      echo "DROP DATABASE \"$database\" WITH (FORCE);"
    done | target_sql --username=postgres # autovacuum's processes are not the owner's to end
}

# write_plan [LINE...]: further lines
write_plan() {
  local line
  {
    cat <<YAML
version: 1
source: { uri: "mariadb://godwit@localhost/?socket=$GODWIT_TEST_SOURCE_SOCKET" }
clusters: [ { name: pg, uri: "postgresql://godwit@/postgres?host=$PGHOST&port=$PGPORT" } ]
waves: [ { name: all, tenants: rest, lanes: 4 } ]
YAML
    if [[ $tenancy == database ]]; then
      echo "tenancy: { mode: database, databases: [\"$prefix%\"] }"
    else
      cat <<YAML
tenancy:
  mode: row
  database: ${prefix}shared
  directory: { table: tenants, key: id, name: slug }
  tables:
    default: { owned: tenant_id }
    tenants: { owned: id }
    currencies: shared
    bins: { inherited: [code -> shelves] }
    order_lines: { inherited: [order_id -> orders] }
    line_notes: { inherited: [line_id -> order_lines] }
YAML
    fi
    for line in "$@"; do echo "$line"; done
  } >"$folder/plan.yaml"
}

# start_writers OPTION...
start_writers() {
  "$writers" --defaults-file "$GODWIT_TEST_SOURCE_ROOT_DEFAULTS" --prefix "$prefix" \
    --tenancy "$tenancy" --tenants "$tenants" "$@" >>"$folder/writers.log" 2>&1 &
  load=$!
}

stop_writers() {
  local status=0
  kill -TERM "$load" 2>/dev/null || true
  wait "$load" || status=$?
  load=''
  ((status == 0)) || fail "the writers ended with $status"
}

# start_engine: `run --until ready`, following until it is stopped.
start_engine() {
  local waited
  # the locks of an engine that was killed go with its sessions
  for ((waited = 0; waited < 300; ++waited)); do
    [[ $(target_sql -c "SELECT count(*) FROM pg_stat_activity
      WHERE usename = 'godwit' AND pid <> pg_backend_pid()" 2>/dev/null) != 0 ]] || break
    sleep 0.1
  done
  rm -f "$folder/engine.pid"
  # in a shell of its own, which says it to the log when it is killed
  (
    GODWIT_FAILPOINTS=$failpoints "$godwit" run -p "$folder/plan.yaml" --wave all --until ready \
      --progress none --log-level info >>"$folder/engine.out" &
    echo $! >"$folder/engine.pid"
    wait $!
  ) 2>>"$folder/engine.log" &
  engine_job=$!
  until [[ -s $folder/engine.pid ]]; do sleep 0.01; done
  engine=$(<"$folder/engine.pid")
}

engine_runs() { [[ -n $engine ]] && kill -0 "$engine" 2>/dev/null; }

# end_of_engine: waits until it has ended and sets engine_status.
end_of_engine() {
  engine_status=0
  wait "$engine_job" || engine_status=$?
  engine=''
}

kill_engine() {
  kill -KILL "$engine" 2>/dev/null || true
  end_of_engine
}

stop_engine() {
  kill -INT "$engine" 2>/dev/null || true
  end_of_engine
  # 10: stopped on request
  ((engine_status == 0 || engine_status == 10)) || fail "godwit ended with $engine_status"
}

# status JQ_FILTER: of `godwit status --json`; empty when it can't be read now.
status() {
  "$godwit" status -p "$folder/plan.yaml" --json 2>>"$folder/status.log" | jq -r "$1" || true
}

# all_ready: whether every tenant is; fails when one has stopped for good.
all_ready() {
  local states ready
  states=$(status '.tenants[] | "\(.state)\t\(.tenant)\t\(.error)"')
  if grep -E "^($final_states)"$'\t' <<<"$states" >&2; then
    fail "these tenants don't follow any more"
  fi
  ready=$(grep -c $'^ready\t' <<<"$states" || true)
  ((ready == tenants))
}

# wait_ready SECONDS [ON_END]: until all tenants are ready. ON_END is called when the engine has ended.
wait_ready() {
  local deadline=$((SECONDS + $1)) on_end=${2:-engine_ended}
  until all_ready; do
    ((SECONDS < deadline)) || fail "after $1 s the tenants aren't ready"
    engine_runs || "$on_end"
    sleep 0.2
  done
}

engine_ended() {
  end_of_engine
  fail "godwit ended with $engine_status before it was told to"
}

# Everything that the source has is applied: the record of how far the run has followed covers the
# source's position, and all tenants are followed. Nothing may write meanwhile.
wait_applied() {
  local on_end=${1:-engine_ended} deadline=$((SECONDS + kCaughtUpSeconds)) wanted followed
  wanted=$(source_sql -e 'SELECT @@GLOBAL.gtid_binlog_pos') || fail "the source doesn't answer"
  while :; do
    followed=$(status '[.. | objects | .followed_to? | strings | select(. != "")] | .[]' |
      awk -F- '$3 > n { n = $3 } END { print n + 0 }')
    ((followed < ${wanted##*-})) || ! all_ready || return 0
    ((SECONDS < deadline)) || fail "the source is at $wanted, followed is up to $followed"
    engine_runs || "$on_end"
    sleep 0.2
  done
}

# Lines for tests/ledger/compare.
list_tenants() {
  local number name
  for ((number = 1; number <= tenants; ++number)); do
    name=$prefix$(printf %04d "$number")
    if [[ $tenancy == row ]]; then
      printf '%s\t%s\t%s\n' "${prefix}shared" "$name" "$number"
    else
      printf '%s\t%s\t\n' "$name" "$name"
    fi
  done
}

compare_tenants() {
  local conditions=()
  [[ $tenancy != row ]] || conditions=("$root/tests/ledger/row_conditions")
  list_tenants >"$folder/tenants"
  "$root/tests/ledger/compare" "$GODWIT_TEST_SOURCE_ROOT_DEFAULTS" "$folder/tenants" \
    "${conditions[@]}" >"$folder/compare.out" 2>&1 || {
    head -n 40 "$folder/compare.out" >&2
    fail "the sides differ"
  }
  cat "$folder/compare.out"
}

# A comparison that finds nothing must be one that can find something: a changed value in the last
# tenant's database.
spoil_and_compare() {
  local database=$prefix status=0
  database+=$(printf %04d "$tenants")
  target_sql --dbname="$database" -c "UPDATE currencies SET rate = rate + 1 WHERE code = 'EUR'"
  tail -n 1 "$folder/tenants" >"$folder/spoilt"
  local conditions=()
  [[ $tenancy != row ]] || conditions=("$root/tests/ledger/row_conditions")
  "$root/tests/ledger/compare" "$GODWIT_TEST_SOURCE_ROOT_DEFAULTS" "$folder/spoilt" \
    "${conditions[@]}" >/dev/null 2>&1 || status=$?
  ((status == 1)) || fail "the comparison doesn't see a changed value"
}

verify_tenants() {
  "$godwit" verify -p "$folder/plan.yaml" --wave all --progress none >"$folder/verify.out" \
    2>>"$folder/engine.log" || {
    tail -n 40 "$folder/verify.out" >&2
    fail "godwit verify says that the sides differ"
  }
  tail -n 1 "$folder/verify.out"
}

# need_programs: those that were named, or built ones.
need_programs() {
  if [[ -z $godwit || -z $writers ]]; then
    "$root/scripts/build" release godwit ledger_writers >&2
    godwit=${godwit:-$root/build/release/godwit}
    writers=${writers:-$root/build/release/tests/ledger/ledger_writers}
  fi
  godwit=$(realpath "$godwit")
  writers=$(realpath "$writers")
}
