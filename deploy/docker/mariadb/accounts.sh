# shellcheck shell=bash
# Sourced by the image's entry point when the data folder is new. Tenants' databases here are
# named crm_…; an underscore is a wildcard in a grant unless escaped.
docker_process_sql --database=mysql <<SQL
CREATE USER godwit@'%' IDENTIFIED BY '${GODWIT_SOURCE_PASSWORD:?}';
GRANT REPLICATION SLAVE, BINLOG MONITOR ON *.* TO godwit@'%';
GRANT SELECT, LOCK TABLES, SHOW VIEW, TRIGGER, EVENT ON \`crm\\_%\`.* TO godwit@'%';
GRANT SELECT ON mysql.proc TO godwit@'%';
SQL
