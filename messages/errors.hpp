// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace matricula {

/// How a failure is met: see the four rules of the graph in docs/architecture.md. A bug is none of these and
/// has no code: it asserts or throws, the actor dies of it, and its supervisor counts the crash.
enum class failure_class : std::uint8_t {
  none,
  outage,         ///< retried with back-off for as long as it takes; nothing is quarantined
  handover,       ///< another owner went on; this one lets go and asks where to read
  poison,         ///< one record that no retry can save: quarantined with the code as the reason
  configuration,  ///< a person has to change something first; tried again until then
  stopping,       ///< neither good nor bad: whoever asked asks again, if it still wants to know
};

/// What can go wrong between two stages. Each line begins with the code's class and says who sees it, and when.
enum class error_code : std::uint8_t {
  none = 0,

  source_unavailable,    ///< outage: the feed is not reached, times out, or answers HTTP 5xx, 429, …
  page_cut,              ///< outage: the connection to the feed ended before the page did
  page_invalid,          ///< outage: the page is not the JSON, or not the UTF-8, that the feed promises
  page_miscounted,       ///< outage: the page's count is not the number of its records
  cursor_unknown,        ///< outage: the feed answers HTTP 410; the sweep starts again
  kafka_unavailable,     ///< outage: no broker answers a fetch or a producer, or a delivery timed out
  transaction_aborted,   ///< outage: Kafka rolled the publisher's page back; it is read again
  database_unavailable,  ///< outage: a site's connection is gone, perhaps before a commit was answered
  database_conflict,     ///< outage: another session of a site's database was in the way
  database_refuses,      ///< outage: a site's server cannot for now: read-only, disk full, overloaded
  downstream_lost,       ///< outage: the next actor is gone or did not answer in time
  out_of_sequence,       ///< outage: an earlier page of the source failed; this one must be read again

  publisher_fenced,  ///< handover: a newer owner of the source holds its transactional.id
  partition_lost,  ///< handover: a site's stored offset is not as expected, or another has our place in a group

  record_not_object,  ///< poison: an element of the page's records is not a JSON object
  record_too_large,   ///< poison: a record longer than limits.record_bytes_max
  record_not_utf8,    ///< poison: a record with bytes that are not UTF-8, such as Latin-1
  field_missing,      ///< poison: a required field is absent
  field_type,         ///< poison: a field has another JSON type than the schema says
  field_value,        ///< poison: a field's text has not the form that the schema says
  lane_unknown,       ///< poison: no lane of the topology takes the record's flavour and province
  row_refused,        ///< poison: a site's database refuses what the target makes of the record

  topic_mismatch,     ///< configuration: a topic is missing, or Kafka's settings are not as the topology says
  offset_out_of_log,  ///< configuration: a site's offset is older than its topic's start
  target_broken,      ///< configuration: a target's SQL fails whatever the record

  stopping,  ///< stopping: the actor was told to stop, or died, before it could do this
};

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
