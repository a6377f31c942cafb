// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page.hpp"
#include "messages/retry_note.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matricula {

/// The retries that were asked of a source and are not done yet.
///
///     asked ─▶ waiting ──take──▶ in a page ──committed──▶ gone
///                 ▲                 │ └──given_up──▶ gone, until the topic is read again
///                 └────sent_back────┘
///
/// What it holds is bounded by its reader, who reads no further while it holds enough.
class retry_queue {
 public:
  /// Records for one page, and what each is in quarantine for.
  struct batch {
    std::vector<std::string> records;  ///< JSON
    std::vector<retried_record> retries;
  };

  explicit retry_queue(std::string source)
      : source_(std::move(source))
      , entries_("source/" + source_ + '/') {}

  /// A message of the quarantine topic, in the order of the topic. What is no retry of this source, and drops no entry of
  /// it, is passed over, and so is what could not stand in a page, whoever wrote it.
  void note(std::string_view key, std::string_view value);

  /// The keys of this source's entries that were dropped since this was asked last: whoever remembers that a record is
  /// in quarantine must not rely on it any more.
  std::vector<std::string> take_dropped() { return std::exchange(dropped_, {}); }

  /// Of the records that are held.
  std::size_t bytes() const { return bytes_; }

  /// Takes waiting records for the page of this number: those refused last first, since an older record must not come
  /// before a newer one of its key, and of one key only one. At most `records_max`, and `bytes_max` unless the first
  /// alone has more.
  batch take(std::uint64_t page_number, std::size_t records_max, std::size_t bytes_max);

  /// The page is in Kafka, or will be read again, or cannot be read whatever the reason.
  void committed(std::uint64_t page_number);
  void sent_back(std::uint64_t page_number);
  void given_up(std::uint64_t page_number) { committed(page_number); }

 private:
  struct request {
    retry_note note;
    std::string record_key;  ///< empty: not known
    std::uint64_t page = 0;  ///< that it is in; 0: none
  };

  std::string source_;
  std::string entries_;  ///< what the keys of its entries begin with
  record_check check_;
  std::map<std::string, request, std::less<>> requests_;  ///< by the key of the note
  std::size_t bytes_ = 0;
  std::vector<std::string> dropped_;
};

}  // namespace matricula
