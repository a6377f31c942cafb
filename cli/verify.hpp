// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/references.hpp"

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// How `matricula verify` is to go about it.
struct verify_options {
  std::string site;                        ///< only this one; empty: all
  std::size_t keys_max = 20;               ///< keys printed for each site
  std::chrono::milliseconds wait{30'000};  ///< for Kafka, and for each site's database, to answer
};

/// Compares the sites of the topology in `file` with the topics that they read, key by key. Prints counts and
/// keys, which hold ids, and never what a field holds. Changes nothing. Answers an exit code: exit_done if
/// every site is as its topics say, but for what is quarantined or held back.
int verify_sites(const std::filesystem::path& file, const verify_options& options,
                 const environment_lookup& environment, std::ostream& out, std::ostream& errors);

}  // namespace matricula
