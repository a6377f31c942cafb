// SPDX-License-Identifier: Apache-2.0
#include "origin.hpp"

#include "statistics.hpp"

#include <fmt/chrono.h>
#include <librdkafka/rdkafka.h>
#include <pqxx/pqxx>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <fstream>
#include <memory>
#include <vector>

namespace matricula::bench {
namespace {

/// A field of the first processor, as "model name".
std::string of_cpu(const std::string& field) {
  std::ifstream in{"/proc/cpuinfo"};
  for (std::string line; std::getline(in, line);) {
    const auto colon = line.find(':');
    if (colon != line.npos && line.substr(0, line.find_last_not_of("\t ", colon - 1) + 1) == field)
      return line.substr(std::min(colon + 2, line.size()));
  }
  return "unknown";
}

/// The version of an artifact in a pom.xml.
std::string version_of(const std::string& artifact, const char* pom) {
  std::ifstream in{pom};
  bool found = false;
  for (std::string line; std::getline(in, line);) {
    found = found || line.find("<artifactId>" + artifact + "</artifactId>") != line.npos;
    const auto begin = line.find("<version>"), end = line.find("</version>");
    if (found && begin != line.npos && end != line.npos)
      return line.substr(begin + 9, end - begin - 9);
  }
  return "unknown";
}

/// The median of a thousand times.
template <class Action>
std::string round_trip(Action action) {
  std::vector<double> us;
  for (int i = 0; i < 1'000; ++i) {
    const auto began = std::chrono::steady_clock::now();
    action();
    us.push_back(std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - began).count());
  }
  return fmt::format("{:.0f} µs", spread_of(us).median);
}

std::string postgresql_round_trip(const servers& on) {
  pqxx::connection connection{on.services.postgres_url() + "/postgres"};
  pqxx::nontransaction work{connection};
  return round_trip([&] { work.exec("select 1"); });
}

std::string kafka_round_trip(const servers& on) {
  auto* const configuration = rd_kafka_conf_new();
  char why[256];
  rd_kafka_conf_set(configuration, "bootstrap.servers", on.services.bootstrap().c_str(), why, sizeof why);
  const std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)> client{
      rd_kafka_new(RD_KAFKA_PRODUCER, configuration, why, sizeof why), rd_kafka_destroy};
  if (!client) {
    rd_kafka_conf_destroy(configuration);
    return "unknown";
  }
  return round_trip([&] {
    const rd_kafka_metadata_t* metadata = nullptr;
    if (rd_kafka_metadata(client.get(), 0, nullptr, &metadata, 10'000) == RD_KAFKA_RESP_ERR_NO_ERROR)
      rd_kafka_metadata_destroy(metadata);
  });
}

/// What the backlog is drained by beside us, and how (scripts/connect, scripts/lib/connect.sh).
std::string peer() {
  constexpr const char* pom = MATRICULA_SOURCE_DIRECTORY "/scripts/kafka/connect/pom.xml";
  return fmt::format(
      "Kafka Connect {} with Debezium's JDBC sink {}, a heap of at most 2 GB, 2 tasks, batch.size and "
      "consumer.max.poll.records 1,000",
      version_of("connect-runtime", pom), version_of("debezium-connector-jdbc", pom));
}

std::uint64_t memory_bytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string kernel() {
  utsname name{};
  uname(&name);
  return std::string{name.sysname} + ' ' + name.release;
}

/// The commit that is checked out, and whether files differ from it.
std::string commit(const std::filesystem::path& folder) {
  const auto said = [&](const std::vector<std::string>& words) {
    std::vector<std::string> command{"/usr/bin/git", "-C", MATRICULA_SOURCE_DIRECTORY};
    command.insert(command.end(), words.begin(), words.end());
    running_process process{command, folder / "git.log"};
    if (process.exit_code() != 0)
      return std::string{};
    auto text = process.log();
    return text.substr(0, text.find('\n'));
  };
  const auto name = said({"rev-parse", "--short=12", "HEAD"});
  return name.empty() ? "unknown"
                      : name + (said({"status", "--porcelain", "-uno"}).empty() ? "" : " and changes");
}

}  // namespace

nlohmann::json origin_of(const servers& on, const std::string& command) {
  const auto setting = [&](const std::string& name) {
    return value_of(on.services.postgres_url() + "/postgres", "show " + name);
  };
  return {{"machine",
           {{"cpu", of_cpu("model name")},
            {"cpu_family", of_cpu("cpu family")},
            {"cpu_model", of_cpu("model")},
            {"avx512", (of_cpu("flags") + ' ').find(" avx512f ") != std::string::npos},
            {"cores", sysconf(_SC_NPROCESSORS_ONLN)},
            {"memory_bytes", memory_bytes()},
            {"kernel", kernel()}}},
          {"commit", commit(on.services.folder())},
          {"command", command},
          {"build", MATRICULA_BUILD_TYPE},
          {"time", fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)))},
          {"peer", peer()},
          {"settings",
           {{"postgresql", setting("server_version")},
            {"fsync", setting("fsync")},
            {"synchronous_commit", setting("synchronous_commit")},
            {"full_page_writes", setting("full_page_writes")},
            {"shared_buffers", setting("shared_buffers")},
            {"round trip of `select 1`", postgresql_round_trip(on)},
            {"round trip of a Kafka metadata request", kafka_round_trip(on)},
            {"kafka", version_of("kafka_2.13", MATRICULA_SOURCE_DIRECTORY "/scripts/kafka/pom.xml")},
            {"kafka_brokers", on.services.brokers()},
            {"network", "loopback, no delay added"}}}};
}

}  // namespace matricula::bench
