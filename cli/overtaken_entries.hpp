// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/quarantine_entry.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matricula {

/// Finds what was refused between the reading of entries and the writing of the notes that they are dropped: it must not
/// vanish behind the notes. Knows nothing of Kafka.
class overtaken_entries {
 public:
  /// This entry was read, and this note is written about it. The note outlives this object.
  void expect(const newest_entries::held& read, const std::string& note) {
    expected_[read.entry.key] = {read.partition, read.offset, &note, {}};
  }

  /// A message of the topic; those of a partition in their order.
  void note(const scanned_message& message) {
    const auto found = expected_.find(message.record.key);
    if (found == expected_.end() || message.partition != found->second.partition ||
        message.record.offset <= found->second.offset)
      return;
    auto& each = found->second;
    const bool is_note = message.record.value == *each.note;
    if (!is_note)
      each.meanwhile = message.record.value;
    each.is_hidden = is_note && !each.meanwhile.empty();
  }

  /// Keys and values of those that stand behind a note: to be written again.
  std::vector<std::pair<std::string, std::string>> hidden() const {
    std::vector<std::pair<std::string, std::string>> out;
    for (const auto& [key, each] : expected_)
      if (each.is_hidden)
        out.emplace_back(key, each.meanwhile);
    return out;
  }

 private:
  struct expectation {
    std::int32_t partition = 0;
    std::int64_t offset = 0;
    const std::string* note = nullptr;
    std::string meanwhile;
    bool is_hidden = false;
  };
  std::map<std::string, expectation, std::less<>> expected_;
};

}  // namespace matricula
