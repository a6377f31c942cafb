// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "itaca_simulator/feed.hpp"
#include "itaca_simulator/life.hpp"
#include "itaca_simulator/page_writer.hpp"
#include "itaca_simulator/school_system.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace matricula::bench {

inline constexpr std::uint64_t page_records = 30'000;

/// The pages of the first sweep of a made-up school system, as the feed would serve them.
class school_pages {
 public:
  explicit school_pages(std::uint64_t records, std::uint64_t seed = 1)
      : school_(seed, records, 2026) {}

  /// Calls see(bytes) with every page of the sweep, or with so many at most.
  template <class Visitor>
  void for_each(Visitor see, std::size_t pages_max = SIZE_MAX) const {
    const simulator::moment at{school_, {}};
    std::uint64_t slot = 0;
    bool last = false;
    for (std::size_t page = 0; !last && page < pages_max; ++page) {
      const auto run = simulator::write_run(at, slot, page_records);
      last = run.last;
      simulator::cursor next{1, run.next_slot};
      auto bytes = simulator::envelope({1, slot}, last ? std::nullopt : std::optional{next}, run.count());
      bytes += run.bytes;
      bytes += simulator::feed_page::tail;
      see(std::move(bytes));
      slot = run.next_slot;
    }
  }

  /// So many pages, from the first on, or as many as there are.
  std::vector<std::string> first(std::size_t pages_max) const {
    std::vector<std::string> pages;
    for_each([&](std::string bytes) { pages.push_back(std::move(bytes)); }, pages_max);
    return pages;
  }

  /// The first page.
  std::string first() const { return first(1).front(); }

 private:
  simulator::school_system school_;
};

}  // namespace matricula::bench
