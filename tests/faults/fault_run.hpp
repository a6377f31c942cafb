// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment.hpp"
#include "judge.hpp"
#include "topic_reader.hpp"
#include "watcher.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

namespace matricula::faults {

/// What a run is made of.
struct run_settings {
  std::uint64_t seed = 1;
  std::uint64_t records = 100'000;  ///< to be published under the fault's eyes, at least
  std::chrono::seconds outage{20};  ///< how long a store is gone
};

/// How much of it was wanted: runs of the same cell and seed are the same only with the same of these.
struct run_extent {
  std::uint64_t records = 100'000;
  std::uint64_t outage_s = 20, every_ms = 100;

  friend bool operator==(const run_extent&, const run_extent&) = default;
};

/// What came of a run: a line of the results.
/// Of the process "sites": at full load before an outage, and while it lasted; 0: not asked.
struct outage_memory {
  std::uint64_t before_bytes = 0, meanwhile_bytes = 0;

  double ratio() const {
    return before_bytes == 0 ? 0 : static_cast<double>(meanwhile_bytes) / static_cast<double>(before_bytes);
  }
};

struct run_result {
  std::string cell;
  std::uint64_t seed = 0;
  run_extent extent;
  verdict found;
  /// From the fault, or from the end of the outage, to the next page and row; worst. None: work never went on, or
  /// the cell does not ask.
  std::optional<double> resumed_s;
  std::string resumed_last;  ///< what took that long: "pages" or a site
  std::uint64_t rss_peak_bytes = 0;
  faults::outage_memory outage_memory;
  std::vector<std::string> problems;  ///< what the cell itself found wrong
  std::string note;                   ///< what the lots said
  std::string commit;                 ///< of the programs, as scripts/faults knows it; empty: not known
  bool left_out = false;              ///< this machine cannot do what the cell does; no result

  bool clean() const { return found.clean() && problems.empty(); }
};

/// One run of a cell: load, the fault in the middle of it, the rest of the load, and the verdict. A cell only says what
/// is done; processes that end meanwhile are started again, as a service manager would.
class fault_run {
 public:
  fault_run(const services& on, const std::filesystem::path& folder, const run_settings& settings,
            const wishes& what);

  deployment& world() { return world_; }
  const run_settings& settings() const { return settings_; }

  /// A number below `end`, by the seed.
  std::uint64_t lot(std::uint64_t end) { return lots_() % end; }
  lane_site& any_site() { return world_.sites()[lot(world_.sites().size())]; }
  void note(const std::string& what);

  /// Starts a process of this node, and again whenever it ends by itself.
  void start(const std::string& name, const std::string& node, const running_process::variables& more = {});
  void kill(const std::string& name);
  /// SIGTERM to all of them at once; each has to drain within ten seconds and to exit with 0.
  void terminate(const std::vector<std::string>& names);

  /// Entries of the lanes' topics.
  std::uint64_t published();
  /// How many entries of its topic a site has read, and has still to read.
  std::int64_t read_of(const lane_site& site) const;
  std::int64_t behind(const lane_site& site);
  /// Where a site has come in each partition of its topic; empty: nowhere yet.
  std::map<std::int32_t, std::int64_t> offsets_of(const lane_site& site) const;

  /// Waits until a share of the load has been published.
  void load(double share);
  /// Waits for `condition`; false, and a problem of the run, if it has not come about in the time.
  bool wait(const std::string& what_for, std::chrono::seconds at_most,
            const std::function<bool()>& condition);
  void pass(std::chrono::milliseconds time);

  /// Passes this time, in whose second half pages are committed and these sites written, or it is a problem of the run.
  void goes_on_during(std::chrono::milliseconds time, const std::vector<std::string>& sites);

  /// Passes this time, in whose second half no page is committed, if `source`, and none of these sites is written, or it
  /// is a problem of the run: what was to hinder them does not.
  void stands_still_during(std::chrono::milliseconds time, bool source,
                           const std::vector<std::string>& sites);

  /// How many pages a second have been committed, from the first one on or from then on.
  double pages_per_second_so_far() const;
  double pages_per_second_since(steady_clock::time_point from) const;

  /// The fault has struck, or the outage has ended: from now on the run counts until work goes on again.
  void resumes(bool source, const std::vector<std::string>& sites);
  /// Waits until it has.
  void await_resumption();
  /// The same for every partition of every site, and waits for it: until each has been read on.
  void every_partition_resumes();
  /// Until the run is over and its databases are gone.
  void keep(std::shared_ptr<const void> what) { kept_things_.push_back(std::move(what)); }
  /// How long finish waits for the sites to be as the truth, and that the verdict comes without ending the processes.
  void settles_within(std::chrono::seconds time) {
    settle_ = time;
    drains_at_end_ = false;
  }
  /// A peer runs the sites: what only matricula says of itself cannot be waited for.
  void is_against(const node_runner& peer) { peer_ = &peer; }
  const node_runner* peer() const { return peer_; }
  void problem(const std::string& what) { problems_.push_back(what); }
  void memory_was(const outage_memory& seen) { outage_memory_ = seen; }
  /// This machine cannot do it: the run ends here.
  void leave_out(const std::string& why) {
    note("left out: " + why);
    left_out_ = true;
  }

  /// No more changes; everything arrives; every process drains, so that nothing can come later; then the verdict.
  run_result finish(const std::string& cell);

 private:
  struct expected {
    steady_clock::time_point from;
    bool source;
    std::vector<std::string> sites;
  };
  struct kept {
    std::string node;
    running_process::variables more;
  };

  struct resumption {
    steady_clock::duration after{};
    std::string last;
  };

  void look_after_processes();
  void every_partition_is_read_on();

  /// The last of what is expected; nothing: not yet.
  std::optional<resumption> resumed_after(const expected& what) const;

  std::vector<std::shared_ptr<const void>> kept_things_;
  run_settings settings_;
  std::mt19937_64 lots_;
  deployment world_;
  watcher watcher_;
  topic_reader reader_;
  std::map<std::string, kept> kept_;
  std::vector<expected> expected_;
  std::vector<resumption> resumptions_;  ///< beside those
  outage_memory outage_memory_;
  std::vector<std::string> problems_;
  std::string note_;
  bool left_out_ = false;
  std::chrono::seconds settle_{180};
  bool drains_at_end_ = true;
  const node_runner* peer_ = nullptr;
};

}  // namespace matricula::faults
