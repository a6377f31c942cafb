# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# Brokers of a private Apache Kafka under $dir/kafka. Needs kafka_install.sh, processes.sh, and these:
#
#   dir          the services' folder
#   brokers      1 or 3
#   fast_start   yes: class-data archive and the quick compiler only; for tests, not for measuring
#
# Broker N is broker and controller, keeps its data in $dir/kafka/N and is known by an argument that
# names this folder.

kafka_mark() { printf -- '-Dmatricula.kafka=%s' "$dir/kafka/$1"; }
broker_processes() { processes_with_argument "$(kafka_mark "$1")"; }
broker_port() { sed -n "s/^advertised.listeners=.*://p" "$dir/kafka/$1/server.properties"; }

# write_kafka_configuration PORT...: two ports for each broker, its clients' and its controller's.
write_kafka_configuration() {
  local -a ports=("$@")
  local n voters='' cluster in_sync=1 noticed_after_ms=6000 unheard_after_ms=2000
  if ((brokers == 3)); then in_sync=2 noticed_after_ms=2000 unheard_after_ms=1200; fi
  for ((n = 1; n <= brokers; ++n)); do
    voters+=${voters:+,}$n@127.0.0.1:${ports[2 * n - 1]}
  done
  cluster=$(random_kafka_id)
  for ((n = 1; n <= brokers; ++n)); do
    local home=$dir/kafka/$n
    mkdir -p "$home/data" "$home/tmp"
    cp "$kafka_cache/bootstrap.checkpoint" "$home/data/"
    printf '%s\n' version=1 "cluster.id=$cluster" "node.id=$n" "directory.id=$(random_kafka_id)" \
      >"$home/data/meta.properties"
    cat >"$home/server.properties" <<END
process.roles=broker,controller
node.id=$n
controller.quorum.voters=$voters
listeners=PLAINTEXT://127.0.0.1:${ports[2 * n - 2]},CONTROLLER://127.0.0.1:${ports[2 * n - 1]}
advertised.listeners=PLAINTEXT://127.0.0.1:${ports[2 * n - 2]}
controller.listener.names=CONTROLLER
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$home/data
auto.create.topics.enable=false
default.replication.factor=$brokers
min.insync.replicas=$in_sync
offsets.topic.num.partitions=3
offsets.topic.replication.factor=$brokers
transaction.state.log.num.partitions=3
transaction.state.log.replication.factor=$brokers
transaction.state.log.min.isr=$in_sync
share.coordinator.state.topic.num.partitions=3
share.coordinator.state.topic.replication.factor=$brokers
share.coordinator.state.topic.min.isr=$in_sync
group.initial.rebalance.delay.ms=0
# A broker that died without a word is noticed after so long, by the others, and where it was the controller, a next one is
# elected before they begin to count: soon enough, together, for the members of a group that it coordinated, whose sessions
# last 6 s and more, to find the next coordinator before they are given up.
broker.session.timeout.ms=$noticed_after_ms
broker.heartbeat.interval.ms=$((noticed_after_ms / 6))
controller.quorum.fetch.timeout.ms=$unheard_after_ms
controller.quorum.election.timeout.ms=$((unheard_after_ms / 2))
END
  done
}

# launch_broker N: starts the process and returns as soon as broker_processes finds it.
launch_broker() {
  local home=$dir/kafka/$1
  local -a options=(-Xmx512m -XX:+UseSerialGC -XX:-UsePerfData)
  if [[ $fast_start = yes ]]; then
    options+=(-XX:TieredStopAtLevel=1 -Xshare:auto -XX:SharedArchiveFile="$kafka_cache/$(class_archive_name)")
  fi
  options+=(${broker_options[@]+"${broker_options[@]}"})
  (
    leave_locks
    cd "$home" || exit
    exec setsid java "${options[@]}" "$(kafka_mark "$1")" \
      -Djava.io.tmpdir="$home/tmp" \
      -Dlog4j2.configurationFile="$root/scripts/kafka/log4j2.properties" \
      -Dmatricula.log="$dir/logs/kafka-$1.log" \
      -cp "$kafka_class_path" kafka.Kafka "$home/server.properties" \
      </dev/null >>"$dir/logs/kafka-$1.out" 2>&1
  ) &
  local launched=$!
  disown
  until [[ -n $(broker_processes "$1") || -z $(process_start "$launched") ]]; do sleep 0.01; done
}

