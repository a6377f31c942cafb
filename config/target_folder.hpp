// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace matricula::config {

/// What a target lets a site say about itself: an entry of [settings] in its target.toml.
struct target_setting {
  std::string name;
  std::string by_default;
  std::vector<std::string> one_of;  ///< the values that it takes; empty: any text

  /// What is wrong with a value, as "may be: a, b"; empty if nothing is.
  std::string flaw_of(std::string_view value) const;
};

/// A target's folder joined to the one that it extends. docs/targets.md is the contract.
struct target_folder {
  std::map<std::string, std::string> files;  ///< SQL by name; schema.sql and session.sql after the base's
  std::map<std::string, target_setting, std::less<>> settings;
  std::string table_prefix;  ///< what the setting `prefix` takes the place of in the SQL; empty: nothing

  /// In what it is not as docs/targets.md says: files that are missing, empty or misnamed, a sentence each.
  /// What a statement says is for PostgreSQL to judge.
  std::vector<std::string> flaws;

  /// Every setting of a site that says `written` of itself.
  std::map<std::string, std::string> settings_with(std::map<std::string, std::string> written) const;
};

/// Whether a file of that name is a step of a batch: NN_name.sql.
bool is_step(std::string_view file_name);

/// Whether a file of that name is a part of an undo: undo_NAME.sql.
bool is_part_of_undo(std::string_view file_name);

target_folder read_target_folder(const std::filesystem::path& folder);

}  // namespace matricula::config
