// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench_deployment.hpp"
#include "page_feed.hpp"
#include "result_lines.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace matricula::bench {

/// What a scenario runs with.
struct bench_settings {
  std::uint64_t page = 30'000;  ///< records of a page; whatever is counted in pages shrinks with it
  double every_s = 4;           ///< from page to page, where each is measured alone
  bool quick = false;           ///< smaller, where a scenario can be
  std::filesystem::path folder;
};

/// One question, asked again and again: each run gives the answers of all of its cases.
class scenario {
 public:
  virtual ~scenario() = default;
  /// Run `number`, from 1; in a folder of its own, which is empty. Throws std::runtime_error.
  virtual std::vector<measured> run(int number, const std::filesystem::path& folder) = 0;
};
using scenario_ptr = std::unique_ptr<scenario>;

struct scenario_kind {
  const char* name;
  const char* what;
  bool quick;  ///< part of --quick
  scenario_ptr (*make)(const servers&, const bench_settings&);
};

/// All there are, in the order of the report.
const std::vector<scenario_kind>& scenarios();

scenario_ptr make_page_scenario(const servers& on, const bench_settings& settings);
scenario_ptr make_changes_scenario(const servers& on, const bench_settings& settings);
scenario_ptr make_throughput_scenario(const servers& on, const bench_settings& settings);
scenario_ptr make_sweep_scenario(const servers& on, const bench_settings& settings);
scenario_ptr make_startup_scenario(const servers& on, const bench_settings& settings);
scenario_ptr make_backlog_scenario(const servers& on, const bench_settings& settings);
scenario_ptr make_peer_scenario(const servers& on, const bench_settings& settings);
scenario_ptr make_big_table_scenario(const servers& on, const bench_settings& settings);
scenario_ptr make_moodle_scenario(const servers& on, const bench_settings& settings);
scenario_ptr make_idle_scenario(const servers& on, const bench_settings& settings);

/// ESO and FP of one province, a lane and a site each.
const std::vector<bench_site>& two_sites();
/// For pages one by one to these two.
bench_wishes wishes_for_two_sites(const bench_settings& settings, const page_feed& feed);

/// All lanes of the feed's schools, dealt out to so many sites; a partition each.
bench_wishes wishes_for_all_lanes(int sites, const bench_settings& settings, const page_feed& feed);

/// What matricula may take at most: 200 MB, an index of so many keys at 40 bytes, and what the limits of a topology allow
/// its buffers, for records of so many bytes on pages of so many.
double rss_allowed_bytes(const bench_wishes& wishes, double keys, double record_bytes, double page_bytes);
/// The peak, what is allowed, and the share that it is of it.
void note_rss(figures& values, double rss_peak, double allowed);

/// What so many records took: seconds, CPU seconds per million of them of a program and the servers, bytes of WAL.
figures cost_of(double records, double seconds, double program_cpu_s, const reading& before,
                const reading& after);

/// So that a broker that has just been started has compiled what it runs most.
void warm_up(const servers& on, const bench_settings& settings);

}  // namespace matricula::bench
