#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# scripts/services as its users see it: what runs, what answers, and that nothing stays behind.
# Takes about a minute.
# shellcheck disable=SC2016,SC2317
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
services=$root/scripts/services
unset MATRICULA_SERVICES_DIR
# shellcheck source-path=SCRIPTDIR source=../../scripts/lib/processes.sh
. "$root/scripts/lib/processes.sh"

failed=0
exec {terminal}>&2

expect() {
  local what=$1
  shift
  if ! "$@"; then
    printf '  not so: %s\n' "$what" >&"$terminal"
    failed=$((failed + 1))
  fi
}
is() { [[ $1 = "$2" ]]; }
eventually() {
  local limit=$((SECONDS + 30))
  until "$@"; do
    if ((SECONDS > limit)); then return 1; fi
    sleep 0.1
  done
}

exit_code_of() {
  local code=0
  "$@" >/dev/null 2>&1 || code=$?
  printf '%s' "$code"
}

processes_of() {
  local n
  for n in 1 2 3; do processes_with_argument "-Dmatricula.kafka=$1/kafka/$n"; done
  processes_in_folder postgres "$1/postgres/data"
}
nothing_runs() { [[ -z $(processes_of "$1") ]]; }
only_logs_in() { is "$(ls -A "$1")" logs; }

query() { psql -X -q -t -A "$POSTGRES_URL/postgres" -c "$1"; }

read_env() {
  set -a
  # shellcheck disable=SC1091
  . "$dir/env"
  set +a
  unset MATRICULA_SERVICES_DIR
}

