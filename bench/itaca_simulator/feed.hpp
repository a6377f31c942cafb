// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cursor.hpp"
#include "life.hpp"
#include "page_writer.hpp"
#include "served_slots.hpp"

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

namespace matricula::simulator {

/// A page as it goes out: envelope, records, end. Never changes.
struct feed_page {
  cursor here;
  std::optional<cursor> next;  ///< none: the sweep is complete
  std::uint64_t limit = 0;
  std::string head;  ///< up to and with the '[' of the records
  std::shared_ptr<const record_run> records;
  std::string etag;     ///< quoted
  std::string gzipped;  ///< the whole body, if the feed compresses

  static constexpr std::string_view tail = "]}";
  [[nodiscard]] std::size_t size() const { return head.size() + records->bytes.size() + tail.size(); }
  /// Requires offset < size(). The longest stretch of the body from there on that lies in one buffer.
  [[nodiscard]] std::string_view from(std::size_t offset) const;
};

/// The envelope of a page, up to and with the '[' of its records.
std::string envelope(const cursor& here, const std::optional<cursor>& next, std::size_t count);

struct feed_limits {
  std::size_t pages_ready = 4;    ///< pages written ahead of the reader
  std::uint64_t sweeps_kept = 3;  ///< cursors of older sweeps are unknown
  bool gzip = false;
};

/// The feed: sweeps, pages and cursors, and the truth about what was served. May be called from any thread;
/// one thread of its own writes pages ahead.
class feed {
 public:
  feed(const school_system& school, double rate, std::uint64_t first_changed, feed_limits limits);
  ~feed();
  feed(const feed&) = delete;
  feed& operator=(const feed&) = delete;

  /// Begins the next sweep and returns its first page.
  std::shared_ptr<const feed_page> begin_sweep(std::uint64_t limit);

  /// The page at a cursor, byte for byte the same every time; null if the cursor is unknown or too old.
  std::shared_ptr<const feed_page> page_at(const cursor& at, std::uint64_t limit);

  /// Whether the cursors of a sweep are known: it has begun, and is not too old.
  [[nodiscard]] bool knows(std::uint64_t sweep) const;

  /// The page that was served last, or null.
  std::shared_ptr<const feed_page> last_served() const;

  /// To be called when a page goes out whole: from now on it is part of the truth.
  void note_served(const std::shared_ptr<const feed_page>& page);

  /// Changes the rate from the next sweep that begins; returns that sweep's number.
  std::uint64_t change_rate(double rate);

  [[nodiscard]] std::uint64_t sweeps_begun() const;
  [[nodiscard]] double rate_at(std::uint64_t sweep) const;
  [[nodiscard]] event_counts events_at(std::uint64_t sweep) const;
  [[nodiscard]] const school_system& school() const { return school_; }

  // The truth: the newest content of every record that was served.

  /// Receives key and record, both valid during the call; returns false to stop.
  using record_visitor = std::function<bool(std::string_view key, std::string_view record)>;

  /// The record of a key; none if it was not served yet.
  [[nodiscard]] std::optional<std::string> truth_of(std::string_view key) const;
  /// All records of a centre, given by its eight-digit code.
  void truth_of_centre(std::string_view code, const record_visitor& see) const;

  /// Walks everything served, in slices. A walk sees the state of when it began.
  class truth_walk {
   public:
    explicit truth_walk(const feed& of);
    /// Visits up to `limit` records; false when there are no more.
    bool next(std::size_t limit, const record_visitor& see);

   private:
    const feed& feed_;
    std::vector<served_slots::run> runs_;
    std::map<std::uint64_t, event_counts> events_;  ///< by sweep
    std::size_t run_ = 0;
    std::uint64_t slot_ = 0;
    std::string key_, record_;
  };

 private:
  using page_name = std::pair<cursor, std::uint64_t>;  // cursor and limit

  std::shared_ptr<const feed_page> ready_or_written(const cursor& at, std::uint64_t limit);
  std::shared_ptr<const feed_page> write(const cursor& at, std::uint64_t limit) const;
  std::shared_ptr<const record_run> run_like(const cursor& at, std::uint64_t limit) const;
  void keep(std::shared_ptr<const feed_page> page);
  void write_ahead();
  std::optional<page_name> next_to_write() const;
  void visit_group(std::uint32_t g, const served_slots& served, const record_visitor& see,
                   std::string_view only_key) const;

  const school_system& school_;
  const feed_limits limits_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  life life_;
  std::uint64_t begun_ = 0;
  std::uint64_t life_version_ = 0;  ///< a page written under an older version is not kept
  std::map<page_name, std::shared_ptr<const feed_page>> pages_;  ///< in feed order
  std::optional<page_name> reader_;                              ///< the page that was asked for last
  std::shared_ptr<const feed_page> last_served_;
  served_slots served_;
  bool stopping_ = false;
  std::thread writer_;
};

/// gzip, level 1.
std::string gzip(std::initializer_list<std::string_view> parts);

}  // namespace matricula::simulator
