// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page.hpp"

#include <cstdint>
#include <map>
#include <memory>

namespace matricula {

/// What each lane gets of a page, by the lane's index in the topology.
using lane_shares = std::map<std::uint16_t, std::shared_ptr<record_batch>>;

/// Deals out a page's records to their lanes. A lane without any has no share.
inline lane_shares shares_of(const page_ptr& page) {
  lane_shares shares;
  record_batch* last = nullptr;  // records of one centre follow one another
  for (std::uint32_t i = 0; i < page->records.size(); ++i) {
    const auto lane = page->records[i].lane;
    if (!last || last->lane != lane) {
      auto& share = shares[lane];
      if (!share) {
        share = std::make_shared<record_batch>();
        share->page = page;
        share->lane = lane;
      }
      last = share.get();
    }
    last->indices.push_back(i);
  }
  return shares;
}

}  // namespace matricula
