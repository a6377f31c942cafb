// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "cli/time_text.hpp"
#include "config/references.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <iosfwd>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

namespace matricula {

/// From where a site is to read its topics again.
struct from_beginning {};
using from_time = utc_time;
using from_offset = std::int64_t;
using replay_from = std::variant<from_beginning, from_time, from_offset>;

/// Reads "beginning", a time ("2026-09-09T08:00", "2026-09-09T08:00:30Z"; UTC), or an offset ("12000").
std::optional<replay_from> replay_from_text(std::string_view text);

/// How `matricula replay` is to go about it.
struct replay_options {
  std::string site;
  std::string lane;  ///< only this one of the site's, by its name or its topic's; empty: all
  replay_from from;
  bool follow = true;  ///< wait until the site is where it was, and show how far it is
  std::chrono::milliseconds wait{
      30'000};  ///< for Kafka and the database to answer, and for the site to begin
};

/// Moves a site back in its topics, in its database, while it runs or not: whoever applies a partition finds the
/// offset moved and reads on from there. A row of a newer revision stays as it is. Answers an exit code: exit_failed
/// if Kafka or the database does not answer, or if nobody applies what is to be read again.
int replay_site(const std::filesystem::path& file, const replay_options& options,
                const environment_lookup& environment, std::ostream& out, std::ostream& errors);

}  // namespace matricula
