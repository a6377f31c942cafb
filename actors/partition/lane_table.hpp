// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/topology.hpp"

#include <absl/container/flat_hash_map.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// Which of a source's lanes takes a record, by flavour and province.
class lane_table {
 public:
  /// Only the lanes fed by `source` are entered.
  lane_table(const std::vector<lane_settings>& lanes, std::string_view source) {
    for (std::size_t i = 0; i < lanes.size(); ++i)
      if (lanes[i].source == source)
        lanes_.emplace(lanes[i].flavour + '-' + lanes[i].province, static_cast<std::uint16_t>(i));
  }

  /// Index into the topology's lanes.
  std::optional<std::uint16_t> find(std::string_view flavour, std::string_view province) const {
    std::string name;
    name.reserve(flavour.size() + 1 + province.size());
    name.append(flavour).append(1, '-').append(province);
    const auto found = lanes_.find(name);
    return found == lanes_.end() ? std::nullopt : std::optional{found->second};
  }

 private:
  absl::flat_hash_map<std::string, std::uint16_t> lanes_;
};

}  // namespace matricula
