// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "result_lines.hpp"

#include <nlohmann/json.hpp>

#include <filesystem>
#include <string>
#include <vector>

namespace matricula::bench {

/// The results of Google Benchmark (--benchmark_out, JSON, with repetitions) as runs of the scenario "parts": a case per
/// benchmark, and "derived" for the ratios of those that belong together.
std::vector<measured> parts_in(const std::filesystem::path& file);

/// When they were measured, and at which commit, as far as the file says so.
nlohmann::json parts_origin_in(const std::filesystem::path& file);

/// What the medians of the scenario "changes" say that a page, a changed record and a changed classroom cost: its case
/// "sum". None where they leave it open (fitted_plane.hpp), or where there are but three, which a plane always meets.
std::vector<measured> sum_of_changes(const result_lines& results);

/// A page of Markdown: what was to be reached, a table for each scenario that has results, what the peer does better.
/// `pictures`: the links of the pictures that exist.
std::string report_text(const result_lines& results, const std::vector<std::string>& pictures);

/// For each case and run that has a rate and CPU times per million: what rate all cores could reach, if each record took them
/// as much, and the share of it that was reached.
std::vector<measured> bounds_by_cpu(const result_lines& results);

/// Where all of it comes from, how the goals have come off, and median, least and greatest of every figure, in the order of
/// the results: what result_lines::of_report reads.
nlohmann::json report_json(const result_lines& results);

/// What of a scenario's name says that it was measured in a hurry: only such figures compare with such figures.
inline constexpr const char* quick_mark = " (quick)";

/// How a goal's figure has come off against an earlier one.
struct comparison {
  std::string text;
  enum {
    as_good,
    worse,    ///< by more than the earlier one varied
    a_time,   ///< not judged: another machine has another one
    unknown,  ///< there is no earlier one
  } verdict = as_good;
};

/// Each goal that the results have figures for, against an earlier report_json; what was measured in a hurry against what
/// was, too.
std::vector<comparison> compared_with(const nlohmann::json& earlier, const result_lines& results);

/// Commit and day of an earlier report_json, and then of those scenarios of the results that it has from elsewhere.
std::vector<std::string> origins_of(const nlohmann::json& earlier, const result_lines& results);

/// Draws what the results have figures for, by gnuplot: files NAME.svg in the folder, of which the names are returned.
/// None without gnuplot.
std::vector<std::string> draw_pictures(const result_lines& results, const std::filesystem::path& folder);

}  // namespace matricula::bench
