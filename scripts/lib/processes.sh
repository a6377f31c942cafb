# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# Processes found by what they carry, never by a number read from a file: a number may have been given
# to somebody else since.

# The processes that have exactly this argument in their command line.
processes_with_argument() {
  local file
  # shellcheck disable=SC2062
  # The pattern goes in by standard input, or grep would find itself.
  { grep -lzxF --file=- -- /proc/[0-9]*/cmdline 2>/dev/null || true; } <<<"$1" |
    while IFS=/ read -r _ _ file _; do printf '%s\n' "$file"; done
}

# The processes that were started with exactly this variable: NAME=value.
processes_with_variable() {
  local file
  # shellcheck disable=SC2062
  { grep -lzxF --file=- -- /proc/[0-9]*/environ 2>/dev/null || true; } <<<"$1" |
    while IFS=/ read -r _ _ file _; do printf '%s\n' "$file"; done
}

# The processes of this name that work in this folder.
processes_in_folder() {
  local name=$1 folder=$2 link pid comm
  for link in /proc/[0-9]*/cwd; do
    pid=${link#/proc/}
    pid=${pid%/cwd}
    { read -r comm <"/proc/$pid/comm"; } 2>/dev/null || continue
    [[ $comm = "$name" ]] || continue
    link=$(readlink "$link" 2>/dev/null) || continue
    if [[ ${link% (deleted)} = "$folder" ]]; then printf '%s\n' "$pid"; fi
  done
}

# When the process began, in clock ticks since boot; nothing if it is gone or a zombie.
# With its pid, this names one process for good.
process_start() {
  local stat
  { read -r stat <"/proc/$1/stat"; } 2>/dev/null || return 0
  local -a fields
  read -r -a fields <<<"${stat##*) }"
  if [[ ${fields[0]} != Z ]]; then printf '%s' "${fields[19]}"; fi
}

# Sends the signal, and returns when all are gone; after the given seconds they are killed.
end_processes() {
  local signal=$1 seconds=$2
  shift 2
  if (($# == 0)); then return 0; fi
  local pid began=$SECONDS
  kill -s "$signal" "$@" 2>/dev/null || true
  for pid in "$@"; do
    while [[ -n $(process_start "$pid") ]]; do
      if ((SECONDS - began > seconds)); then
        kill -s KILL "$pid" 2>/dev/null || true
        began=$SECONDS
      fi
      sleep 0.02
    done
  done
}

# Ports of 127.0.0.1 that nobody uses now, below those that the kernel hands out by itself.
# free_ports COUNT
free_ports() {
  local wanted=$1 port hex used
  used=$(cat /proc/net/tcp /proc/net/tcp6 2>/dev/null)
  local -A taken=()
  while ((${#taken[@]} < wanted)); do
    port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
    printf -v hex ':%04X ' "$port"
    if [[ $used != *"$hex"* && -z ${taken[$port]:-} ]]; then
      taken[$port]=1
      printf '%s\n' "$port"
    fi
  done
}

# take_lock FILE SECONDS: this process has the file for itself until it ends; 1 if others keep it so long.
# A lock file may be removed by its holder, so the one that was waited for must still be in its place.
lock_descriptors=()
take_lock() {
  local descriptor
  while true; do
    exec {descriptor}>"$1"
    flock --timeout "$2" "$descriptor" || return 1
    if [[ $1 -ef /proc/self/fd/$descriptor ]]; then break; fi
    exec {descriptor}>&-
  done
  lock_descriptors+=("$descriptor")
}

# In a subshell that becomes a process which outlives this one: it must not keep the locks.
leave_locks() {
  local descriptor
  for descriptor in "${lock_descriptors[@]}"; do exec {descriptor}>&-; done
}
