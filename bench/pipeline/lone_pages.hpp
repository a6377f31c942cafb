// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "scenario.hpp"

#include <functional>

namespace matricula::bench {

/// Page 1 with the case "1 % changed".
inline records_of_page page_with_changes(const school_records& school, std::uint64_t page_records) {
  return school.changed_page(1, school.share_that_changes(1, page_records / 100));
}

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

  /// A case of which nothing is told: what the page before it has left for later is done meanwhile.
  static constexpr const char* settling = "";

  /// `before` is called with the case that comes next; `after` with its figures.
  using before_case = std::function<void(std::size_t which)>;
  using after_case = std::function<void(std::size_t which, figures& values)>;

  /// Runs them. Throws std::runtime_error, also if one was not alone.
  std::vector<measured> run(const std::string& scenario, const std::vector<std::string>& cases, int number,
                            std::uint64_t page, const before_case& before = {}, const after_case& after = {});

  /// After the page that warms up, and after each case.
  const std::vector<between_pages>& looks() const { return looks_; }

 private:
  void keep_trace(int number) const;
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
