# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# What a script is doing and how long it took. Source it first.
#
#   begin_step "Building dev"     ==> Building dev
#   end_step                          done in 12.3 s
#   print_step_times              a table of all steps

program=${program:-scripts/${0##*/}}
step_title=
step_begin_us=0
step_titles=()
step_times=()

now_us() { printf '%s' "${EPOCHREALTIME/[.,]/}"; }

# Microseconds as seconds with one decimal: 12345678 -> 12.3
seconds() { printf '%d.%d' $(($1 / 1000000)) $(($1 / 100000 % 10)); }

# One argument a line.
say() { printf '    %s\n' "$@"; }

# Says what went wrong, where and what to do; one argument a line. Ends the script.
fail() {
  printf '%s: %s\n' "$program" "$1" >&2
  shift
  local line
  for line in "$@"; do printf '    %s\n' "$line" >&2; done
  exit 1
}

wrong_usage() {
  printf '%s: %s\n    See: %s --help\n' "$program" "$1" "$program" >&2
  exit 2
}

begin_step() {
  step_title=$1
  step_begin_us=$(now_us)
  printf '==> %s\n' "$step_title"
}

end_step() {
  local took=$(($(now_us) - step_begin_us))
  step_titles+=("$step_title")
  step_times+=("$took")
  printf '    %s in %s s\n' "${1:-done}" "$(seconds "$took")"
  step_title=
}

print_step_times() {
  local i total=0
  if [[ -n $step_title ]]; then end_step "ended early"; fi
  if ((${#step_titles[@]} == 0)); then return 0; fi
  printf '==> Time per step\n'
  for i in "${!step_titles[@]}"; do
    printf '    %8s s  %s\n' "$(seconds "${step_times[i]}")" "${step_titles[i]}"
    total=$((total + step_times[i]))
  done
  printf '    %8s s  in all\n' "$(seconds "$total")"
}
