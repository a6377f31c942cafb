# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# A temporary folder with services for the length of one script, which leaves nothing behind whatever ends
# the script: its end, an error, Ctrl-C, or SIGKILL (then scripts/services' watcher clears up).
# Needs steps.sh, processes.sh and root.
#
#   open_lodging NAME          makes $lodging, a folder under ${TMPDIR:-/tmp}
#   start_services OPTION...   scripts/services in it; its addresses are exported
#   run_guest COMMAND...       runs a command to its end, as its exit code; a signal does not wait for it
#   keep_lodging               a clean end leaves the folder and the services

lodging=
lodging_kept=no
services_started=no

open_lodging() {
  lodging=$(mktemp -d "${TMPDIR:-/tmp}/matricula-$1.XXXXXX")
  "$root/scripts/services" guard --dir "$lodging" --owner $$ --discard
  # By this, what we start is found again.
  export MATRICULA_SERVICES_DIR=$lodging
  trap 'leave_lodging $?' EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

start_services() {
  services_started=yes
  env -u MATRICULA_SERVICES_DIR "$root/scripts/services" start --dir "$lodging" --owner $$ --discard "$@"
  set -a
  # shellcheck disable=SC1091
  . "$lodging/env"
  set +a
}

run_guest() {
  "$@" &
  wait $!
}

# start_guest LOG COMMAND...: a command that runs until the lodging is left; its pid is in guest.
guest=
start_guest() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 &
  guest=$!
}

keep_lodging() { lodging_kept=yes; }

leave_lodging() {
  local code=$1
  trap '' HUP INT TERM
  trap - EXIT
  if [[ $code = 0 && $lodging_kept = yes ]]; then
    # The watchers would follow our end.
    local -a watchers
    mapfile -t watchers < <(processes_with_argument "$(cat "$lodging/.matricula-services")")
    end_processes KILL 5 "${watchers[@]}"
    if declare -F last_words >/dev/null; then last_words 0; fi
    say "Still running, with logs in $lodging/logs; the addresses are in $lodging/env." \
      "To stop all of it: scripts/services stop --discard --dir $lodging"
    exit 0
  fi
  if [[ -n $step_title ]]; then end_step "ended early"; fi
  if ((code > 0 && code < 128)) && [[ $services_started = yes ]]; then
    cp -r "$lodging/logs" "$lodging.logs"
    say "the services' logs are kept in $lodging.logs"
  fi
  env -u MATRICULA_SERVICES_DIR "$root/scripts/services" stop --discard --dir "$lodging" >/dev/null || code=1
  # A start that was interrupted has stopped by itself, and left the logs.
  rm -rf "$lodging"
  if declare -F last_words >/dev/null; then last_words "$code"; fi
  exit "$code"
}
