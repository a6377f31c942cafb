// SPDX-License-Identifier: Apache-2.0
#include "config/limit_members.hpp"

#include <type_traits>

namespace matricula::config {
namespace {

template <auto Member>
limit_member named(std::string_view name) {
  return {name, [](const struct limits& from) -> std::uint64_t { return from.*Member; },
          [](struct limits& into, std::uint64_t value) {
            into.*Member = static_cast<std::remove_reference_t<decltype(into.*Member)>>(value);
          }};
}

}  // namespace

const std::vector<limit_member>& limit_members() {
  using all = struct limits;
  static const std::vector<limit_member> members{
      named<&all::pages_in_flight_max>("pages_in_flight_max"),
      named<&all::batches_in_flight_max>("batches_in_flight_max"),
      named<&all::batch_records_max>("batch_records_max"),
      named<&all::batch_bytes_max>("batch_bytes_max"),
      named<&all::page_bytes_max>("page_bytes_max"),
      named<&all::record_bytes_max>("record_bytes_max"),
      named<&all::prefetch_bytes_max>("prefetch_bytes_max"),
      named<&all::outbox_entries_max>("outbox_entries_max"),
      named<&all::retry_delay_ms_min>("retry_delay_ms_min"),
      named<&all::retry_delay_ms_max>("retry_delay_ms_max"),
      named<&all::restarts_max>("restarts_max"),
      named<&all::restart_window_ms>("restart_window_ms"),
      named<&all::request_timeout_ms>("request_timeout_ms"),
      named<&all::drain_timeout_ms>("drain_timeout_ms"),
  };
  return members;
}

}  // namespace matricula::config
