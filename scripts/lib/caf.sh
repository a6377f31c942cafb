# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# CAF compiled for ThreadSanitizer, from Debian's source package, in the user's cache: Debian's own library is not
# instrumented, so that every message from actor to actor would look like a race. Needs steps.sh, and
# command_prefix and build_with of building.sh.
# Sets:
#
#   caf_root        what CMake is to search for it

caf_root=

# A source list of the Debian archives that this machine installs from, for apt-get source; nothing of the system changes.
source_lists() {
  local folder=$1 file
  mkdir -p "$folder/parts" "$folder/lists/partial" "$folder/cache/archives/partial"
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*; do
    if [[ ! -f $file ]]; then continue; fi
    case $file in
      *.sources)
        if grep -Eq '^Suites:(.* )?bookworm( |$)' "$file"; then
          sed 's/^Types: .*/Types: deb-src/' "$file" >"$folder/parts/${file##*/}"
        fi
        ;;
      *.list)
        sed -n '/ bookworm /s/^deb\(-src\)\? /deb-src /p' "$file" >"$folder/parts/${file##*/}"
        ;;
    esac
  done
}

# fetch_caf FOLDER: unpacks the source of the version that is installed into FOLDER/source.
fetch_caf() {
  local folder=$1 version
  version=$(dpkg-query -W -f '${source:Version}' libcaf-dev)
  local -a apt=(apt-get -q -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$folder/parts"
    -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o Debug::NoLocking=1)
  source_lists "$folder"
  (cd "$folder" && "${apt[@]}" update && "${apt[@]}" source --tar-only --download-only "actor-framework=$version") \
    >"$folder/apt.log" 2>&1 || return 1
  mkdir "$folder/source"
  tar -xf "$folder"/actor-framework_*.orig.tar.gz -C "$folder/source" --strip-components=1
}

# install_instrumented_caf: once, three minutes on two cores. 1 if its source cannot be had.
install_instrumented_caf() {
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/matricula fresh
  caf_root=$cache/caf-$(dpkg-query -W -f '${source:Version}' libcaf-dev)-tsan
  if [[ -d $caf_root ]]; then return 0; fi
  mkdir -p "$cache"
  fresh=$(mktemp -d "$cache/caf.XXXXXX")
  say "compiling CAF for ThreadSanitizer (once, three minutes)"
  if ! fetch_caf "$fresh"; then
    tail -n 5 "$fresh/apt.log" >&2
    rm -rf "$fresh"
    caf_root=
    return 1
  fi
  {
    "${command_prefix[@]}" cmake -S "$fresh/source" -B "$fresh/build" -G Ninja -Wno-dev \
      -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO='-O1 -g1' \
      -DCMAKE_CXX_FLAGS='-fsanitize=thread -w' -DCMAKE_CXX_COMPILER=g++ -DCMAKE_CXX_COMPILER_LAUNCHER=ccache \
      -DCAF_BUILD_STATIC_ONLY=yes -DCAF_LOG_LEVEL=QUIET -DCAF_NO_IO=yes -DCAF_NO_OPENSSL=yes -DCAF_NO_OPENCL=yes \
      -DCAF_NO_PYTHON=yes -DCAF_NO_TOOLS=yes -DCAF_NO_EXAMPLES=yes -DCAF_NO_UNIT_TESTS=yes \
      -DCMAKE_INSTALL_PREFIX="$fresh/caf" &&
      "${build_with[@]}" "${command_prefix[@]}" cmake --build "$fresh/build" --parallel "$(nproc)" &&
      cmake --install "$fresh/build"
  } >"$fresh/build.log" 2>&1 || {
    tail -n 20 "$fresh/build.log" >&2
    fail "CAF could not be compiled for ThreadSanitizer (its last lines are above)" "All of them: $fresh/build.log"
  }
  mv "$fresh/caf" "$caf_root"
  rm -rf "$fresh"
}
