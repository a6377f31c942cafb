// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace matricula {

/// A natural key, taken apart (docs/topics.md); the escapes of its parts are undone.
struct natural_key {
  std::string year, centre, course, subject, group, person, role;

  /// Reads a key's text; nothing if it has not seven parts, or one that no key has. A part may be empty: of a record
  /// in quarantine the key is known as far as it could be read.
  static std::optional<natural_key> read(std::string_view text);

  /// The province: the first two digits of the centre.
  std::string_view province() const { return std::string_view{centre}.substr(0, 2); }
};

/// What is wrong with a key that somebody has typed; nothing if a record could have it.
std::optional<std::string> fault_of_key(std::string_view text);

/// The text with control characters as '?', for a terminal: keys hold what a source sent.
std::string printable(std::string_view text);

}  // namespace matricula
