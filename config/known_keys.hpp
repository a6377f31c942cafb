// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace matricula::config {

/// What a key's value must be.
enum class kind_of_key : std::uint8_t {
  text,
  whole_number,  ///< within [least, most]
  duration,      ///< a text with a unit, within [least, most] milliseconds
  text_list,
  properties,  ///< a table of names and values that are passed on as they are
};

/// A key that a topology file may hold. docs/topology.md describes each, and a test sees to it.
struct known_key {
  std::string_view name;
  kind_of_key kind;
  bool required;
  std::string_view example;  ///< how it is written
  std::int64_t least = 0;
  std::int64_t most = 0;
};

/// A table that a topology file may hold.
struct known_table {
  std::string_view name;
  bool repeated;  ///< written [[name]], once for each
  bool required;
  std::vector<known_key> keys;

  /// The table as it is written: "[name]" or "[[name]]".
  std::string heading() const;

  /// The key named so, or null.
  const known_key* find(std::string_view key) const;

  std::vector<std::string> key_names() const;
};

/// Every table, in the order of the documentation.
const std::vector<known_table>& known_tables();

/// The table named so. Precondition: there is one.
const known_table& known_table_named(std::string_view name);

}  // namespace matricula::config
