// SPDX-License-Identifier: Apache-2.0
#include "cli/live_board.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cstdio>

namespace matricula {

void live_board::erase() const {
  for (std::size_t i = 0; i < lines_.size(); ++i)
    std::fputs("\x1b[1A\x1b[2K", stdout);
}

void live_board::draw() const {
  // A line that is wider than the terminal is cut, not wrapped: erase counts on one row a line.
  std::fputs("\x1b[?7l", stdout);
  for (const auto& line : lines_)
    fmt::print(stdout, "{}\n", line);
  std::fputs("\x1b[?7h", stdout);
  std::fflush(stdout);
}

void live_board::show(std::vector<std::string> lines) {
  const std::lock_guard lock{mutex_};
  erase();
  lines_ = std::move(lines);
  draw();
}

void live_board::print_above(const std::string& line) {
  const std::lock_guard lock{mutex_};
  erase();
  std::fputs(line.c_str(), stdout);
  draw();
}

std::vector<std::string> board_lines(const std::string& figures_json) {
  const auto figures = nlohmann::json::parse(figures_json);
  // What matters most stands first: a narrow terminal cuts the rest.
  std::vector<std::string> lines;
  for (const auto& source : figures.at("sources"))
    lines.push_back(
        fmt::format("source {:<12} {:<10} {:>7.0f} records/s {:>6} quarantined {:>7} pages {:>9} changed "
                    "{:>10} unchanged",
                    source.at("name").get<std::string>(), source.at("state").get<std::string>(),
                    source.at("records_per_s").get<double>(), source.at("quarantined").get<std::uint64_t>(),
                    source.at("pages").get<std::uint64_t>(), source.at("changed").get<std::uint64_t>(),
                    source.at("unchanged").get<std::uint64_t>()));
  for (const auto& site : figures.at("sites"))
    lines.push_back(
        fmt::format("site   {:<12} {:<10} {:>7} lag       {:>6} quarantined {:>9} applied: {} new, {} "
                    "changed, {} withdrawn",
                    site.at("name").get<std::string>(), site.at("state").get<std::string>(),
                    site.at("lag").is_null() ? "-" : std::to_string(site.at("lag").get<std::int64_t>()),
                    site.at("quarantined").get<std::uint64_t>(), site.at("applied").get<std::uint64_t>(),
                    site.at("created").get<std::uint64_t>(), site.at("changed").get<std::uint64_t>(),
                    site.at("withdrawn").get<std::uint64_t>()));
  return lines;
}

}  // namespace matricula
