// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <span>
#include <string>
#include <string_view>

namespace matricula {

/// What a class of SQLSTATEs, or one state of it that is met otherwise, means to the pipeline.
struct sqlstate_rule {
  std::string_view state;  ///< two characters: a class; five: a single state, which goes before its class
  error_code code;
};

/// Every class of PostgreSQL 15's manual, appendix A "PostgreSQL Error Codes", and the states that are met
/// otherwise than the rest of their class. docs/targets.md says the same.
std::span<const sqlstate_rule> sqlstate_rules() noexcept;

/// What an SQLSTATE means to the pipeline, by sqlstate_rules. A class that is not among them is a target's own:
/// target_broken. An empty state means that libpq, not the server, reports the error: the connection is gone.
error_code code_of_sqlstate(std::string_view sqlstate) noexcept;

/// What the server said, without what it may hold of a person: the first line of its message, and of that
/// only what PostgreSQL promises to be free of a row's values.
std::string printable_message(std::string_view sqlstate, std::string_view message);

/// What a person can do about it; a sentence.
std::string_view advice_for(error_code code) noexcept;

}  // namespace matricula
