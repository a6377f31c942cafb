// SPDX-License-Identifier: Apache-2.0
#include "cli/loaded_topology.hpp"

#include "config/load.hpp"

#include <ostream>
#include <utility>

namespace matricula {

std::optional<topology> load_or_explain(const std::filesystem::path& file,
                                        const environment_lookup& environment, std::ostream& errors) {
  auto loaded = load_topology(file, environment);
  for (const auto& problem : loaded.problems)
    errors << text_of(problem) << '\n';
  return std::move(loaded.topology);
}

}  // namespace matricula
