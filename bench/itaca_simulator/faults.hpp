// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula::simulator {

/// What may go wrong with a page. The first ten befall a whole answer and come alone; the others add
/// records to a page, several at once if several are due.
enum class fault_kind : std::uint8_t {
  error_500,
  unavailable_503,  ///< with Retry-After
  too_many_429,     ///< with Retry-After
  hang,             ///< no answer for a while, then the connection is closed
  cut,              ///< the connection is closed in the middle of the page
  gone_410,         ///< waits for a request with a cursor
  repeat,           ///< the page served before, again
  empty,            ///< a page without records, whose `next` is the page asked for
  wrong_count,      ///< the envelope's count is one more or one less
  reordered,        ///< the page's records, the last first
  latin1,           ///< a bad record: a name in ISO 8859-1
  no_centre,        ///< a bad record
  unknown_flavour,  ///< a bad record
  wrong_type,       ///< a bad record: the person's id is a number
  oversize,         ///< a bad record of more than 1 MiB
  twice,            ///< a record of the page, once more after it
  twice_stale,      ///< a record of the page with the other status, before it
};
inline constexpr std::size_t fault_kinds = 17;

std::string_view name_of(fault_kind kind);
std::optional<fault_kind> fault_kind_of(std::string_view name);
/// "500, 503, …": for messages.
std::string fault_kind_names();

/// Whether the fault is an answer of its own, rather than records added to a page.
inline bool comes_alone(fault_kind kind) { return kind <= fault_kind::reordered; }

struct fault {
  fault_kind kind = fault_kind::error_500;
  std::optional<std::uint64_t> count;  ///< requests that it still befalls; none: by probability
  double probability = 0;
  std::uint64_t after = 0;          ///< requests that it first lets pass
  std::uint64_t per_page = 1;       ///< records that it adds
  std::uint64_t retry_after_s = 1;  ///< 503 and 429
  std::uint64_t hang_s = 30;
  bool stays = false;  ///< asked for again by its cursor, the page is as it was; for kinds that add records

  /// Reads "KIND", "KIND:COUNT" or "KIND:PROBABILITY" (with a point: "cut:0.05"). Returns the problem as
  /// text, empty if there is none.
  static std::string parse(std::string_view text, fault& read);
};

/// A bad record that was put into a page that went out.
struct bad_record {
  std::string cursor;    ///< of the page
  std::size_t position;  ///< among the page's records, from 0
  fault_kind kind;
  std::string key;  ///< that it was meant to have; no other record has it
  std::size_t bytes;
  std::uint64_t hash;  ///< XXH3 of its bytes
  bool stays;          ///< whoever asks for the page again meets it again
};

/// Which faults are due, and which have been. May be called from any thread.
class faults {
 public:
  explicit faults(std::uint64_t seed)
      : seed_(seed) {}

  void add(const fault& f);
  /// Removes the faults that are due; what has been injected stays on record.
  void clear();

  /// The faults that befall the next request for a page: one that comes alone, or any number of others.
  /// `gone_410`, and whatever stays, waits for a request with a cursor, `repeat` for one that has a page before it.
  std::vector<fault> next(bool has_cursor, bool has_previous);
  /// Counts a request that nothing befalls, for a page that stays.
  void pass_over();

  void note(const std::vector<bad_record>& bad);
  /// A number for each bad person: 0, 1, 2, …
  std::uint32_t next_bad_person();

  static constexpr std::size_t bad_records_max = 1'000'000;
  struct report {
    std::vector<fault> due;
    std::uint64_t requests = 0;
    std::array<std::uint64_t, fault_kinds> injected{};  ///< records for kinds that add records, else answers
    std::vector<bad_record> bad;                        ///< the first bad_records_max
    std::uint64_t bad_not_listed = 0;
  };
  [[nodiscard]] report state() const;

 private:
  const std::uint64_t seed_;
  mutable std::mutex mutex_;
  report state_;
  std::uint32_t bad_people_ = 0;
};

}  // namespace matricula::simulator
