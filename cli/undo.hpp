// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/time_text.hpp"
#include "config/references.hpp"

#include <cstddef>
#include <filesystem>
#include <iosfwd>
#include <string>

namespace matricula {

/// What `matricula undo` is to put back.
struct undo_options {
  std::string site;
  utc_time since{};
  bool does = false;             ///< otherwise it is only shown
  std::size_t examples_max = 3;  ///< ids printed on each line
};

/// Shows what a site of the topology in `file` has changed since a time and what of it can be put back, or puts it back,
/// in portions, while the site runs: counts, and ids; of what is refused each, with the reason. Answers an exit code:
/// exit_failed if the site did not answer or does not remember so long ago, or if something was not put back as asked.
int undo_changes(const std::filesystem::path& file, const undo_options& options,
                 const environment_lookup& environment, std::ostream& out, std::ostream& errors);

}  // namespace matricula
