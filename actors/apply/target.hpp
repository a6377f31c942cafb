// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace matricula {

/// One of a target's SQL files.
struct target_file {
  std::string name;  ///< such as "20_centres_insert.sql"
  std::string sql;
};

/// A target: the folder of SQL that says how a batch of records becomes rows at a site. docs/targets.md is
/// the contract of its files.
struct target {
  std::string name;  ///< the folder's
  target_file schema, session, differs, outcomes, verify;
  target_file doctor, plan, held, approve, reject, calendar, undo;  ///< without SQL: there is none
  std::vector<target_file> steps;          ///< NN_name.sql, in the order of their names
  std::vector<target_file> parts_of_undo;  ///< undo_name.sql, likewise
  std::uint64_t schema_digest = 0;

  /// Reads a folder, joined to the one that it extends, for a site with these settings; what is not among them
  /// is as the folder says. Error: target_broken, with everything that is wrong with the folder, or a setting
  /// that it does not take.
  static result<target> load(const std::filesystem::path& directory,
                             const std::map<std::string, std::string>& settings = {});
};

}  // namespace matricula
