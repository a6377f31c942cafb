// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/fetch/page_source.hpp"

#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace matricula::testing {

/// One enrolment record; what is not said here is the same in all.
struct enrolled {
  std::string person;
  std::string flavour = "ESO";
  std::string centre = "46000001";
  std::string status = "enrolled";
  std::string role = "student";
};

/// The record's JSON, as the feed writes it.
std::string json_of(const enrolled& who);

/// The record's natural key.
std::string key_of(const enrolled& who);

/// The bytes of a page.
std::string page_bytes(const std::vector<std::string>& records, const std::optional<std::string>& cursor,
                       const std::optional<std::string>& next);

/// A feed whose sweep is a list of pages, read again and again. Failures are played first.
class scripted_feed {
 public:
  using time_point = std::chrono::steady_clock::time_point;
  struct page_request {
    std::optional<std::string> cursor;
    std::string etag;
    time_point at;
  };

  explicit scripted_feed(std::function<time_point()> now)
      : now_(std::move(now)) {}

  /// The next page of the sweep. Its cursor is "1", "2", …; the first has none.
  void add_page(const std::vector<enrolled>& records);
  void change_page(std::size_t index, const std::vector<enrolled>& records);

  /// Played before anything else, one a request.
  void fail(failure why, std::size_t times = 1);
  void answer(source_answer answer);
  bool has_played_all() const { return played_first_.empty(); }

  std::chrono::milliseconds retry_after{0};
  bool throws = false;       ///< the next read, in the middle of what its caller is doing
  bool tells_etags = false;  ///< then a page that is asked for with its etag is not modified
  bool interrupted = false;  ///< of the source opened last
  std::size_t opened = 0;

  std::vector<page_request> requests;
  /// When the requests came, from the first on.
  std::vector<std::chrono::milliseconds> times() const;
  /// The cursors asked for; "-" for none.
  std::vector<std::string> cursors() const;

  page_source_ptr open();

 private:
  friend class scripted_source;
  result<source_answer> read(const std::optional<std::string>& cursor, const std::string& etag);

  std::function<time_point()> now_;
  std::vector<std::vector<std::string>> pages_;
  std::deque<std::variant<failure, source_answer>> played_first_;
};

}  // namespace matricula::testing
