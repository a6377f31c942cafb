// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace matricula {

/// What can go wrong between two stages. Each line says who sees it and when.
enum class error_code : std::uint8_t {
  none = 0,

  // Outages: retried with back-off, never quarantined.
  source_unavailable,    ///< no connection to the feed, a time-out, or HTTP 5xx/429
  page_cut,              ///< the connection ended before the page did
  page_invalid,          ///< the page is not the JSON, or not the UTF-8, that the feed promises
  page_miscounted,       ///< the page's count is not the number of its records
  cursor_unknown,        ///< HTTP 410: the sweep starts again
  kafka_unavailable,     ///< no broker answers, or a delivery timed out
  transaction_aborted,   ///< Kafka rolled the page back; it is read again
  database_unavailable,  ///< no connection, or it broke before the commit was answered
  database_conflict,     ///< deadlock, serialization failure or lock time-out (40P01, 40001, 55P03)
  database_refuses,      ///< read-only, disk full, out of memory or shutting down (25006, 53xxx, 57xxx)
  downstream_lost,       ///< the next actor died or did not answer in time
  out_of_sequence,       ///< an earlier page of the same source failed; this one must be read again

  // Hand-overs: another owner went on; this one lets go.
  publisher_fenced,  ///< a newer owner of the source holds its transactional.id
  partition_lost,    ///< the site's stored offset is not the one expected

  // Poison: one record that no retry can save; quarantined with this as the reason.
  record_not_object,  ///< an element of the page's records is not a JSON object
  record_too_large,   ///< longer than limits.record_bytes_max
  record_not_utf8,    ///< bytes that are not UTF-8, such as Latin-1
  field_missing,      ///< a required field is absent
  field_type,         ///< a field has another JSON type than the schema says
  field_value,        ///< a field's text has not the form that the schema says
  lane_unknown,       ///< no lane of the topology takes this flavour and province
  row_refused,        ///< the site's database refuses this row (SQLSTATE class 22 or 23)

  // Configuration: nothing to retry until a person has changed something.
  topic_mismatch,     ///< a topic is missing or differs from the topology
  offset_out_of_log,  ///< the site's offset is older than the topic's start
  target_broken,      ///< a target's SQL fails whatever the record (SQLSTATE class 42)

  stopping,  ///< the actor was told to stop before it could do this
};

/// How a failure is met: see the four rules of the graph in docs/architecture.md.
enum class failure_class : std::uint8_t { none, outage, handover, poison, configuration, stopping };

/// The class of `code`; every code has exactly one.
failure_class class_of(error_code code) noexcept;

/// The code's name as it stands in logs, metrics and quarantine entries.
std::string_view name_of(error_code code) noexcept;

/// The code named `name`, if there is one.
std::optional<error_code> error_code_named(std::string_view name) noexcept;

/// A failure as the adapters report it: what happened, and in words where and what to do.
/// The text holds ids and addresses, never a person's name or e-mail.
struct failure {
  error_code code = error_code::none;
  std::string text;
};

/// A value or the failure that stands in its place.
template <class T>
class [[nodiscard]] result {
 public:
  result(T value)
      : held_(std::move(value)) {}
  result(failure why)
      : held_(std::move(why)) {}

  explicit operator bool() const noexcept { return held_.index() == 0; }
  T& operator*() & { return std::get<0>(held_); }
  const T& operator*() const& { return std::get<0>(held_); }
  T&& operator*() && { return std::get<0>(std::move(held_)); }
  T* operator->() { return &std::get<0>(held_); }
  const T* operator->() const { return &std::get<0>(held_); }

  /// Precondition: holds no value.
  const failure& error() const { return std::get<1>(held_); }

 private:
  std::variant<T, failure> held_;
};

/// Success without a value.
struct done {};

}  // namespace matricula
