// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment.hpp"
#include "judge.hpp"
#include "topic_reader.hpp"
#include "watcher.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
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

/// What came of a run: a line of the results.
struct run_result {
  std::string cell;
  std::uint64_t seed = 0;
  verdict found;
  double resumed_s = 0;  ///< from the fault, or from the end of the outage, to the next page and row; worst
  std::string resumed_last;  ///< what took that long: "pages" or a site
  std::uint64_t rss_peak_bytes = 0;
  std::vector<std::string> problems;  ///< what the cell itself found wrong
  std::string note;                   ///< what the lots said
  std::string commit;                 ///< of the programs, as scripts/faults knows it; empty: not known

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
  /// SIGTERM; it has to drain within ten seconds and to exit with 0.
  void terminate(const std::string& name);

  /// Entries of the lanes' topics, and how far the sites have come in them.
  std::uint64_t published();
  std::uint64_t applied() const;

  /// Waits until a share of the load has been published.
  void load(double share);
  /// Waits for `condition`; false, and a problem of the run, if it has not come about in the time.
  bool wait(const std::string& what_for, std::chrono::seconds at_most,
            const std::function<bool()>& condition);
  void pass(std::chrono::milliseconds time);

  /// Passes this time, in whose second half pages are committed and these sites written, or it is a problem of the run.
  void goes_on_during(std::chrono::milliseconds time, const std::vector<std::string>& sites);

  /// How many pages a second have been committed, from the first one on or from then on.
  double pages_per_second_so_far() const;
  double pages_per_second_since(steady_clock::time_point from) const;

  /// The fault has struck, or the outage has ended: from now on the run counts until work goes on again.
  void resumes(bool source, const std::vector<std::string>& sites);
  /// Until the run is over and its databases are gone.
  void keep(std::shared_ptr<const void> what) { kept_things_.push_back(std::move(what)); }
  /// How long finish waits for the sites to be as the truth.
  void settles_within(std::chrono::seconds time) { settle_ = time; }
  void problem(const std::string& what) { problems_.push_back(what); }

  /// No more changes; everything arrives; then the verdict.
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

  void look_after_processes();
  struct resumption {
    steady_clock::duration after{};
    std::string last;
  };

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
  std::vector<std::string> problems_;
  std::string note_;
  std::chrono::seconds settle_{180};
};

}  // namespace matricula::faults
