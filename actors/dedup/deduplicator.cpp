// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/deduplicator.hpp"

namespace matricula {

deduplicator_state::~deduplicator_state() {
  for (auto& [number, promise] : in_flight)
    promise.deliver(make_error(error_code::stopping));
}

caf::typed_response_promise<share_receipt> deduplicator_state::take_promise(std::uint64_t page_number) {
  return std::move(in_flight.extract(page_number).mapped());
}

caf::result<share_receipt> deduplicator_state::filter(const batch_ptr& share, std::uint32_t shares_total) {
  auto changed = std::make_shared<record_batch>();
  changed->page = share->page;
  std::vector<settled_retry> settled;
  std::vector<rejected_record> rejected;
  share_receipt receipt;
  const auto usable = [&](std::uint32_t record) {
    auto found = checker.check(*share->page, share->page->records[record]);
    if (!found)
      return true;
    ++receipt.rejected[found->reason.code];
    rejected.push_back(*std::move(found));
    return false;
  };
  if (share->page->retries.empty()) {
    changed->indices = index.select(*share, usable);
  } else {
    auto selection = index.select_retries(*share, usable);
    changed->indices = std::move(selection.changed);
    settled = std::move(selection.settled);
  }
  receipt.records = share->indices.size();
  for (const auto record : changed->indices)
    ++receipt.changed[share->page->records[record].lane];
  receipt.unchanged = receipt.records - changed->indices.size() - rejected.size();
  const auto number = share->page->number;
  const page_share_ptr onward = std::make_shared<page_share>(page_share{
      share->page, shares_total, std::move(changed), std::nullopt, std::move(settled), std::move(rejected)});
  in_flight.emplace(number, self->make_response_promise<share_receipt>());
  self->request(publisher, request_timeout, onward)
      .then(
          [this, receipt, number](const page_published&) {
            index.commit(number);
            take_promise(number).deliver(receipt);
          },
          [this, number](const caf::error& why) {
            index.take_back(number);
            take_promise(number).deliver(why);
          });
  return caf::delegated<share_receipt>{};
}

deduplicator_actor::behavior_type deduplicator(deduplicator_actor::stateful_pointer<deduplicator_state> self,
                                               publisher_actor publisher,
                                               std::chrono::milliseconds request_timeout) {
  self->state.self = self;
  self->set_exception_handler(log_exception);
  self->state.publisher = std::move(publisher);
  self->state.request_timeout = request_timeout;
  return {
      [self](const index_chunk& chunk) -> caf::result<done> {
        for (const auto& entry : *chunk)
          self->state.index.load(entry);
        return done{};
      },
      [self](const batch_ptr& share, std::uint32_t shares_total) {
        return self->state.filter(share, shares_total);
      },
  };
}

}  // namespace matricula
