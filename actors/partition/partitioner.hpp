// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"
#include "messages/page_decoder.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace matricula {

/// A source's deduplicators, each for a part of the keys (key_shares.hpp).
using deduplicators = std::vector<deduplicator_actor>;

/// Reads of a page what tells its records apart and where they go, deals indices out by the keys and gathers the replies
/// of all shares into one.
struct partitioner_state {
  /// A page whose shares have not all been answered.
  struct page_in_flight {
    caf::typed_response_promise<page_receipt> promise;
    page_receipt receipt;
    std::size_t unanswered = 0;
    caf::error first_error;
    rejection_counts rejected;
    lane_counts changed;
  };

  static inline const char* name = "partitioner";

  partitioner_actor::pointer self = nullptr;
  std::chrono::milliseconds request_timeout{};
  publisher_actor publisher;
  deduplicators parts;
  std::vector<std::string> topics;  ///< of every lane, by its index
  std::optional<page_decoder> decoder;
  std::map<std::uint64_t, page_in_flight> in_flight;  ///< by page number
  /// Could not be decoded. Later pages are sent back until it comes again: the publisher would wait for it.
  std::optional<std::uint64_t> failed_page;

  ~partitioner_state();

  caf::result<page_receipt> deal_out(const fetched_page_ptr& fetched);

 private:
  result<page_ptr> decode(fetched_page& fetched);
  void answered(std::uint64_t number, const caf::error& why);
};

partitioner_actor::behavior_type partitioner(partitioner_actor::stateful_pointer<partitioner_state> self,
                                             const deployment_ptr& deployment, const std::string& source,
                                             publisher_actor publisher, deduplicators parts);

}  // namespace matricula
