# shellcheck shell=bash
# How a column prints on both sides so that equal values are equal text: numbers as digits, floats
# and bytes as hex of their bits, text as hex of its UTF-8. Shares no code with Godwit.

# The 16 hex digits of a double's bits, sign of -0.0 included, out of a point's binary form.
source_double_bits() {
  local point="HEX(ST_AsBinary(POINT(CAST($1 AS DOUBLE), 0)))" parts='' at
  for at in 25 23 21 19 17 15 13 11; do parts+=", SUBSTR($point, $at, 2)"; done
  echo "CONCAT(${parts#, })"
}

# source_expression TYPE NAME WIDTH: what a column of the source prints.
source_expression() {
  local type=$1 name=$2 width=$3
  case $type in
    tinyint | smallint | mediumint | int | bigint | year) echo "$name + 0" ;;
    decimal) echo "CAST($name AS CHAR)" ;;
    float | double) source_double_bits "$name" ;;
    bit) echo "LPAD(BIN($name + 0), $width, '0')" ;;
    date | datetime | timestamp) echo "DATE_FORMAT($name, '%Y-%m-%d %H:%i:%s.%f')" ;;
    time) echo "CAST(TIME_TO_SEC($name) * 1000000 AS SIGNED)" ;;
    uuid) echo "CAST($name AS CHAR)" ;;
    inet4) echo "CONCAT('02200004', HEX(CAST($name AS BINARY(4))))" ;;
    inet6) echo "CONCAT('03800010', HEX(CAST($name AS BINARY(16))))" ;;
    binary | varbinary | *blob | geometry | point | linestring | polygon | multi* | \
      geometrycollection)
      echo "HEX($name)"
      ;;
    char | varchar | *text | enum | set) echo "HEX(CONVERT($name USING utf8mb4))" ;;
    *) echo "$name has type $type, which it doesn't know" >&2 && return 1 ;;
  esac
}

# target_expression TYPE NAME: what a column of the target prints.
target_expression() {
  local type=$1 name=$2
  case $type in
    bool) echo "$name::int::text" ;;
    int2 | int4 | int8 | numeric | bit | varbit | uuid) echo "$name::text" ;;
    float4 | float8) echo "upper(encode(float8send($name::float8), 'hex'))" ;;
    date | timestamp) echo "to_char($name::timestamp, 'YYYY-MM-DD HH24:MI:SS.US')" ;;
    timestamptz) echo "to_char($name AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI:SS.US')" ;;
    time | interval) echo "(extract(epoch FROM $name) * 1000000)::bigint::text" ;;
    inet) echo "upper(encode(inet_send($name), 'hex'))" ;;
    bytea) echo "upper(encode($name, 'hex'))" ;;
    _text) echo "upper(encode(convert_to(array_to_string($name, ','), 'UTF8'), 'hex'))" ;;
    text | varchar | bpchar | json) echo "upper(encode(convert_to($name::text, 'UTF8'), 'hex'))" ;;
    *) echo "$name has type $type, which it doesn't know" >&2 && return 1 ;;
  esac
}
