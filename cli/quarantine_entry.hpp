// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/topic_scan.hpp"
#include "cli/time_text.hpp"
#include "messages/retry_note.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// How far an entry's retry has come.
struct entry_retry {
  retry_state state = retry_state::asked;
  std::optional<utc_time> at;  ///< when it came so far
  revision_t revision = 0;     ///< as in retry_note
  std::string source{};        ///< who is to do it, or did
};

/// "retry asked 2026-09-10T07:30:00Z", "retried 2026-09-10T07:30:04Z with revision 5369759500".
std::string text_of(const entry_retry& retry);

/// A message of the quarantine topic (docs/topics.md), as far as it can be read.
struct quarantine_entry {
  std::string key;           ///< the message's
  std::string site, source;  ///< who refused the record: one of the two; neither if the value is no entry
  std::string record_key;    ///< the natural key, as far as it is known
  std::string reason;
  std::optional<utc_time> at;  ///< when it was refused
  revision_t revision = 0;     ///< of the record
  bool dropped = false;
  std::optional<utc_time> dropped_at;
  std::string why;                   ///< it was dropped
  std::string topic;                 ///< a site's: the lane's topic that the record came from
  std::optional<entry_retry> retry;  ///< of this revision, if it was asked for

  /// Whether nobody needs to do anything about it: it was dropped, or its retry is done.
  bool is_settled() const { return dropped || (retry && retry->state != retry_state::asked); }

  /// Reads an entry. `written_at` is the message's time, which stands for one that the entry does not tell.
  static quarantine_entry read(std::string_view key, std::string_view value,
                               std::optional<utc_time> written_at);

  /// "site eso46", "source itaca".
  std::string where() const;
};

/// The value of an entry that is dropped: all that it held, and its state. `at` is when it was refused.
std::string dropped_value(std::string_view value, std::optional<utc_time> at, utc_time dropped_at,
                          std::string_view why);

/// The entry as indented JSON, its record as JSON instead of a text where it is JSON. Of the record only ids, codes,
/// names of schools and subjects, and dates of enrolments are shown, unless `with_personal_data`: what a field that
/// matricula does not know holds may be anything. How far its retry has come is added.
std::string printable_entry(std::string_view value, bool with_personal_data,
                            const std::optional<entry_retry>& retry = {});

/// Which entries to list. What is empty does not restrict.
struct quarantine_filter {
  std::string site, source, reason;
  std::optional<utc_time> since, until;  ///< an entry without a time is none of these: nobody drops it unseen
  std::string key_prefix;                ///< of the message's key or the record's
  bool with_settled = false;

  /// Whether it restricts to anything but what is not settled.
  bool restricts() const {
    return !site.empty() || !source.empty() || !reason.empty() || since || until || !key_prefix.empty();
  }
  bool takes(const quarantine_entry& entry) const;
};

/// The newest message of every key of the quarantine topic, entries and their retries joined. Knows nothing of Kafka.
class newest_entries {
 public:
  struct held {
    quarantine_entry entry;
    std::string value;
    std::int32_t partition = 0;
    std::int64_t offset = 0, time_ms = 0;
  };

  /// Messages of a partition in their order; partitions in any.
  void add(const scanned_message& message);

  /// By the entry's key.
  const held* find(std::string_view key) const;

  /// Oldest first, those of unknown time last, otherwise by key.
  std::vector<const held*> in_order() const;

 private:
  struct held_note {
    std::string entry;
    entry_retry retry;
    std::int32_t partition = 0;
    std::int64_t time_ms = 0;
  };

  void add_note(const scanned_message& message);
  void join(quarantine_entry& entry) const;

  std::map<std::string, held, std::less<>> newest_;
  std::map<std::string, held_note, std::less<>> notes_;  // by the notes' own keys
};

}  // namespace matricula
