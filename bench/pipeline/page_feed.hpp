// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "itaca_simulator/page_writer.hpp"
#include "itaca_simulator/school_system.hpp"

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace httplib {
class Server;
}

namespace matricula::bench {

/// The records of one page.
using records_of_page = std::shared_ptr<const simulator::record_run>;

/// Which places of a page.
enum class where : std::uint8_t { together, strewn };

/// A made-up school system, page by page.
class school_records {
 public:
  /// Requires `records` > 0. Without `lanes`, all there are.
  school_records(std::uint64_t records, const std::vector<std::string>& lanes,
                 std::uint64_t page_records_max);

  std::uint64_t records() const { return records_; }
  std::uint64_t pages() const { return (records_ + page_records_max_ - 1) / page_records_max_; }
  /// Page `index`, from 0, as all sweeps have it that change nothing.
  records_of_page page(std::uint64_t index) const { return written(index, {}); }
  /// The same places after so large a share of all records has changed, between 0 and 1, by the events of a school's
  /// life but withdrawals.
  records_of_page changed_page(std::uint64_t index, double share) const;
  /// The share with which about so many records of the page differ; fewer, if its events do not reach as many.
  double share_that_changes(std::uint64_t index, std::uint64_t records) const;
  /// The same after everybody's address has changed so often, but only in `records` places of the page: the first, or some
  /// that lie strewn over all of it and include those of a smaller number.
  records_of_page readdressed_page(std::uint64_t index, std::uint64_t records, std::uint64_t times,
                                   where place) const;
  /// The same with everybody withdrawn.
  records_of_page withdrawn_page(std::uint64_t index) const;

 private:
  records_of_page written(std::uint64_t index, const simulator::event_counts& events) const;

  std::uint64_t records_, page_records_max_;
  simulator::school_system school_;
};

/// A feed (docs/feed.md) of pages that were made beforehand, so that making them takes no part of what is measured:
/// page after page for ever, without sweeps.
class page_feed {
 public:
  using page_maker = std::function<records_of_page(std::uint64_t index)>;

  /// `pages` is called from the server's threads.
  explicit page_feed(page_maker pages);
  /// These, and no more.
  explicit page_feed(std::vector<records_of_page> pages);
  ~page_feed();
  page_feed(const page_feed&) = delete;
  page_feed& operator=(const page_feed&) = delete;

  std::string url() const;
  /// The address of a page.
  std::string url_of(std::uint64_t index) const;

  /// When page `index` was asked for first; waits for it. Throws std::runtime_error after so long.
  std::chrono::steady_clock::time_point asked_at(std::uint64_t index, std::chrono::seconds wait);

 private:
  void serve();

  page_maker pages_;
  std::unique_ptr<httplib::Server> server_;
  int port_ = 0;
  std::mutex mutex_;
  std::condition_variable asked_;
  std::map<std::uint64_t, std::chrono::steady_clock::time_point> asked_at_;
  std::thread serving_;
};

}  // namespace matricula::bench
