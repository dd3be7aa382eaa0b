# The first start of the image `postgres`, as far as its documentation describes it.
set -e
if [ "$(id -u)" = 0 ]; then
  mkdir -p "$PGDATA" /run/postgresql
  chown -R postgres "$PGDATA" /run/postgresql
  exec setpriv --reuid=postgres --regid=postgres --clear-groups sh "$0" "$@"
fi
if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -z "$POSTGRES_PASSWORD" ]; then
    echo 'Error: Database is uninitialized and superuser password is not specified.' >&2
    exit 1
  fi
  chmod 700 "$PGDATA"
  (umask 077 && printf '%s\n' "$POSTGRES_PASSWORD" > /tmp/password)
  user=${POSTGRES_USER:-postgres}
  initdb --username="$user" --pwfile=/tmp/password --auth-local=trust --auth-host=trust > /dev/null
  rm /tmp/password
  echo 'host all all all scram-sha-256' >> "$PGDATA/pg_hba.conf"
  echo "listen_addresses = '*'" >> "$PGDATA/postgresql.conf"
  echo "CREATE DATABASE \"${POSTGRES_DB:-$user}\"" | postgres --single -jE postgres > /dev/null
fi
exec "$@"
