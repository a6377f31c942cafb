# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# Building a preset of CMakePresets.json into build/<preset>. Needs steps.sh and root.
# shellcheck source=instrumented.sh
. "$root/scripts/lib/instrumented.sh"

presets() {
  sed -n '/"configurePresets"/,/"buildPresets"/s/^ *"name": "\([^"]*\)".*/\1/p' "$root/CMakePresets.json" | grep -v '^base$'
}

# ThreadSanitizer of g++ 12 does not start where the kernel spreads addresses over more than 28 bits.
# Sets the array of the same name to what a command of this preset must be prefixed with.
command_prefix=()
choose_command_prefix() {
  local bits=0
  command_prefix=()
  { read -r bits </proc/sys/vm/mmap_rnd_bits; } 2>/dev/null || true
  if [[ $1 = tsan* ]] && ((bits > 28)) && setarch -R true 2>/dev/null; then command_prefix=(setarch -R); fi
}

# What runs the builds; run_guest of lodging.sh in scripts that a signal must not wait for.
build_with=()

# build_preset PRESET TARGET...: all targets if none is named.
build_preset() {
  local preset=$1 folder=$root/build/$1
  shift
  [[ " $(presets | paste -s -d ' ') " = *" $preset "* ]] ||
    fail "CMakePresets.json has no preset $preset" "It has: $(presets | paste -s -d ' ')"
  if ! type -P cmake >/dev/null || ! type -P ninja >/dev/null; then
    fail "cmake or ninja is not installed" "Install all that scripts/packages.txt lists: scripts/build --install"
  fi
  # Paths within the checkout count from where the compiler runs, so that one checkout's objects serve another; cmake/cached
  # sees to those that use a precompiled header. Not where gcov reads them.
  if [[ $preset != coverage ]]; then
    export CCACHE_BASEDIR=${CCACHE_BASEDIR:-$root} CCACHE_NOHASHDIR=${CCACHE_NOHASHDIR:-1}
  fi
  export CCACHE_SLOPPINESS=${CCACHE_SLOPPINESS:-pch_defines,time_macros}
  export NINJA_STATUS=${NINJA_STATUS:-'    [%f/%t, %e s] '}
  choose_command_prefix "$preset"
  if [[ ! -e $folder/build.ninja || $root/CMakePresets.json -nt $folder/build.ninja ]]; then
    local -a settings=()
    if [[ $preset = tsan-actors ]]; then
      install_instrumented ||
        fail "the sources of CAF, librdkafka and libpqxx could not be fetched (apt-get's last lines are above)" \
          "Without them: the preset tsan"
      settings=("-DCAF_ROOT=$instrumented_root" "-DRdKafka_ROOT=$instrumented_root" "-DPqxx_ROOT=$instrumented_root")
    fi
    "${build_with[@]}" "${command_prefix[@]}" cmake -S "$root" --preset "$preset" --log-level=WARNING "${settings[@]}" ||
      fail "CMake could not configure build/$preset (its message is above)" \
        "Is a package missing? scripts/build --install installs those of scripts/packages.txt."
  fi
  local -a targets=()
  if (($# > 0)); then targets=(--target "$@"); fi
  "${build_with[@]}" "${command_prefix[@]}" cmake --build "$folder" --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" "${targets[@]}" ||
    fail "build/$preset does not compile (the compiler's message is above)"
}

# The static libraries of a configured preset: what a second compiler is asked to read.
library_targets() { ninja -C "$root/build/$1" -t targets all | sed -n 's|^\([^ ]*/lib[^/ ]*\.a\): .*|\1|p'; }
