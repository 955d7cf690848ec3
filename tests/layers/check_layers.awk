# The rules of check_layers, for one pass over all sources.

BEGIN {
  line_limit = 500
  split("core:0 sql:1 mariadb:1 postgres:1 schema:2 plan:2 scan:2 control:2 " \
        "copy:3 capture:3 apply:3 reverse:3 verify:3 cutover:4 engine:5 cli:6 web:6 main:7", pairs, " ")
  for (i in pairs) { split(pairs[i], pair, ":"); level[pair[1]] = pair[2] }
  # The only includes within a level.
  beside["plan", "schema"] = beside["apply", "capture"] = 1
  driver["mysql.h"] = driver["mariadb_rpl.h"] = driver["mysql/"] = driver["mariadb/"] = "mariadb"
  driver["libpq-fe.h"] = driver["postgresql/"] = driver["pqxx/"] = "postgres"
  split(ENVIRON["LONG_FILES"], lines, "\n")
  for (i in lines) { split(lines[i], words, " "); if (words[1] !~ /^#/) may_be_long[words[1]] = 1 }
  for (i = 1; i < ARGC; ++i) if (ARGV[i] ~ /\.hpp$/) {
    name = ARGV[i]
    sub(/^(src|include\/godwit)\//, "", name)
    if (name in header_of) report(ARGV[i], 1, "is also in " header_of[name] "; a header is public or private")
    header_of[name] = ARGV[i]
  }
}

function report(file, line, text) {
  printf "%s:%d: error: %s\n", file, line, text
  failed = 1
}

# The room of a file, or of an included path; "" when it is none.
function room_of(path, parts) {
  sub(/^(src|include\/godwit)\//, "", path)
  if (path == "main.cpp") return "main"
  split(path, parts, "/")
  return index(path, "/") ? parts[1] : ""
}

function end_file() {
  if (file == "") return
  if (lines_read > line_limit && !(file in may_be_long))
    report(file, lines_read, "has " lines_read " lines, more than " line_limit)
  if (file ~ /\.hpp$/ && !has_pragma) report(file, 1, "has no #pragma once")
}

FNR == 1 {
  end_file()
  file = FILENAME
  room = room_of(file)
  has_pragma = includes_seen = 0
  if (!(room in level)) report(file, 1, "is in no known room")
}

{ lines_read = FNR }

/^#pragma once/ { has_pragma = 1 }

/^[ \t]*#[ \t]*include[ \t]*["<]/ {
  path = $0
  sub(/^[^"<]*["<]/, "", path)
  sub(/[">].*/, "", path)
  quoted = $0 ~ /include[ \t]*"/
  check_include(path, quoted)
}

function check_include(path, quoted, public, other, own, prefix) {
  for (prefix in driver)
    if (index(path, prefix) == 1 && !(quoted && prefix == "mariadb/") && room != driver[prefix])
      report(file, FNR, "includes <" path ">, which belongs to the room " driver[prefix])

  ++includes_seen
  own = file
  sub(/^src\//, "", own)
  sub(/\.cpp$/, ".hpp", own)
  if (file ~ /\.cpp$/ && includes_seen == 1 && own in header_of && !is_own_header(path, own))
    report(file, FNR, "must include its own header " header_of[own] " first")

  if (!quoted) return
  public = sub(/^godwit\//, "", path)
  other = room_of(path)
  if (other == "" || other == room || !(room in level)) return
  if (!(other in level)) {
    if (public) report(file, FNR, "includes the unknown room " other)
    return
  }
  if (!(level[other] < level[room] || (room, other) in beside))
    report(file, FNR, room " (level " level[room] ") must not include " other " (level " level[other] ")")
  if (!public) report(file, FNR, "includes a private header of " other)
}

function is_own_header(path, own, base) {
  base = own
  sub(/.*\//, "", base)
  return path == own || path == "godwit/" own || path == base
}

END {
  end_file()
  exit failed
}
