// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/document.hpp"
#include "config/known_keys.hpp"
#include "config/references.hpp"
#include "config/written_topology.hpp"

namespace matricula::config {

/// What all tables of one file are read with.
struct reading {
  const environment_lookup& environment;
  std::filesystem::path directory;  ///< of the file
  problem_list& problems;
};

/// Reads the keys of one table, and reports unknown and missing keys, wrong types, values out of range and
/// references that lead nowhere. Each key is to be read once, by the member of its kind.
class table_reader {
 public:
  /// Reports the keys that `known` has not.
  table_reader(const known_table& known, const value& table, const reading& with);

  written_text text(std::string_view key) const;
  written<std::int64_t> number(std::string_view key) const;
  written<std::chrono::milliseconds> duration(std::string_view key) const;
  written_texts texts(std::string_view key) const;

  /// Keys of tables within the table are joined by dots, so that `a.b = 1` and `"a.b" = 1` say the same.
  written_properties properties(std::string_view key) const;

  position at() const { return table_.at; }

 private:
  const known_key& known(std::string_view key) const;
  const value* find(std::string_view key) const;
  std::string named(const known_key& key) const;
  void wrong_type(const known_key& key, const value& found) const;
  written_text follow(const known_key& key, const value& found) const;
  void gather(const known_key& key, const value& table, const std::string& prefix,
              written_properties& into) const;

  const known_table& known_;
  const value& table_;
  const reading& with_;
};

}  // namespace matricula::config
