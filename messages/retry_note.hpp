// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page.hpp"
#include "messages/page_decoder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace matricula {

/// How far the retry of a quarantined record has come. It begins as asked and ends as one of the others.
enum class retry_state : std::uint8_t {
  asked,       ///< the source puts the record through the pipeline again
  retried,     ///< the lane's topic holds its content under a newer revision than the one that was refused
  superseded,  ///< a topic of the source's holds a newer record of the key, so it was not published
  refused      ///< the source cannot use it; an entry of the source's own says why
};

/// The state as it stands in the topic: "retry", "retried", "superseded", "refused".
std::string_view name_of(retry_state state) noexcept;

/// A message of the quarantine topic that tells of an entry's retry (docs/topics.md). It stands beside the entry, under
/// a key of its own for each revision that was refused. So nothing that is said of a retry can hide what a site or a
/// source says of the record, in whatever order they are written.
struct retry_note {
  std::string entry;       ///< the entry's key
  revision_t refused = 0;  ///< the revision that the entry tells of
  retry_state state = retry_state::asked;
  std::string source;       ///< who is to do it, or did
  std::string record;       ///< while asked: the record's bytes
  revision_t revision = 0;  ///< afterwards: what the topic holds, or the place of the source's new entry

  std::string key() const;
  std::string value() const;

  /// Whether a message of this key tells of a retry.
  static bool is_key(std::string_view key) noexcept;

  /// Reads such a message's value; nothing if it is none.
  static std::optional<retry_note> read(std::string_view value);
};

/// Tells which texts can stand in a page as one record, whatever a decoder will say of them. Not thread-safe.
class record_check {
 public:
  record_check();

  /// Its natural key, empty where it has none, or nothing: the text would break the page.
  std::optional<std::string> key_of(std::string_view record);

 private:
  page_decoder decoder_;
};

}  // namespace matricula
