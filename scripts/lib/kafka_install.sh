# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=bash disable=SC2154,SC2034
# Apache Kafka as a folder of jars in the user's cache, fetched once by Maven and checked at every use.
# Needs steps.sh, processes.sh and root. Sets:
#
#   kafka_cache        the folder, named for the contents of scripts/kafka
#   kafka_class_path   its jars in a fixed order, as the class-data archive demands

kafka_cache=
kafka_class_path=

install_kafka() {
  local sums=$root/scripts/kafka/SHA256SUMS name
  name=$(cat "$sums" "$root/scripts/kafka/pom.xml" | sha256sum | cut -c1-12)
  kafka_cache=${XDG_CACHE_HOME:-$HOME/.cache}/matricula/kafka-$name
  mkdir -p "${kafka_cache%/*}"
  take_lock "${kafka_cache%/*}/lock" 600 ||
    fail "another program has been fetching Kafka into ${kafka_cache%/*} for ten minutes" \
      "See: ps -ef | grep scripts/services"
  if [[ -d $kafka_cache/jars ]]; then
    # 46 jars, 43 MB, 0.3 s.
    (cd "$kafka_cache/jars" && sha256sum --check --quiet --strict "$sums") ||
      fail "a jar in $kafka_cache/jars is not what scripts/kafka/SHA256SUMS says" \
        "Remove the folder and start again; it will be fetched anew: rm -r $kafka_cache"
  else
    fetch_kafka "$sums"
  fi
  kafka_class_path=$(sed "s|^[0-9a-f]*  |$kafka_cache/jars/|" "$sums" | paste -s -d :)
  if [[ ! -e $kafka_cache/bootstrap.checkpoint ]]; then format_kafka_storage; fi
}

# resolve_jars POM FOLDER: what the POM depends on, into FOLDER/jars.
resolve_jars() {
  local pom=$1 folder=$2
  mkdir -p "$folder/project" "$folder/jars"
  cp "$pom" "$folder/project/"
  MAVEN_OPTS="-XX:-UsePerfData ${MAVEN_OPTS:-}" mvn -B -q -f "$folder/project/pom.xml" \
    org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies \
    -DincludeScope=runtime -DoutputDirectory="$folder/jars" >"$folder/mvn.log" 2>&1 || {
    tail -n 20 "$folder/mvn.log" >&2
    fail "Maven could not fetch what ${pom#"$root"/} names (its last lines are above)" \
      "Check the network; a proxy or a mirror is set in ~/.m2/settings.xml."
  }
}

fetch_kafka() {
  local sums=$1 fresh=$kafka_cache.fresh
  say "fetching Apache Kafka with Maven (once, 43 MB)"
  rm -rf "$fresh"
  resolve_jars "$root/scripts/kafka/pom.xml" "$fresh"
  (cd "$fresh/jars" && sha256sum --check --quiet --strict "$sums") ||
    fail "Maven delivered jars that are not those of scripts/kafka/SHA256SUMS (listed above)" \
      "If scripts/kafka/pom.xml was changed on purpose: scripts/services renew-checksums" \
      "Otherwise do not use them: something between here and Maven Central alters them."
  rm -rf "$fresh/project" "$fresh/mvn.log" "$kafka_cache"
  mv "$fresh" "$kafka_cache"
}

# Formats a log folder once and keeps what every new broker's folder begins with. It names the features of
# this Kafka version only, no node and no cluster, so that a broker need not start Java twice (1.5 s).
format_kafka_storage() {
  local fresh=$kafka_cache/format
  rm -rf "$fresh"
  mkdir -p "$fresh"
  cat >"$fresh/server.properties" <<END
process.roles=broker,controller
node.id=1
controller.quorum.voters=1@127.0.0.1:1
listeners=PLAINTEXT://127.0.0.1:2,CONTROLLER://127.0.0.1:1
controller.listener.names=CONTROLLER
log.dirs=$fresh/data
END
  java -XX:-UsePerfData -cp "$kafka_class_path" kafka.tools.StorageTool format \
    -t "$(random_kafka_id)" -c "$fresh/server.properties" >"$fresh/log" 2>&1 || {
    cat "$fresh/log" >&2
    fail "Kafka's StorageTool failed (its message is above)" "Java in use: $(command -v java)"
  }
  mv "$fresh/data/bootstrap.checkpoint" "$kafka_cache/"
  rm -rf "$fresh"
}

# A random 128-bit id as Kafka writes it: base64url, without a leading dash.
random_kafka_id() {
  local id=-
  while [[ $id = -* ]]; do id=$(head -c 16 /dev/urandom | base64 | tr '+/' '-_' | tr -d =); done
  printf '%s' "$id"
}

renew_kafka_checksums() {
  local fresh
  fresh=$(mktemp -d)
  resolve_jars "$root/scripts/kafka/pom.xml" "$fresh"
  (cd "$fresh/jars" && LC_ALL=C sha256sum -- *.jar) >"$root/scripts/kafka/SHA256SUMS"
  rm -rf "$fresh"
}
