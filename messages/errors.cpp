// SPDX-License-Identifier: Apache-2.0
#include "messages/errors.hpp"

#include <cstdint>

namespace matricula {
namespace {

struct code_entry {
  failure_class kind = failure_class::none;
  std::string_view name;  // empty: there is no such code
};

// Without a default, so that a new code does not compile before it has a class and a name.
constexpr code_entry entry_of(error_code code) noexcept {
  switch (code) {
  case error_code::none:
    return {failure_class::none, "none"};
  case error_code::source_unavailable:
    return {failure_class::outage, "source_unavailable"};
  case error_code::page_cut:
    return {failure_class::outage, "page_cut"};
  case error_code::page_invalid:
    return {failure_class::outage, "page_invalid"};
  case error_code::page_miscounted:
    return {failure_class::outage, "page_miscounted"};
  case error_code::cursor_unknown:
    return {failure_class::outage, "cursor_unknown"};
  case error_code::kafka_unavailable:
    return {failure_class::outage, "kafka_unavailable"};
  case error_code::transaction_aborted:
    return {failure_class::outage, "transaction_aborted"};
  case error_code::database_unavailable:
    return {failure_class::outage, "database_unavailable"};
  case error_code::database_conflict:
    return {failure_class::outage, "database_conflict"};
  case error_code::database_refuses:
    return {failure_class::outage, "database_refuses"};
  case error_code::downstream_lost:
    return {failure_class::outage, "downstream_lost"};
  case error_code::out_of_sequence:
    return {failure_class::outage, "out_of_sequence"};
  case error_code::publisher_fenced:
    return {failure_class::handover, "publisher_fenced"};
  case error_code::partition_lost:
    return {failure_class::handover, "partition_lost"};
  case error_code::record_not_object:
    return {failure_class::poison, "record_not_object"};
  case error_code::record_too_large:
    return {failure_class::poison, "record_too_large"};
  case error_code::record_not_utf8:
    return {failure_class::poison, "record_not_utf8"};
  case error_code::field_missing:
    return {failure_class::poison, "field_missing"};
  case error_code::field_type:
    return {failure_class::poison, "field_type"};
  case error_code::field_value:
    return {failure_class::poison, "field_value"};
  case error_code::lane_unknown:
    return {failure_class::poison, "lane_unknown"};
  case error_code::row_refused:
    return {failure_class::poison, "row_refused"};
  case error_code::topic_mismatch:
    return {failure_class::configuration, "topic_mismatch"};
  case error_code::offset_out_of_log:
    return {failure_class::configuration, "offset_out_of_log"};
  case error_code::target_broken:
    return {failure_class::configuration, "target_broken"};
  case error_code::stopping:
    return {failure_class::stopping, "stopping"};
  }
  return {};
}

}  // namespace

failure_class class_of(error_code code) noexcept { return entry_of(code).kind; }

std::string_view name_of(error_code code) noexcept { return entry_of(code).name; }

std::optional<error_code> error_code_named(std::string_view name) noexcept {
  for (int number = 0; number <= UINT8_MAX && !name.empty(); ++number)
    if (const auto code = static_cast<error_code>(number); entry_of(code).name == name)
      return code;
  return std::nullopt;
}

}  // namespace matricula
