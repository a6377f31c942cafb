// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/faults/services.hpp"
#include "tests/integration/running_process.hpp"

#include <nlohmann/json.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace matricula::bench {

/// The real services, and their processes.
struct servers {
  const faults::services& services;
  pid_t broker, postmaster;

  explicit servers(const faults::services& on);
};

struct bench_site {
  std::string name;
  std::vector<std::string> lanes;  ///< "ESO-46", …
};

/// What a scenario deploys.
struct bench_wishes {
  std::vector<bench_site> sites;
  std::string feed_url;
  std::string every = "1ms";  ///< from page to page
  int partitions = 2;         ///< of every lane
  std::uint64_t page_records_max = 30'000;
  std::string targets_directory = MATRICULA_SOURCE_DIRECTORY "/config/targets";
  std::string target = "classrooms";
  std::string database_template = "template1";  ///< what the sites' databases are copies of
};

/// Sites `count` of them, for all flavours in all provinces: 1, 3 (a province each) or 12 (a province and two flavours
/// each).
std::vector<bench_site> sites_for_all_lanes(int count);

/// Every lane of these sites.
std::vector<std::string> lanes_of(const std::vector<bench_site>& sites);

/// What was used and written up to a moment.
struct reading {
  double matricula_cpu_s = 0, kafka_cpu_s = 0, postgres_cpu_s = 0;
  std::uint64_t wal_bytes = 0;
};

/// matricula on real services: a topology file, topics and databases of its own, which go with it. Errors are thrown as
/// std::runtime_error.
class bench_deployment {
 public:
  /// `name` is part of its topics and databases: letters and digits.
  bench_deployment(const servers& on, std::filesystem::path folder, std::string name, bench_wishes wishes);
  ~bench_deployment();
  bench_deployment(const bench_deployment&) = delete;
  bench_deployment& operator=(const bench_deployment&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  const bench_wishes& wishes() const { return wishes_; }
  std::string topic(const std::string& lane) const { return name_ + '-' + lane; }
  std::string database_url(const std::string& site) const;
  /// For what is told in the name of this deployment, as a group or a transactional id.
  const std::string& name() const { return name_; }

  /// From page to page, from the next start on.
  void set_every(std::string every);

  /// `matricula run FILE OPTION... --report FILE`
  running_process start(const std::vector<std::string>& options);
  /// Waits for its end; throws if it is not a good one, or not within so long.
  void await(running_process& process, std::chrono::seconds wait) const;
  /// Ends it by SIGTERM.
  void end(running_process& process) const;
  /// The report of the process that has ended last.
  nlohmann::json report() const;

  /// Of matricula's process and the servers.
  reading read(const running_process& process) const;
  /// Of the servers only.
  reading read() const;
  /// Where the partitions of each lane end, Kafka's own entries included.
  std::map<std::string, std::vector<std::int64_t>> ends() const;
  /// Entries of its other topics: cursors, quarantine, outcomes.
  std::int64_t other_entries() const;

 private:
  void write_topology() const;
  void remove_topics() const;
  std::vector<std::string> other_topics() const;
  std::filesystem::path report_file() const { return folder_ / "report.json"; }

  const servers& on_;
  std::filesystem::path folder_;
  std::string name_;
  bench_wishes wishes_;
  int started_ = 0;
};

/// Runs one statement, or several.
void execute(const std::string& database_url, const std::string& sql);
/// The first column of a query's first row.
std::string value_of(const std::string& database_url, const std::string& sql);

}  // namespace matricula::bench
