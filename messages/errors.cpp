// SPDX-License-Identifier: Apache-2.0
#include "messages/errors.hpp"

#include <array>

namespace matricula {
namespace {

struct code_entry {
  error_code code;
  failure_class kind;
  std::string_view name;
};

constexpr std::array code_entries{
    code_entry{error_code::none, failure_class::none, "none"},
    code_entry{error_code::source_unavailable, failure_class::outage, "source_unavailable"},
    code_entry{error_code::page_cut, failure_class::outage, "page_cut"},
    code_entry{error_code::page_invalid, failure_class::outage, "page_invalid"},
    code_entry{error_code::page_miscounted, failure_class::outage, "page_miscounted"},
    code_entry{error_code::cursor_unknown, failure_class::outage, "cursor_unknown"},
    code_entry{error_code::kafka_unavailable, failure_class::outage, "kafka_unavailable"},
    code_entry{error_code::transaction_aborted, failure_class::outage, "transaction_aborted"},
    code_entry{error_code::database_unavailable, failure_class::outage, "database_unavailable"},
    code_entry{error_code::database_conflict, failure_class::outage, "database_conflict"},
    code_entry{error_code::database_refuses, failure_class::outage, "database_refuses"},
    code_entry{error_code::downstream_lost, failure_class::outage, "downstream_lost"},
    code_entry{error_code::out_of_sequence, failure_class::outage, "out_of_sequence"},
    code_entry{error_code::publisher_fenced, failure_class::handover, "publisher_fenced"},
    code_entry{error_code::partition_lost, failure_class::handover, "partition_lost"},
    code_entry{error_code::record_not_object, failure_class::poison, "record_not_object"},
    code_entry{error_code::record_too_large, failure_class::poison, "record_too_large"},
    code_entry{error_code::record_not_utf8, failure_class::poison, "record_not_utf8"},
    code_entry{error_code::field_missing, failure_class::poison, "field_missing"},
    code_entry{error_code::field_type, failure_class::poison, "field_type"},
    code_entry{error_code::field_value, failure_class::poison, "field_value"},
    code_entry{error_code::lane_unknown, failure_class::poison, "lane_unknown"},
    code_entry{error_code::row_refused, failure_class::poison, "row_refused"},
    code_entry{error_code::topic_mismatch, failure_class::configuration, "topic_mismatch"},
    code_entry{error_code::offset_out_of_log, failure_class::configuration, "offset_out_of_log"},
    code_entry{error_code::target_broken, failure_class::configuration, "target_broken"},
    code_entry{error_code::stopping, failure_class::stopping, "stopping"},
};

// The table is indexed by the code, so its order must be the enum's.
constexpr bool in_order() {
  for (std::size_t i = 0; i < code_entries.size(); ++i)
    if (static_cast<std::size_t>(code_entries[i].code) != i)
      return false;
  return true;
}
static_assert(in_order());

const code_entry& entry_of(error_code code) noexcept { return code_entries[static_cast<std::size_t>(code)]; }

}  // namespace

failure_class class_of(error_code code) noexcept { return entry_of(code).kind; }

std::string_view name_of(error_code code) noexcept { return entry_of(code).name; }

std::optional<error_code> error_code_named(std::string_view name) noexcept {
  for (const auto& entry : code_entries)
    if (entry.name == name)
      return entry.code;
  return std::nullopt;
}

}  // namespace matricula
