// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"
#include "tests/integration/running_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>

namespace matricula::bench {
namespace {

enum class kind { ours, floor, peer };

struct bar {
  std::string title;
  spread height;
  kind whose = kind::ours;
};

/// A line across all bars.
struct mark {
  std::string title;
  double height;
};

struct picture {
  std::string name, title, unit;
  std::vector<bar> bars;
  std::vector<mark> marks;
};

int colour_of(kind whose) {
  return whose == kind::ours ? 0x4477aa : whose == kind::floor ? 0xbbbbbb : 0xddaa33;
}

std::string script_of(const picture& drawn, const std::filesystem::path& file) {
  // Room above for what is written there, and below, for a logarithmic scale has no zero.
  double least = drawn.bars.front().height.least, greatest = 0;
  for (const auto& each : drawn.bars) {
    least = std::min(least, each.height.least);
    greatest = std::max(greatest, each.height.greatest);
  }
  for (const auto& each : drawn.marks) {
    least = std::min(least, each.height);
    greatest = std::max(greatest, each.height);
  }
  auto text = fmt::format(
      "set terminal svg size 900,420 font 'sans-serif,13' background 'white'\nset output '{}'\nset title "
      "'{}'\n"
      "set ylabel '{}'\nset logscale y\nset yrange [{}:{}]\nset boxwidth 0.6\nset style fill solid 0.8\n"
      "set grid ytics\nset key outside bottom center horizontal\nset xtics nomirror{}\nset xrange [-0.7:{}]\n"
      "$bars << EOD\n",
      file.string(), drawn.title, drawn.unit, least / 4, greatest * 3,
      drawn.bars.size() > 5 ? " rotate by -12 font ',11'" : "", static_cast<double>(drawn.bars.size()) - 0.3);
  for (std::size_t i = 0; i < drawn.bars.size(); ++i) {
    const auto& [title, height, whose] = drawn.bars[i];
    text += fmt::format("{} {} {} {} \"{}\" {} \"{:.0f}\"\n", i, height.median, height.least, height.greatest,
                        title, colour_of(whose), height.median);
  }
  text += "EOD\nset format y '%.0f'\n"
          "plot $bars using 1:2:6:xtic(5) with boxes lc rgb variable notitle, "
          "$bars using 1:2:3:4 with yerrorbars lc rgb 'black' ps 0 title 'median, least and greatest', "
          "$bars using 1:4:7 with labels offset 0,0.8 notitle";
  const char* colours[] = {"#cc3311", "#228833", "#aa3377"};
  for (std::size_t i = 0; i < drawn.marks.size(); ++i)
    text += fmt::format(", {} with lines lw 2 lc rgb '{}' title '{}'", drawn.marks[i].height, colours[i % 3],
                        drawn.marks[i].title);
  return text + '\n';
}

std::vector<picture> pictures_of(const result_lines& results) {
  std::vector<picture> all;
  const auto add_bars = [&](picture& to, const std::string& scenario, const std::string& figure,
                            const std::vector<std::string>& cases) {
    for (const auto& about : cases)
      if (const auto found = results.of(scenario, about, figure); found.runs > 0 && found.least > 0)
        to.bars.push_back({about, found,
                           about.find("Connect") != std::string::npos ? kind::peer
                           : about.find("alone") != std::string::npos ? kind::floor
                                                                      : kind::ours});
  };
  picture latency{
      "latency", "A page of 30,000 records alone: request until visible at every site", "ms", {}, {}};
  add_bars(latency, "page", "applied_ms", {"new", "withdrawn", "1 % changed", "unchanged"});
  if (const auto floors = results.of("page", "new", "floors_ms"); floors.runs > 0 && !latency.bars.empty())
    latency.bars.insert(latency.bars.begin() + 1, {"floors of new", floors, kind::floor});
  latency.marks.push_back({"the budget: 10 s", 10'000});
  all.push_back(latency);

  picture throughput{"throughput", "Ten new pages back to back", "records a second", {}, {}};
  add_bars(
      throughput, "throughput", "records_per_s",
      {"1 site", "1 site, psql alone", "3 sites", "3 sites, psql alone", "12 sites", "12 sites, psql alone"});
  if (const auto sent = results.of("throughput", "1 site, librdkafka alone", "published_per_s");
      sent.runs > 0)
    throughput.marks.push_back({"librdkafka alone, sending", sent.median});
  if (const auto floor = results.of("throughput", "1 site, psql alone", "records_per_s"); floor.runs > 0)
    throughput.marks.push_back({"psql alone, into 1 site", floor.median});
  throughput.marks.push_back({"the budget: 3,000", 3'000});
  all.push_back(throughput);

  picture backlog{"backlog", "A backlog into a flat table", "rows a second", {}, {}};
  add_bars(backlog, "backlog", "rows_per_s",
           {"new", "new, psql alone", "new, Kafka Connect", "unchanged", "unchanged, psql alone",
            "unchanged, Kafka Connect", "librdkafka alone"});
  backlog.marks.push_back({"the budget: 3,000", 3'000});
  all.push_back(backlog);
  return all;
}

}  // namespace

std::vector<std::string> draw_pictures(const result_lines& results, const std::filesystem::path& folder) {
  constexpr const char* gnuplot = "/usr/bin/gnuplot";
  std::vector<std::string> names;
  if (!std::filesystem::exists(gnuplot))
    return names;
  std::filesystem::create_directories(folder);
  for (const auto& drawn : pictures_of(results)) {
    if (drawn.bars.empty())
      continue;
    const auto script = folder / (drawn.name + ".gnuplot"), log = folder / (drawn.name + ".log");
    std::ofstream{script} << script_of(drawn, folder / (drawn.name + ".svg"));
    running_process process{{gnuplot, script.string()}, log};
    if (process.exit_code() == 0)
      names.push_back(drawn.name + ".svg");
    std::filesystem::remove(script);
    std::filesystem::remove(log);
  }
  return names;
}

}  // namespace matricula::bench
