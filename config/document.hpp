// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/problem.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace matricula::config {

enum class kind_of_value : std::uint8_t { text, whole_number, fraction, truth, date, list, table };

struct entry;

/// A TOML value and where it stands. What the loader knows of TOML; the library itself stays in parse.cpp.
struct value {
  kind_of_value kind = kind_of_value::table;
  position at;
  std::string text;            ///< of a text; of a fraction or truth as TOML writes it
  std::int64_t number = 0;     ///< of a whole number
  std::vector<value> items;    ///< of a list
  std::vector<entry> entries;  ///< of a table

  /// The entry of a table by its key, or null.
  const entry* find(std::string_view key) const;
};

/// One `key = value` of a table.
struct entry {
  std::string key;
  position key_at;
  value held;
};

inline const entry* value::find(std::string_view key) const {
  for (const auto& each : entries)
    if (each.key == key)
      return &each;
  return nullptr;
}

}  // namespace matricula::config
