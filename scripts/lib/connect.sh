# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# Kafka Connect with the Debezium JDBC sink, fetched once by Maven and checked at every use, and workers of it for the
# Kafka that scripts/services has started. Needs steps.sh, processes.sh, kafka_install.sh, root, and these:
#
#   dir      the services' folder
#   group    the workers' group: they share its connectors, which its topics GROUP-configs, -offsets, -status hold
#   worker   the name of one of its workers
#   heap     the most that its Java heap may take, 2g
#   batch    the most records that a sink writes in one transaction, and that its consumer hands it, 3000
#   offset_flush_interval   milliseconds from one commit of its offsets to the next, 60000
#
# A worker keeps its settings and its address in $dir/connect/GROUP and is known by an argument that names it there.

connect_cache=
connect_class_path=

install_connect() {
  local sums=$root/scripts/kafka/connect/SHA256SUMS name
  name=$(cat "$sums" "$root/scripts/kafka/connect/pom.xml" | sha256sum | cut -c1-12)
  connect_cache=${XDG_CACHE_HOME:-$HOME/.cache}/matricula/connect-$name
  mkdir -p "${connect_cache%/*}"
  take_lock "${connect_cache%/*}/lock" 600 ||
    fail "another program has been fetching Kafka into ${connect_cache%/*} for ten minutes" \
      "See: ps -ef | grep scripts/"
  if [[ -d $connect_cache ]]; then
    # 100 jars, 95 MB, 0.5 s.
    (cd "$connect_cache" && sha256sum --check --quiet --strict "$sums") ||
      fail "a jar in $connect_cache is not what scripts/kafka/connect/SHA256SUMS says" \
        "Remove the folder and start again; it will be fetched anew: rm -r $connect_cache"
  else
    say "fetching Kafka Connect and the Debezium JDBC sink with Maven (once, 91 MB)"
    fetch_connect "$connect_cache.fresh"
    (cd "$connect_cache.fresh" && sha256sum --check --quiet --strict "$sums") ||
      fail "Maven delivered jars that are not those of scripts/kafka/connect/SHA256SUMS (listed above)" \
        "If scripts/kafka/connect/pom.xml was changed on purpose: scripts/connect renew-checksums" \
        "Otherwise do not use them: something between here and Maven Central alters them."
    mv "$connect_cache.fresh" "$connect_cache"
  fi
  connect_class_path=$(sed -n "s|^[0-9a-f]*  jars/|$connect_cache/jars/|p" "$sums" | paste -s -d :)
}