# How many brokers the one at this port knows to be alive: a real Metadata request (version 8, no topics),
# of whose answer 16 bytes suffice: size, correlation id, throttle time, number of brokers.
brokers_seen_at() {
  local -a answer
  read -r -a answer < <(
    # shellcheck disable=SC2016
    timeout 2 bash -c '
      exec 3<>"/dev/tcp/127.0.0.1/$1" || exit
      printf "\0\0\0\x11\0\x03\0\x08\0\0\0\x01\xff\xff\0\0\0\0\0\0\0" >&3
      head -c 16 <&3 | od -An -v -tu1 -w16' bash "$1" 2>/dev/null
  ) || true
  printf '%s' "${answer[15]:-0}"
}

# wait_for_brokers SECONDS N...: until each of these answers and knows that all of them are alive.
# 1: a process ended, or the time is over.
wait_for_brokers() {
  local limit=$((SECONDS + $1)) n port
  shift
  for n in "$@"; do
    port=$(broker_port "$n")
    while (($(brokers_seen_at "$port") < $#)); do
      if ((SECONDS > limit)) || [[ -z $(broker_processes "$n") ]]; then return 1; fi
      sleep 0.05
    done
  done
}

broker_numbers() {
  local properties
  for properties in "$dir"/kafka/*/server.properties; do
    if [[ -e $properties ]]; then basename "${properties%/*}"; fi
  done
}

running_brokers() {
  local n
  for n in $(broker_numbers); do
    if [[ -n $(broker_processes "$n") ]]; then printf '%s\n' "$n"; fi
  done
}

lost_port_to_another() {
  grep -q -s -e 'Address already in use' -e 'failed to bind' "$dir"/logs/kafka-*.{log,out}
}

# Every broker ready, or the reason why not. The ports may be taken between choosing and binding.
start_kafka() {
  local attempt
  local -a ports numbers
  for attempt in 1 2 3; do
    mapfile -t ports < <(free_ports $((2 * brokers)))
    rm -rf "$dir/kafka" "$dir"/logs/kafka-*
    write_kafka_configuration "${ports[@]}"
    mapfile -t numbers < <(broker_numbers)
    local n
    for n in "${numbers[@]}"; do launch_broker "$n"; done
    if wait_for_brokers 90 "${numbers[@]}"; then return 0; fi
    if ! lost_port_to_another; then break; fi
    say "another program took a port meanwhile; trying others (attempt $attempt)"
    kill_kafka
  done
  tail -n 15 "$dir"/logs/kafka-*.{log,out} >&2 2>/dev/null || true
  fail "Kafka did not become ready (the ends of its logs are above)" \
    "All of them: $dir/logs/kafka-*" \
    "Needs Java 17 or newer, and 400 MB of memory for each broker."
}

kill_kafka() {
  local -a found
  mapfile -t found < <(for n in 1 2 3; do broker_processes "$n"; done)
  end_processes KILL 10 "${found[@]}"
}

class_archive_name() { printf 'classes-%s.jsa' "$(java -XX:-UsePerfData -Xinternalversion | cksum | cut -d' ' -f1)"; }

# The class-data archive for --fast-start: what a broker has loaded when it was started, written by its end.
ensure_class_archive() {
  local archive
  archive=$kafka_cache/$(class_archive_name)
  if [[ -e $archive ]]; then return 0; fi
  say "recording Java's class-data archive (once)"
  local -a found
  (
    dir=$(mktemp -d "$kafka_cache/record.XXXXXX")
    brokers=1 fast_start=no
    broker_options=(-XX:TieredStopAtLevel=1 -XX:ArchiveClassesAtExit="$dir/classes.jsa")
    trap 'kill_kafka; rm -rf "$dir"' EXIT
    mkdir "$dir/logs"
    start_kafka
    mapfile -t found < <(broker_processes 1)
    end_processes TERM 60 "${found[@]}"
    mv "$dir/classes.jsa" "$archive"
  )
}
broker_options=()
