# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# CAF, librdkafka and libpqxx compiled for ThreadSanitizer, from Debian's source packages, in the user's cache: Debian's
# own libraries are not instrumented, so that every message from actor to actor, and from librdkafka's threads to ours,
# would look like a race. Needs steps.sh, and command_prefix and build_with of building.sh.
# Sets:
#
#   instrumented_root        what CMake is to search for them: include/ and lib/

instrumented_root=
# What each is compiled for: a race of ours with it is seen.
instrumented_flags=(-DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_C_FLAGS_RELWITHDEBINFO='-O1 -g1'
  -DCMAKE_CXX_FLAGS_RELWITHDEBINFO='-O1 -g1' -DCMAKE_C_FLAGS='-fsanitize=thread -w'
  -DCMAKE_CXX_FLAGS='-fsanitize=thread -w' -DCMAKE_C_COMPILER=gcc -DCMAKE_CXX_COMPILER=g++
  -DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache)
caf_flags=(-DCAF_BUILD_STATIC_ONLY=yes -DCAF_LOG_LEVEL=QUIET -DCAF_NO_IO=yes -DCAF_NO_OPENSSL=yes -DCAF_NO_OPENCL=yes
  -DCAF_NO_PYTHON=yes -DCAF_NO_TOOLS=yes -DCAF_NO_EXAMPLES=yes -DCAF_NO_UNIT_TESTS=yes)
# Compression and TLS as the tests use them: LZ4 is librdkafka's own, Zstandard and SASL's Kerberos no test asks for.
librdkafka_flags=(-DWITH_SSL=ON -DWITH_ZLIB=ON -DWITH_ZSTD=OFF -DWITH_SASL=OFF -DWITH_CURL=OFF -DRDKAFKA_BUILD_EXAMPLES=OFF
  -DRDKAFKA_BUILD_TESTS=OFF)
libpqxx_flags=(-DSKIP_BUILD_TEST=ON -DBUILD_DOC=OFF)

# The version of Debian's source package from which an installed package was made.
source_version() { dpkg-query -W -f '${source:Version}' "$1"; }

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

# fetch_sources FOLDER PACKAGE...: unpacks the source of the versions that are installed (NAME=VERSION of source packages)
# into FOLDER/NAME.
fetch_sources() {
  local folder=$1 package
  shift
  local -a apt=(apt-get -q -o "Dir::Etc::SourceList=/dev/null" -o "Dir::Etc::SourceParts=$folder/parts"
    -o "Dir::State::Lists=$folder/lists" -o "Dir::Cache=$folder/cache" -o Debug::NoLocking=1)
  source_lists "$folder"
  (cd "$folder" && "${apt[@]}" update && "${apt[@]}" source --tar-only --download-only "$@") \
    >"$folder/apt.log" 2>&1 || return 1
  for package; do
    mkdir "$folder/${package%%=*}"
    tar -xf "$folder/${package%%=*}"_*.orig.tar.gz -C "$folder/${package%%=*}" --strip-components=1
  done
}

# compile_instrumented FOLDER NAME OPTION...: the source in FOLDER/NAME into FOLDER/installed.
compile_instrumented() {
  local folder=$1 name=$2 build=$1/$2/build-tsan
  shift 2
  say "$name"
  {
    "${command_prefix[@]}" cmake -S "$folder/$name" -B "$build" -G Ninja -Wno-dev "${instrumented_flags[@]}" \
      -DCMAKE_INSTALL_PREFIX="$folder/installed" -DCMAKE_INSTALL_LIBDIR=lib "$@" &&
      "${build_with[@]}" "${command_prefix[@]}" cmake --build "$build" \
        --parallel "${CMAKE_BUILD_PARALLEL_LEVEL:-$(nproc)}" &&
      cmake --install "$build"
  } >"$folder/$name.log" 2>&1 || {
    tail -n 20 "$folder/$name.log" >&2
    fail "$name could not be compiled for ThreadSanitizer (its last lines are above)" "All of them: $folder/$name.log"
  }
}

# install_instrumented: once, five minutes on two cores. 1 if the sources cannot be had.
install_instrumented() {
  local cache=${XDG_CACHE_HOME:-$HOME/.cache}/matricula fresh caf librdkafka libpqxx
  caf=$(source_version libcaf-dev) librdkafka=$(source_version librdkafka-dev) libpqxx=$(source_version libpqxx-dev)
  instrumented_root=$cache/tsan-caf-$caf-librdkafka-$librdkafka-libpqxx-$libpqxx
  if [[ -d $instrumented_root ]]; then return 0; fi
  mkdir -p "$cache"
  fresh=$(mktemp -d "$cache/tsan.XXXXXX")
  say "compiling libraries for ThreadSanitizer (once, five minutes)"
  if ! fetch_sources "$fresh" "actor-framework=$caf" "librdkafka=$librdkafka" "libpqxx=$libpqxx"; then
    tail -n 5 "$fresh/apt.log" >&2
    rm -rf "$fresh"
    instrumented_root=
    return 1
  fi
  compile_instrumented "$fresh" actor-framework "${caf_flags[@]}"
  compile_instrumented "$fresh" librdkafka "${librdkafka_flags[@]}"
  compile_instrumented "$fresh" libpqxx "${libpqxx_flags[@]}"
  mv "$fresh/installed" "$instrumented_root"
  rm -rf "$fresh"
}