# create_topic NAME REPLICATION: a CreateTopics request (version 4) by hand, one partition.
create_topic() {
  local name=$1 replication=$2 length address=${KAFKA_BOOTSTRAP%%,*} answer
  length=$((2 + 2 + 4 + 2 + 4 + 2 + ${#name} + 4 + 2 + 4 + 4 + 4 + 1))
  answer=$(timeout 30 bash -c '
    exec 3<>"/dev/tcp/${1%:*}/${1#*:}"
    printf "\0\0\0\x$2\0\x13\0\x04\0\0\0\x01\xff\xff\0\0\0\x01\0\x$3%s\0\0\0\x01\0\x0$5\0\0\0\0\0\0\0\0\0\0\x75\x30\0" \
      "$4" >&3
    skip=$((4 + 4 + 4 + 4 + 2 + ${#4}))
    head -c $((skip + 2)) <&3 | tail -c 2 | od -An -tu1' bash \
    "$address" "$(printf '%02x' "$length")" "$(printf '%02x' ${#name})" "$name" "$replication")
  is "$(xargs <<<"$answer")" "0 0"
}

# The shell that becomes the broker takes its time, as on a loaded machine.
slowly() {
  cd() {
    if [[ $1 = */kafka/[0-9] ]]; then sleep 1; fi
    builtin cd "$@"
  }
  export -f cd
  "$@"
  unset -f cd
}

answers_of_one_broker() {
  slowly "$services" start --dir "$dir" --fast-start
  read_env
  expect "status is 0" is "$(exit_code_of "$services" status --dir "$dir")" 0
  expect "PostgreSQL answers" is "$(query 'select 1')" 1
  expect "its text is UTF-8, sorted by code point" is "$(query 'show server_encoding')$(query 'show lc_collate')" UTF8C.UTF-8
  expect "it flushes what it commits" is "$(query 'show fsync')$(query 'show synchronous_commit')" onon
  expect "a topic can be created" create_topic "greetings" 1
  echo 'bon dia' | kcat -q -b "$KAFKA_BOOTSTRAP" -P -t greetings -X acks=all
  expect "a message returns" is "$(timeout 30 kcat -q -b "$KAFKA_BOOTSTRAP" -C -t greetings -o beginning -c 1)" "bon dia"
  expect "a consumer group reads" \
    is "$(timeout 30 kcat -q -b "$KAFKA_BOOTSTRAP" -G readers -X auto.offset.reset=earliest -c 1 greetings 2>/dev/null)" "bon dia"
  expect "no topic is made by asking for it" is "$(kcat -b "$KAFKA_BOOTSTRAP" -L -t unheard 2>&1 | grep -c 'Unknown topic')" 1
}

start_again_changes_nothing() {
  local before
  before=$(processes_with_argument "-Dmatricula.kafka=$dir/kafka/1")
  "$services" start --dir "$dir" | grep -q 'already running' || expect "it says so" false
  expect "the same broker runs" is "$(processes_with_argument "-Dmatricula.kafka=$dir/kafka/1")" "$before"
  expect "another size is refused" is "$(exit_code_of "$services" start --dir "$dir" --brokers 3)" 1
}

killed_postgres_comes_back_with_its_data() {
  query 'create table kept (n int)'
  query 'insert into kept values (7)'
  "$services" kill-postgres --dir "$dir"
  expect "status is 3" is "$(exit_code_of "$services" status --dir "$dir")" 3
  "$services" start-postgres --dir "$dir"
  expect "its data is there, at the same address" is "$(query 'select n from kept')" 7
  "$services" stop-postgres --dir "$dir"
  expect "stopped, status is 3" is "$(exit_code_of "$services" status --dir "$dir")" 3
  "$services" start-postgres --dir "$dir"
  expect "status is 0" is "$(exit_code_of "$services" status --dir "$dir")" 0
}

killed_broker_comes_back_with_its_data() {
  "$services" kill-broker 1 --dir "$dir"
  expect "status is 3" is "$(exit_code_of "$services" status --dir "$dir")" 3
  "$services" start-broker 1 --dir "$dir"
  expect "its data is there" is "$(timeout 30 kcat -q -b "$KAFKA_BOOTSTRAP" -C -t greetings -o beginning -c 1)" "bon dia"
}

stop_leaves_only_logs() {
  "$services" stop --dir "$dir"
  expect "no process" nothing_runs "$dir"
  expect "no file but logs" only_logs_in "$dir"
  expect "status is 3" is "$(exit_code_of "$services" status --dir "$dir")" 3
  expect "a second stop is fine" is "$(exit_code_of "$services" stop --dir "$dir")" 0
}

three_brokers_form_a_cluster() {
  "$services" start --dir "$dir" --brokers 3 --fast-start
  read_env
  expect "three addresses" is "$(tr -cd , <<<"$KAFKA_BOOTSTRAP" | wc -c)" 2
  expect "a topic of three replicas" create_topic "greetings" 3
  in_sync() { kcat -b "$KAFKA_BOOTSTRAP" -L -t greetings -J 2>/dev/null | jq '.topics[0].partitions[0].isrs | length'; }
  all_in_sync() { is "$(in_sync)" 3; }
  two_in_sync() { is "$(in_sync)" 2; }
  expect "three in sync" eventually all_in_sync
  "$services" kill-broker 2 --dir "$dir"
  expect "two in sync after a broker's death" eventually two_in_sync
  echo 'bona nit' | kcat -q -b "$KAFKA_BOOTSTRAP" -P -t greetings -X acks=all
  expect "two are enough to write" \
    is "$(timeout 30 kcat -q -b "$KAFKA_BOOTSTRAP" -C -t greetings -o beginning -c 1)" "bona nit"
  "$services" start-broker 2 --dir "$dir"
  expect "three in sync again" eventually all_in_sync
  "$services" stop --dir "$dir"
  expect "no process" nothing_runs "$dir"
}

start_after_the_callers_death_removes_leftovers() {
  # Dies in the middle of start, and start dies with it: nobody can clean up but the next one.
  local before
  setsid bash -c '"$1" start --dir "$2" --fast-start & wait' bash "$services" "$dir" >/dev/null 2>&1 &
  local caller=$!
  broker_runs() { [[ -n $(processes_with_argument "-Dmatricula.kafka=$dir/kafka/1") ]]; }
  expect "a broker is being started" eventually broker_runs
  before=$(processes_with_argument "-Dmatricula.kafka=$dir/kafka/1")
  kill -KILL -- "-$caller"
  wait "$caller" 2>/dev/null || true
  expect "the broker lives on" broker_runs
  "$services" start --dir "$dir" --fast-start
  expect "the old broker is gone" is "$(process_start "$before")" ''
  expect "one broker runs" is "$(processes_with_argument "-Dmatricula.kafka=$dir/kafka/1" | wc -l)" 1
  read_env
  expect "PostgreSQL answers" is "$(query 'select 1')" 1
  "$services" stop --dir "$dir"
}

interrupted_start_leaves_nothing() {
  setsid "$services" start --dir "$dir" --fast-start >/dev/null 2>&1 &
  local start=$!
  expect "a broker is being started" eventually broker_runs
  kill -TERM "$start"
  wait "$start" 2>/dev/null || true
  expect "no process" nothing_runs "$dir"
  expect "no file but logs" only_logs_in "$dir"
}

owner_killed_takes_everything_along() {
  local guest caller
  setsid bash -c '
    "$1" start --dir "$2" --fast-start --owner $$ --discard >/dev/null
    MATRICULA_SERVICES_DIR=$2 sleep 1000 & wait' bash "$services" "$dir" &
  caller=$!
  guest_runs() { [[ -n $(processes_with_variable "MATRICULA_SERVICES_DIR=$dir") ]]; }
  expect "the caller has started all" eventually guest_runs
  guest=$(processes_with_variable "MATRICULA_SERVICES_DIR=$dir")
  kill -KILL "$caller"
  wait "$caller" 2>/dev/null || true
  folder_is_gone() { [[ ! -e $dir ]]; }
  expect "the folder is gone" eventually folder_is_gone
  expect "no process" nothing_runs "$dir"
  expect "the process that carried our name is gone" is "$(process_start "$guest")" ''
}

foreign_folders_are_left_alone() {
  mkdir -p "$dir/kafka"
  echo novel >"$dir/kafka/metamorphosis.txt"
  expect "start refuses" is "$(exit_code_of "$services" start --dir "$dir")" 1
  expect "the folder is as it was" is "$(cat "$dir/kafka/metamorphosis.txt")" novel
  expect "stop refuses" is "$(exit_code_of "$services" stop --dir "$dir")" 1
  expect "the folder is still as it was" is "$(cat "$dir/kafka/metamorphosis.txt")" novel
}

# tell FOLDER STORY...: stories that share a folder, one after the other.
tell() {
  local took story
  dir=$base/$1
  shift
  for story in "$@"; do
    took=$SECONDS
    printf '%s\n' "${story//_/ }"
    "$story" >>"$base/output" 2>&1 || { failed=$((failed + 1)) && printf '  ended with an error\n' >&2; }
    printf '  %d s\n' $((SECONDS - took))
  done
  if [[ -e $dir/.matricula-services ]]; then "$services" stop --dir "$dir" >/dev/null; fi
}

base=$(mktemp -d)
chmod go+x "$base"
stop_all() {
  for dir in "$base"/*/; do "$services" stop --dir "$dir" >/dev/null 2>&1 || true; done
}
trap stop_all EXIT
trap 'exit 130' INT TERM

tell one answers_of_one_broker start_again_changes_nothing killed_postgres_comes_back_with_its_data \
  killed_broker_comes_back_with_its_data stop_leaves_only_logs
tell three three_brokers_form_a_cluster
tell leftovers start_after_the_callers_death_removes_leftovers interrupted_start_leaves_nothing
tell owner owner_killed_takes_everything_along
tell foreign foreign_folders_are_left_alone

if ((failed > 0)); then
  printf '%d expectations failed; what was printed is in %s\n' "$failed" "$base/output" >&2
  exit 1
fi
rm -rf "$base"
