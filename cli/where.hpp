// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"

#include <chrono>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// What `matricula where` is to look for: a key, or a person's keys.
struct where_options {
  std::string key, person;                 ///< one of the two
  std::chrono::milliseconds wait{30'000};  ///< for Kafka, and for each site's database, to answer
};

/// Prints what each stop from the source to the sites knows of a key, or of each key of a person, and what that
/// amounts to. Ids only. Changes nothing. Answers an exit code: exit_done if every site that should have it has it,
/// of all keys.
int find_records(const std::filesystem::path& file, const where_options& options,
                 const environment_lookup& environment, std::ostream& out, std::ostream& errors);

}  // namespace matricula
