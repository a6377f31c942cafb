// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"

#include <string_view>
#include <vector>

namespace matricula::config {

/// A member of struct limits by its name, which is its key in [limits].
struct limit_member {
  std::string_view name;
  std::uint64_t (*read)(const struct limits&);
  void (*write)(struct limits&, std::uint64_t);
};

/// Every member, in the order of the struct.
const std::vector<limit_member>& limit_members();

}  // namespace matricula::config
