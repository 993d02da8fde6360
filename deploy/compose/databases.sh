#!/bin/sh
# Makes a database and a role for each service. PostgreSQL's image runs it once, on an empty volume.
# A role can connect to its own database only.
set -eu

make() {
    psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 \
        --username "$POSTGRES_USER" --dbname postgres \
        --set=role="$1" --set=password="$2" <<'SQL'
CREATE ROLE :"role" LOGIN PASSWORD :'password';
CREATE DATABASE :"role" OWNER :"role";
REVOKE CONNECT, TEMPORARY ON DATABASE :"role" FROM PUBLIC;
SQL
}

psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname postgres <<'SQL'
REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;
SQL

make kaitong_order "$KAITONG_PASSWORD_ORDER"
make kaitong_provisioning "$KAITONG_PASSWORD_PROVISIONING"
make kaitong_resources "$KAITONG_PASSWORD_RESOURCES"
make kaitong_customer "$KAITONG_PASSWORD_CUSTOMER"
