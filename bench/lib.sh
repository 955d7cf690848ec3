# shellcheck shell=bash
# What the benchmarks share: servers, CPU accounting, medians, the JSON report.

# ticks PID...: CPU ticks of processes, with those of their children that have ended.
ticks() {
  local pid sum=0 line fields
  for pid in "$@"; do
    [[ -r /proc/$pid/stat ]] || continue
    read -r line <"/proc/$pid/stat" || continue
    read -r -a fields <<<"${line##*) }"
    sum=$((sum + fields[11] + fields[12] + fields[13] + fields[14]))
  done
  echo "$sum"
}

# target_ticks: of the postmaster and the server processes it has now.
target_ticks() {
  # shellcheck disable=SC2046  # a list of numbers
  ticks "$GODWIT_TEST_TARGET_PID" $(pgrep -P "$GODWIT_TEST_TARGET_PID")
}

source_ticks() { ticks "$GODWIT_TEST_SOURCE_PID"; }

# seconds TICKS
cpu_seconds() { awk -v t="$1" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", t / hz }'; }

now() { date +%s.%N; }
elapsed() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.2f", b - a }'; }

median() { printf '%s\n' "$@" | sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

calc() { awk "BEGIN { printf \"%.3f\", $* }"; }

# warm_target: a server that has run for a while writes its log to files that it has, in memory that
# it has; one that was just made is slower by a good part until it has filled max_wal_size once.
# Wants min_wal_size=8GB.
warm_target() {
  psql -XAtq -v ON_ERROR_STOP=1 -U postgres -d postgres \
    -c "CREATE TABLE warm AS SELECT repeat(md5(n::text), 30) AS line FROM generate_series(1, 8000000) AS n" \
    -c "DROP TABLE warm" -c CHECKPOINT
}

# keep KEY VALUE: one figure of the report.
declare -a report_keys=()
declare -A report_values=()
keep() {
  [[ -v report_values[$1] ]] || report_keys+=("$1")
  report_values[$1]=$2
}

print_report() {
  local key
  printf '\n%-28s %s\n' key value
  for key in "${report_keys[@]}"; do printf '%-28s %s\n' "$key" "${report_values[$key]}"; done
}

# write_json FILE BENCH
write_json() {
  local key separator=
  {
    printf '{"bench": "%s", "date": "%s", "commit": "%s", "cores": %s,\n' "$2" \
      "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$(git rev-parse --short=12 HEAD 2>/dev/null || echo unknown)" \
      "$(nproc)"
    printf ' "cpu": "%s", "memory_kb": %s,\n' \
      "$(awk -F': ' '/model name/ { print $2; exit }' /proc/cpuinfo)" \
      "$(awk '/MemTotal/ { print $2 }' /proc/meminfo)"
    printf ' "versions": {"mariadb": "%s", "postgresql": "%s", "pgloader": "%s"},\n "figures": {' \
      "$(dpkg-query -W -f '${Version}' mariadb-server)" \
      "$(dpkg-query -W -f '${Version}' postgresql-15)" \
      "$(dpkg-query -W -f '${Version}' pgloader)"
    for key in "${report_keys[@]}"; do
      printf '%s\n  "%s": %s' "$separator" "$key" "${report_values[$key]}"
      separator=,
    done
    printf '\n }}\n'
  } >"$1"
}
