// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"
#include "postgres_fixture.hpp"
#include "running_process.hpp"
#include "running_simulator.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace matricula {

/// What a test wants otherwise than the rest.
struct pipeline_wishes {
  std::uint64_t records = 3'000;            ///< of the first sweep
  std::uint32_t page_records_max = 1'000;   ///< so a sweep has several pages
  std::string every = "50ms";               ///< from page to page
  std::string request_timeout = "30s";      ///< of a page
  std::string kafka_properties;             ///< lines of [kafka.properties]
  std::string limits;                       ///< lines of [limits]
  std::filesystem::path targets_directory;  ///< another one than the repository's
  std::vector<std::string> simulator_options;
};

/// The whole of a deployment: ITACA's simulator, the lanes ESO-46 and FP-46 with a site each, topics, groups
/// and databases that no other test has. Everything goes at its end.
class pipeline_deployment {
 public:
  explicit pipeline_deployment(pipeline_wishes wishes = {});
  ~pipeline_deployment();
  pipeline_deployment(const pipeline_deployment&) = delete;
  pipeline_deployment& operator=(const pipeline_deployment&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  const std::filesystem::path& file() const { return file_; }
  const site_database& database(const std::string& lane) const { return lane == "ESO-46" ? eso_ : fp_; }
  running_simulator& simulator() { return *simulator_; }

  /// Writes the topology file anew.
  void write_topology(int partitions = 2, const std::string& bootstrap = {}) const;
  /// As the program would read it, for a graph within the test.
  topology load() const;

  /// The topic of a lane, "ESO-46", or "cursors", "quarantine", "outcomes".
  std::string topic(const std::string& which) const { return name_ + '-' + which; }

  /// `matricula COMMAND FILE OPTION...`, at work, with `more` environment variables.
  running_process start(const std::string& command, const std::vector<std::string>& options = {},
                        const running_process::variables& more = {});
  running_process start_run(const std::vector<std::string>& options = {},
                            const running_process::variables& more = {}) {
    return start("run", options, more);
  }
  /// `matricula run FILE`, to which SIGTERM was sent before it began.
  running_process start_run_told_to_stop();
  /// `matricula COMMAND FILE OPTION...` to its end: the exit code, and what it has printed.
  std::pair<std::optional<int>, std::string> finish(const std::string& command,
                                                    const std::vector<std::string>& options = {});

  /// In what the site of a lane is not as the simulator's truth: by keys and contents' hashes; empty if in
  /// nothing. The keys in `without` are to be missing there.
  std::string difference(const std::string& lane, const std::vector<std::string>& without = {}) const;
  /// The same for every field of every record, at rest.
  std::string difference_of_fields(const std::string& lane,
                                   const std::vector<std::string>& without = {}) const;
  /// Waits until both sites are as the truth, then compares every field, and asks matricula verify too.
  void expect_truth();

  /// Every committed message of a topic: key and value, in order.
  std::vector<std::pair<std::string, std::string>> messages(const std::string& which) const;
  /// Where the topic's partitions end, control messages included.
  std::vector<std::int64_t> ends(const std::string& which, int partitions = 2) const;
  /// The number of the last page committed; 0: none.
  std::uint64_t pages_committed() const;

  /// Versions of all rows of a site's tables: changes when any row is written, whatever is written.
  std::string row_versions(const std::string& lane) const;

 private:
  running_process::variables environment() const;
  std::filesystem::path next_log(const std::string& command) {
    return folder_ / (command + std::to_string(++started_) + ".log");
  }
  void remove_from_kafka() const;

  pipeline_wishes wishes_;
  std::string name_;
  std::filesystem::path folder_, file_;
  site_database eso_, fp_;
  std::optional<running_simulator> simulator_;
  int started_ = 0;
};

/// A deployment whose topics exist.
class pipeline_test : public ::testing::Test {
 protected:
  void given(pipeline_wishes wishes = {});
  /// Likewise, with a constraint no_such_place at the sites that refuses one of the records which the feed shows of
  /// ESO-46: its natural key goes into `refused`.
  void given_a_refused_record(std::string& refused);
  void TearDown() override;
  /// Waits until this many more pages are committed.
  bool pages_flow(std::uint64_t more = 2);

  std::optional<pipeline_deployment> pipeline;

 private:
  std::filesystem::path own_targets_;  // removed at the end
};

}  // namespace matricula