# fetch_connect FOLDER: the worker's jars into FOLDER/jars, the sink's into FOLDER/plugins.
fetch_connect() {
  local fresh=$1 archive
  rm -rf "$fresh"
  resolve_jars "$root/scripts/kafka/connect/pom.xml" "$fresh"
  mkdir "$fresh/plugins"
  archive=$(echo "$fresh"/jars/*-plugin.tar.gz)
  tar -xzf "$archive" -C "$fresh/plugins"
  # A second Jackson beside the worker's own ends the task when it starts; the archive of 3.5.0.Final has none.
  rm -f "$archive" "$fresh"/plugins/*/jackson-core*.jar
  rm -rf "$fresh/project" "$fresh/mvn.log"
}

renew_connect_checksums() {
  local fresh
  fresh=$(mktemp -d)
  fetch_connect "$fresh/it"
  (cd "$fresh/it" && LC_ALL=C sha256sum -- jars/*.jar plugins/*/*.jar) >"$root/scripts/kafka/connect/SHA256SUMS"
  rm -rf "$fresh"
}

group_folder() { printf '%s/connect/%s' "$dir" "$group"; }
worker_mark() { printf -- '-Dmatricula.connect=%s/%s' "$(group_folder)" "$1"; }
worker_processes() { processes_with_argument "$(worker_mark "$1")"; }
worker_address() { cat "$(group_folder)/$1.url" 2>/dev/null; }
worker_log() { printf '%s/logs/connect-%s-%s.log' "$dir" "$group" "$1"; }

# The names of the workers that the group has had.
worker_names() {
  local file
  for file in "$(group_folder)"/*.url; do
    if [[ -e $file ]]; then basename "$file" .url; fi
  done
}

# What differs from Connect's own defaults: the sessions, which are matricula's; that a worker's tasks are given to the
# others at once when its session is over, as partitions are with matricula; and batches of 3,000, or as many as --batch
# says, which the sink can only fill if the consumer hands it as many.
write_worker_configuration() {
  local port=$1 bootstrap
  bootstrap=$(sed -n 's/^KAFKA_BOOTSTRAP=//p' "$dir/env")
  mkdir -p "$(group_folder)"
  cat >"$(group_folder)/$worker.properties" <<END
bootstrap.servers=$bootstrap
group.id=$group
config.storage.topic=$group-configs
offset.storage.topic=$group-offsets
status.storage.topic=$group-status
config.storage.replication.factor=-1
offset.storage.replication.factor=-1
status.storage.replication.factor=-1
offset.storage.partitions=1
status.storage.partitions=1
listeners=http://127.0.0.1:$port
plugin.path=$connect_cache/plugins
plugin.discovery=service_load
key.converter=org.apache.kafka.connect.converters.ByteArrayConverter
value.converter=org.apache.kafka.connect.converters.ByteArrayConverter
session.timeout.ms=6000
heartbeat.interval.ms=1000
scheduled.rebalance.max.delay.ms=0
consumer.session.timeout.ms=6000
consumer.heartbeat.interval.ms=1000
consumer.isolation.level=read_committed
consumer.max.poll.records=$batch
consumer.max.partition.fetch.bytes=4194304
offset.flush.interval.ms=$offset_flush_interval
END
  printf 'http://127.0.0.1:%s\n' "$port" >"$(group_folder)/$worker.url.new"
  mv "$(group_folder)/$worker.url.new" "$(group_folder)/$worker.url"
}

# Becomes the worker; what it says goes to standard output. The options are those of Kafka's own start script.
become_worker() {
  local -a options=(-Xms256m "-Xmx$heap" -XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35
    -XX:+ExplicitGCInvokesConcurrent -XX:-UsePerfData -Djava.awt.headless=true)
  write_worker_configuration "$(free_ports 1)"
  leave_locks
  cd "$(group_folder)" || exit
  export MATRICULA_SERVICES_DIR=$dir
  exec java "${options[@]}" "$(worker_mark "$worker")" \
    -Dlog4j2.configurationFile="$root/scripts/kafka/connect/log4j2.properties" \
    -cp "$connect_class_path" org.apache.kafka.connect.cli.ConnectDistributed "$(group_folder)/$worker.properties"
}

# Returns when the worker's REST API answers and it belongs to the group; 1 if it ends or takes over 90 s.
wait_for_worker() {
  local limit=$((SECONDS + 90))
  until curl -s -f -o /dev/null --max-time 5 "$(worker_address "$1")/health"; do
    if ((SECONDS > limit)) || [[ -z $(worker_processes "$1") ]]; then return 1; fi
    sleep 0.1
  done
}

# The address of a worker that answers.
group_address() {
  local name
  for name in $(worker_names); do
    if curl -s -f -o /dev/null --max-time 5 "$(worker_address "$name")/health"; then
      worker_address "$name"
      return 0
    fi
  done
  fail "no worker of the group $group answers" "First: scripts/connect start --dir $dir --group $group"
}

# sink_configuration TOPICS DATABASE TASKS BATCH: as JSON. DATABASE: postgresql://user:password@host:port/name
sink_configuration() {
  local url=${2#postgresql://}
  local credentials=${url%%@*}
  jq --arg topics "$1" --arg url "jdbc:postgresql://${url#*@}?sslmode=disable" --arg user "${credentials%%:*}" \
    --arg password "${credentials#*:}" --arg tasks "$3" --arg batch "$4" \
    --rawfile schema "$root/scripts/kafka/connect/record.json" '. + {
      "topics": $topics, "tasks.max": $tasks, "batch.size": $batch, "value.converter.schema.content": $schema,
      "connection.url": $url, "connection.username": $user, "connection.password": $password
    }' "$root/scripts/kafka/connect/sink.json"
}

# put_sink NAME TOPICS DATABASE TASKS BATCH: makes the connector, or changes it, and returns when its tasks run.
put_sink() {
  local name=$1 began=$SECONDS limit=$((SECONDS + 90)) address answer='' states
  address=$(group_address) || exit
  # Refused while the workers agree on who does what.
  until answer=$(sink_configuration "${@:2}" | curl -s -S --fail-with-body --max-time 30 -X PUT \
    -H 'Content-Type: application/json' --data-binary @- "$address/connectors/$name/config"); do
    if ((SECONDS > limit)) || [[ $answer != *'"error_code":409'* ]]; then
      fail "Connect did not take the sink $name: $(jq -r '.message? // .' <<<"$answer" 2>/dev/null | head -n 5)"
    fi
    sleep 0.5
  done
  until
    answer=$(curl -s --max-time 5 "$address/connectors/$name/status") || answer='{}'
    states=$(jq -r '[.tasks[]?.state] | join(" ")' <<<"$answer")
    [[ $states = "$(printf 'RUNNING%.0s ' $(seq "$4") | sed 's/ $//')" ]]
  do
    # The tasks of a sink that was changed may have failed before.
    if ((SECONDS > limit)) || [[ $states = *FAILED* && $((SECONDS - began)) -gt 15 ]]; then
      jq -r '.tasks[]?.trace? // empty' <<<"$answer" | head -n 20 >&2
      fail "the tasks of the sink $name do not run: ${states:-none}"
    fi
    sleep 0.1
  done
}
