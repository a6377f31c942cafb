# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# A private PostgreSQL 15 cluster in $dir/postgres, run by the system user postgres when the caller is root
# (PostgreSQL refuses to run as root), by the caller otherwise. Needs processes.sh and dir.

postgres_programs=/usr/lib/postgresql/15/bin
postgres_user=matricula

postgres_data() { printf '%s' "$dir/postgres/data"; }
postgres_processes() { processes_in_folder postgres "$(postgres_data)"; }
# The server puts quotes around it when `alter system` has written the file anew.
postgres_port() { sed -n "s/^port = '*\([0-9]*\)'*\$/\1/p" "$dir/postgres/data/postgresql.auto.conf"; }

# Runs a command as the user that owns the cluster, out of the reach of the terminal's Ctrl-C: whoever is
# interrupted ends it in good order.
as_postgres() {
  (
    leave_locks
    cd "$dir/postgres" || exit
    if ((EUID == 0)); then
      exec setsid setpriv --reuid=postgres --regid=postgres --init-groups --reset-env "$@"
    else
      exec setsid "$@"
    fi
  )
}

# make_postgres PASSWORD: a fresh cluster.
make_postgres() {
  if [[ ! -x $postgres_programs/initdb ]]; then
    fail "no PostgreSQL 15 in $postgres_programs" "Install it: apt-get install postgresql-15"
  fi
  mkdir -p "$dir/postgres"
  touch "$dir/logs/postgres.log"
  if ((EUID == 0)); then
    chmod go+x "$dir" "$dir/logs"
    chown -R postgres:postgres "$dir/postgres" "$dir/logs/postgres.log"
    as_postgres test -w "$dir/postgres" -a -w "$dir/logs/postgres.log" 2>/dev/null ||
      fail "the system user postgres cannot enter $dir, and PostgreSQL does not run as root" \
        "Use a folder that others may pass through, for example: --dir /tmp/matricula-services"
  fi
  as_postgres tee password >/dev/null <<<"$1"
  # --no-sync is for the empty cluster only: what is written later is flushed as in production.
  as_postgres "$postgres_programs/initdb" --pgdata="$(postgres_data)" --username="$postgres_user" \
    --encoding=UTF8 --locale=C.UTF-8 --auth=scram-sha-256 --pwfile=password --no-sync \
    --no-instructions >"$dir/logs/initdb.log" 2>&1 || {
    tail -n 5 "$dir/logs/initdb.log" >&2
    fail "initdb could not make a PostgreSQL cluster (its last lines are above)" "Folder: $(postgres_data)"
  }
  rm "$dir/postgres/password"
}

configure_postgres() {
  as_postgres tee "$(postgres_data)/postgresql.auto.conf" >/dev/null <<END
port = $1
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
# Not /dev/shm: a killed server would leave segments there.
dynamic_shared_memory_type = mmap
shared_buffers = 256MB
max_connections = 200
fsync = on
synchronous_commit = on
# So that its log says whose a burst of the write-ahead log was.
log_autovacuum_min_duration = 0
log_line_prefix = '%m [%p] %q%a %d '
timezone = 'UTC'
END
}

# Starts the server and returns when it takes connections; 1 if it does not.
launch_postgres() {
  # PostgreSQL takes a postmaster that was killed for a living one while its number is in use, be it by a zombie.
  if [[ -z $(postgres_processes) ]]; then
    remove_postgres_memory
    rm -f "$(postgres_data)/postmaster.pid"
  fi
  as_postgres "$postgres_programs/pg_ctl" start --pgdata="$(postgres_data)" --log="$dir/logs/postgres.log" \
    --wait --timeout=60 --silent >/dev/null 2>&1 </dev/null && postgres_answers
}

postgres_answers() {
  local answer
  answer=$(PGPASSWORD=$(postgres_password) PGCONNECT_TIMEOUT=3 "$postgres_programs/psql" -X -q -t -A -h 127.0.0.1 \
    -p "$(postgres_port)" -U "$postgres_user" -d postgres -c 'select 1' 2>/dev/null) && [[ $answer = 1 ]]
}

postgres_password() { cat "$dir/password"; }

start_postgres() {
  local attempt port
  make_postgres "$(postgres_password)"
  for attempt in 1 2 3; do
    port=$(free_ports 1)
    configure_postgres "$port"
    : >"$dir/logs/postgres.log"
    if launch_postgres; then return 0; fi
    kill_postgres
    if ! grep -q 'Address already in use' "$dir/logs/postgres.log"; then break; fi
    say "another program took port $port meanwhile; trying another (attempt $attempt)"
  done
  tail -n 15 "$dir/logs/postgres.log" >&2
  fail "PostgreSQL did not become ready (the end of its log is above)" "All of it: $dir/logs/postgres.log"
}

# initdb and pg_ctl, and what initdb starts before that has gone to its folder.
postgres_makers() {
  processes_with_argument "--pgdata=$(postgres_data)"
  processes_in_folder postgres "$dir/postgres"
}

# A crash: the postmaster first, so that it sees nothing of the others' ends. Looks again until nobody is left, for
# each of them may just have started another.
kill_postgres() {
  local -a found
  local postmaster=
  { read -r postmaster <"$(postgres_data)/postmaster.pid"; } 2>/dev/null || true
  while mapfile -t found < <(postgres_makers && postgres_processes) && ((${#found[@]} > 0)); do
    if [[ -n $postmaster && " ${found[*]} " = *" $postmaster "* ]]; then end_processes KILL 5 "$postmaster"; fi
    end_processes KILL 5 "${found[@]}"
  done
}

# Removes the System V segment (56 bytes) that a killed server leaves behind.
remove_postgres_memory() {
  local id
  id=$(sed -n '7s/.* //p' "$(postgres_data)/postmaster.pid" 2>/dev/null) || return 0
  if [[ -n $id ]]; then ipcrm --shmem-id "$id" 2>/dev/null || true; fi
}
