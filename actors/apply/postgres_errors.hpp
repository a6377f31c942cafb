// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <string>
#include <string_view>

namespace matricula {

/// What an SQLSTATE means to the pipeline. The table of PostgreSQL 15's codes is the manual's appendix A; an
/// empty state means that libpq, not the server, reports the error: the connection is gone.
error_code code_of_sqlstate(std::string_view sqlstate) noexcept;

/// What the server said, without what it may hold of a person: the first line of its message, and of that
/// only what PostgreSQL promises to be free of a row's values.
std::string printable_message(std::string_view sqlstate, std::string_view message);

/// What a person can do about it; a sentence.
std::string_view advice_for(error_code code) noexcept;

}  // namespace matricula
