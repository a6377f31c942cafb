// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "forwarder.hpp"
#include "services.hpp"
#include "tests/integration/running_process.hpp"
#include "tests/integration/running_simulator.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace matricula::faults {

/// How long Kafka takes to give up a process that was killed, in seconds: the least that a broker allows.
inline constexpr int session_timeout_s = 6;

/// What a cell wants otherwise than the others.
struct wishes {
  std::uint64_t records = 20'000;  ///< of the first sweep
  double changes = 0.5;            ///< share that changes from sweep to sweep
  std::uint64_t seed = 1;
  std::uint32_t page_records_max = 2'000;
  std::string every = "100ms";        ///< from page to page
  std::string limits;                 ///< lines of [limits]
  std::string target = "classrooms";  ///< or "moodle": the sites' databases are Moodle's
};

/// One of the two lanes and its site.
struct lane_site {
  std::string lane;                ///< "ESO-46"
  std::string topic;               ///< of this run
  std::string site;                ///< "eso46"
  std::string database;            ///< its name
  std::unique_ptr<forwarder> way;  ///< what matricula connects to
};

/// What runs the processes of a node in matricula's place: a peer, under the same faults and the same judge.
class node_runner {
 public:
  virtual ~node_runner() = default;
  /// The command of the process that the cell calls `name`.
  virtual std::vector<std::string> command_of(const std::string& name) = 0;
  /// Called when it has been started, for the first time or again: returns when it works.
  virtual void when_started(const std::string& name) = 0;
  /// Whether others do all that it did.
  virtual bool is_relieved(const std::string& name) const = 0;
};

/// A whole deployment of a run's own on real services: the simulator, two lanes with a site each, whose databases note
/// every write (audit.sql), and the processes of matricula. Errors are thrown as std::runtime_error.
class deployment {
 public:
  deployment(const services& on, std::filesystem::path folder, const wishes& what);
  ~deployment();
  deployment(const deployment&) = delete;
  deployment& operator=(const deployment&) = delete;

  const services& on() const { return on_; }
  const std::filesystem::path& folder() const { return folder_; }
  const std::filesystem::path& topology() const { return file_; }
  const running_simulator& simulator() const { return *simulator_; }
  std::vector<lane_site>& sites() { return sites_; }
  const std::vector<lane_site>& sites() const { return sites_; }
  const std::string& target() const { return target_; }
  const std::string& cursors_topic() const { return cursors_; }
  const std::string& quarantine_topic() const { return quarantine_; }
  std::string outcomes_topic() const { return name_ + "-outcomes"; }
  /// Under which the source's pages are committed.
  std::string transactional_id() const { return "matricula." + name_ + ".itaca"; }
  /// Of this run alone.
  const std::string& name() const { return name_; }

  /// The site's database, past the forwarder.
  std::string direct_url(const lane_site& site) const { return on_.postgres_url() + '/' + site.database; }
  /// A database of the server that belongs to no site.
  std::string administration_url() const { return on_.postgres_url() + "/postgres"; }

  /// From now on the node's processes are this one's.
  void run_by(const std::string& node, node_runner& who) { runners_[node] = &who; }

  /// `matricula run FILE --node NODE`: "source", "sites", "site-eso46", "site-fp46". Named for the cell's own use.
  running_process& start(const std::string& name, const std::string& node,
                         const running_process::variables& more = {});
  running_process& process(const std::string& name) { return processes_.at(name); }
  /// Each process that still lives.
  std::map<std::string, running_process>& processes() { return processes_; }
  /// `matricula COMMAND FILE OPTION...` to its end: the exit code, and what it has printed.
  std::pair<std::optional<int>, std::string> finish(const std::string& command,
                                                    const std::vector<std::string>& options = {});

  /// The greatest resident set of any process of this run, in bytes.
  std::uint64_t rss_peak() const { return rss_peak_; }
  /// The greatest of this process that note_rss has seen since this was asked last.
  std::uint64_t rss_peak_since_last(const std::string& process) {
    return std::exchange(rss_peaks_since_last_[process], 0);
  }
  /// Looks at the processes that live.
  void note_rss();

 private:
  void make_databases();
  void write_topology(const wishes& what) const;
  running_process::variables environment() const;

  const services& on_;
  std::filesystem::path folder_, file_;
  std::string name_, cursors_, quarantine_, target_;
  std::vector<lane_site> sites_;
  std::optional<running_simulator> simulator_;
  std::map<std::string, running_process> processes_;
  std::map<std::string, node_runner*> runners_;
  std::uint64_t rss_peak_ = 0;
  std::map<std::string, std::uint64_t> rss_peaks_since_last_;
  int started_ = 0;
};

}  // namespace matricula::faults
