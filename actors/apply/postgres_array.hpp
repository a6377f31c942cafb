// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <cstdint>
#include <iterator>
#include <string>
#include <string_view>

namespace matricula {

/// The text of a PostgreSQL array, as a parameter of a statement (PostgreSQL 15 manual, section 8.15.6).
class postgres_array {
 public:
  void append(std::string_view text) {
    begin_element();
    text_ += '"';
    for (const char c : text) {
      if (c == '"' || c == '\\')
        text_ += '\\';
      text_ += c;
    }
    text_ += '"';
  }

  void append(std::int64_t number) {
    begin_element();
    char digits[20];
    text_.append(std::begin(digits), std::to_chars(std::begin(digits), std::end(digits), number).ptr);
  }

  /// Two's complement, as the database keeps hashes and revisions.
  void append(std::uint64_t number) { append(static_cast<std::int64_t>(number)); }

  /// The array; nothing can be appended afterwards.
  const std::string& finish() {
    text_ += '}';
    return text_;
  }

 private:
  void begin_element() {
    if (text_.size() > 1)
      text_ += ',';
  }

  std::string text_ = "{";
};

}  // namespace matricula
