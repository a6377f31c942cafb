// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/dedup/content_index.hpp"
#include "actors/protocol.hpp"
#include "messages/record_checker.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <chrono>
#include <cstdint>
#include <map>

namespace matricula {

/// The memory of a part of a source's keys, of all lanes: a record that has changed its flavour has changed. A changed
/// record is remembered for good only when the publisher has answered. What has changed is read whole here, and not by
/// the partitioner: most records have not, and the parts work side by side.
struct deduplicator_state {
  static inline const char* name = "deduplicator";

  deduplicator_actor::pointer self = nullptr;
  publisher_actor publisher;
  std::chrono::milliseconds request_timeout{};
  content_index index;
  record_checker checker;
  std::map<std::uint64_t, caf::typed_response_promise<share_receipt>> in_flight;  ///< by page number

  ~deduplicator_state();

  caf::result<share_receipt> filter(const batch_ptr& share, std::uint32_t shares_total);

 private:
  caf::typed_response_promise<share_receipt> take_promise(std::uint64_t page_number);
};

deduplicator_actor::behavior_type deduplicator(deduplicator_actor::stateful_pointer<deduplicator_state> self,
                                               publisher_actor publisher,
                                               std::chrono::milliseconds request_timeout);

}  // namespace matricula
