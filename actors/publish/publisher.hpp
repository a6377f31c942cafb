// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/protocol.hpp"
#include "actors/publish/page_assembly.hpp"
#include "actors/publish/producer.hpp"
#include "actors/supervise/adapters.hpp"

#include <absl/container/flat_hash_set.h>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <cstdint>
#include <deque>
#include <string>

namespace matricula {

/// One page is one transaction: the changed records of all lanes, the quarantine's entries, what became of
/// retries, and the source's new cursor.
///
///     idle ──share of the next page──▶ in transaction ──last share, commit──▶ idle
///                                       │ abort: every share in hand is sent back
///                                       └ fenced, Kafka lost: likewise, and the publisher dies
struct publisher_state {
  using promise = caf::typed_response_promise<page_published>;
  using assembly = page_assembly<promise>;

  static inline const char* name = "publisher";

  publisher_actor::pointer self = nullptr;
  deployment_ptr deployment;
  std::string source;
  transactional_producer_ptr producer;
  assembly pages;
  std::size_t shares_sent = 0;         ///< of the current page, handed to the producer but for their records
  std::vector<std::uint32_t> changed;  ///< the records of those shares, by their indices in the page
  bool in_transaction = false;
  std::deque<std::string> texts;  ///< keys and values made here; they live until the transaction's end
  absl::flat_hash_set<std::string>
      quarantined;  ///< keys of entries committed by this publisher, not written again until they are dropped

  ~publisher_state();

  caf::result<page_published> add(page_share_ptr share);

  /// Sends what has come of the current page; when it is whole, its records in the order of the page, so that those of one
  /// classroom lie together in their topic, and commits it; then the next.
  void advance();

 private:
  result<done> send(const page_share& share);
  result<done> send_records(const page& page);
  result<done> send_to_quarantine(std::string key, std::string value);
  result<done> send_rejected(const page& page, const std::vector<rejected_record>& rejected);
  result<done> send_settled(const page& page, const settled_retry& settled);
  std::string_view keep(std::string text) { return texts.emplace_back(std::move(text)); }
  void commit();
  void fail(const failure& why);
};

publisher_actor::behavior_type publisher(publisher_actor::stateful_pointer<publisher_state> self,
                                         deployment_ptr deployment, std::string source);

}  // namespace matricula
