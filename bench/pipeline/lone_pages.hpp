// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scenario.hpp"

#include <functional>

namespace matricula::bench {

/// Share of the records that changes for the case "1 % changed": of the places that a page had before, about two
/// thirds of them.
inline constexpr double changes = 0.015;

/// Where things stand between two pages.
struct between_pages {
  reading used;
  std::map<std::string, std::vector<std::int64_t>> ends;  ///< by lane
  std::int64_t entries = 0, other_entries = 0;
};

/// Pages one by one, far enough apart that each is alone: one to warm up, which is page 0 of the feed, then one for each
/// case, and another, which keeps the process alive until all is read.
class lone_pages {
 public:
  lone_pages(const servers& on, bench_deployment& world, page_feed& feed, double every_s)
      : on_(on)
      , world_(world)
      , feed_(feed)
      , every_s_(every_s) {}

  /// `before` is called with the case that comes next; `after` with its figures.
  using before_case = std::function<void(std::size_t which)>;
  using after_case = std::function<void(std::size_t which, figures& values)>;

  /// Runs them. Throws std::runtime_error, also if one was not alone.
  std::vector<measured> run(const std::string& scenario, const std::vector<std::string>& cases, int number,
                            std::uint64_t page, const before_case& before = {}, const after_case& after = {});

  /// After the page that warms up, and after each case.
  const std::vector<between_pages>& looks() const { return looks_; }

 private:
  between_pages look(const running_process& process) const;
  figures figures_of(const nlohmann::json& page, const between_pages& before,
                     const between_pages& after) const;

  const servers& on_;
  bench_deployment& world_;
  page_feed& feed_;
  double every_s_;
  std::vector<between_pages> looks_;
};

}  // namespace matricula::bench
