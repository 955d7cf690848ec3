# shellcheck shell=bash
# Facts about processes, read from /proc without starting any.

# process_stat PID: sets `stat` to the fields of /proc/PID/stat that follow the command's name, so
# that ${stat[0]} is the state, [1] the parent, [6] the flags and [19] the start time.
process_stat() {
  local line
  read -r line 2>/dev/null <"/proc/$1/stat" || return 1
  # The name may hold spaces and brackets; nothing after it does.
  read -r -a stat <<<"${line##*) }"
}

# caller_of PID: prints PID, or the program it is a subshell of.
caller_of() {
  local pid=$1 stat
  # PF_FORKNOEXEC: forked, and has not executed a program of its own.
  while process_stat "$pid" && ((stat[6] & 0x40)) && ((stat[1] > 1)); do
    pid=${stat[1]}
  done
  echo "$pid"
}

# process_runs PID WORD: whether PID is alive and WORD one of its arguments.
process_runs() {
  local argument
  [[ -r /proc/$1/cmdline ]] || return 1
  while IFS= read -r -d '' argument; do
    [[ $argument != "$2" ]] || return 0
  done 2>/dev/null <"/proc/$1/cmdline"
  return 1
}

# Closes every file but stdin, stdout and stderr. For a subshell that is about to exec.
close_inherited_files() {
  local path fd
  for path in "/proc/$BASHPID/fd/"*; do
    fd=${path##*/}
    ((fd <= 2)) || eval "exec $fd>&-"
  done 2>/dev/null
}
