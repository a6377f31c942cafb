// SPDX-License-Identifier: Apache-2.0
#include "actors/partition/partitioner.hpp"

#include "actors/partition/key_shares.hpp"
#include "actors/partition/lane_table.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace matricula {
namespace {

/// "2 field_missing, 1 lane_unknown".
std::string text_of(const rejection_counts& rejected) {
  std::string text;
  for (const auto& [code, count] : rejected)
    text += (text.empty() ? "" : ", ") + std::to_string(count) + ' ' + std::string{name_of(code)};
  return text;
}

}  // namespace

partitioner_state::~partitioner_state() {
  for (auto& [number, page] : in_flight)
    page.promise.deliver(make_error(error_code::stopping));
}

result<page_ptr> partitioner_state::decode(fetched_page& fetched) {
  page decoded;
  decoded.source = fetched.source;
  decoded.number = fetched.number;
  decoded.requested_at = fetched.requested_at;
  decoded.retries = std::move(fetched.retries);
  decoded.dropped = std::move(fetched.dropped);
  if (!fetched.not_modified)
    return decoder->decode(std::move(fetched.bytes), std::move(decoded), fetched.salvage);
  decoded.envelope = fetched.remembered;
  return page_ptr{std::make_shared<page>(std::move(decoded))};
}

caf::result<page_receipt> partitioner_state::deal_out(const fetched_page_ptr& fetched) {
  const auto bytes = fetched->bytes.size();
  if (failed_page && fetched->number > *failed_page)
    return make_error(
        failure{error_code::out_of_sequence, "an earlier page of " + fetched->source + " failed"});
  failed_page.reset();
  auto decoded = decode(*fetched);
  if (!decoded) {
    failed_page = fetched->number;
    return make_error(decoded.error());
  }
  const auto& page = *decoded;

  const auto shares = shares_of(page, parts.size());
  const auto number = page->number;
  const auto empty = std::count(shares.begin(), shares.end(), nullptr);
  const auto shares_total = static_cast<std::uint32_t>(shares.size() - static_cast<std::size_t>(empty) + 1);
  auto promise = self->make_response_promise<page_receipt>();
  auto& flight = in_flight[number];
  flight.promise = promise;
  flight.unanswered = shares_total;
  auto& receipt = flight.receipt;
  receipt.source = page->source;
  receipt.number = number;
  receipt.sweep = page->envelope.sweep;
  receipt.next = page->envelope.next;
  receipt.read = page->envelope.count;
  receipt.unchanged = fetched->not_modified ? page->envelope.count : 0;
  receipt.repeated = page->repeated;
  for (const auto& record : page->rejected)
    ++flight.rejected[record.reason.code];
  receipt.bytes = bytes;
  receipt.requested_at = page->requested_at;

  for (std::size_t part = 0; part < shares.size(); ++part)
    if (shares[part])
      self->request(parts[part], request_timeout, batch_ptr{shares[part]}, shares_total)
          .then(
              [this, number](const share_receipt& reply) {
                auto& dealt_out = in_flight[number];
                for (const auto& [code, count] : reply.rejected)
                  dealt_out.rejected[code] += count;
                for (const auto& [lane, count] : reply.changed)
                  dealt_out.changed[lane] += count;
                dealt_out.receipt.unchanged += reply.unchanged;
                answered(number, {});
              },
              [this, number](const caf::error& why) { answered(number, why); });

  const page_share_ptr own = std::make_shared<page_share>(page_share{
      page, shares_total, nullptr, source_position{number, page->envelope.next, page->envelope.sweep}});
  self->request(publisher, request_timeout, own)
      .then(
          [this, number](page_published& reply) {
            in_flight[number].receipt.ends = std::move(reply.ends);
            answered(number, {});
          },
          [this, number](const caf::error& why) { answered(number, why); });
  return caf::delegated<page_receipt>{};
}

void partitioner_state::answered(std::uint64_t number, const caf::error& why) {
  auto& flight = in_flight[number];
  if (why && !flight.first_error)
    flight.first_error = why;
  if (--flight.unanswered > 0)
    return;
  auto page = in_flight.extract(number);
  auto& [promise, receipt, unanswered, first_error, rejected, changed] = page.mapped();
  if (first_error) {
    promise.deliver(first_error);
    return;
  }
  receipt.published_at = std::chrono::steady_clock::now();
  for (const auto& [lane, count] : changed) {
    receipt.changed += count;
    receipt.lanes.push_back({topics[lane], count});
  }
  for (const auto& [code, count] : rejected)
    receipt.quarantined += count;
  if (receipt.quarantined > 0)
    spdlog::warn("source:{} page {}: {} to quarantine: {}", receipt.source, receipt.number,
                 receipt.quarantined, text_of(rejected));
  promise.deliver(std::move(receipt));
}

partitioner_actor::behavior_type partitioner(partitioner_actor::stateful_pointer<partitioner_state> self,
                                             const deployment_ptr& deployment, const std::string& source,
                                             publisher_actor publisher, deduplicators parts) {
  auto& state = self->state;
  const auto& topology = deployment->topology;
  state.self = self;
  self->set_exception_handler(log_exception);
  state.request_timeout = std::chrono::milliseconds{topology.limits.request_timeout_ms};
  state.publisher = std::move(publisher);
  state.parts = std::move(parts);
  for (const auto& lane : topology.lanes)
    state.topics.push_back(lane.topic);
  state.decoder.emplace(
      [table = lane_table{topology.lanes, source}](std::string_view flavour, std::string_view province) {
        return table.find(flavour, province);
      },
      topology.limits.record_bytes_max, reading::keys);
  return {
      [self](const fetched_page_ptr& fetched) { return self->state.deal_out(fetched); },
  };
}

}  // namespace matricula
