// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/site_store.hpp"
#include "messages/errors.hpp"
#include "messages/receipts.hpp"

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/atom.hpp>
#include <caf/error.hpp>
#include <caf/fwd.hpp>
#include <caf/make_message.hpp>

#include <chrono>
#include <exception>
#include <string>

namespace matricula {

// Words in messages; an atom's text has at most ten characters.
using start_atom = caf::atom_constant<caf::atom("start")>;
using stop_atom = caf::atom_constant<caf::atom("stop")>;
using poll_atom = caf::atom_constant<caf::atom("poll")>;
using open_atom = caf::atom_constant<caf::atom("open")>;
using flush_atom = caf::atom_constant<caf::atom("flush")>;
using retry_atom = caf::atom_constant<caf::atom("retry")>;
using elected_atom = caf::atom_constant<caf::atom("elected")>;
using revoked_atom = caf::atom_constant<caf::atom("revoked")>;
using restart_atom = caf::atom_constant<caf::atom("restart")>;
using crash_atom = caf::atom_constant<caf::atom("crash")>;
/// Who is to crash and is not there is looked for again after this time.
constexpr std::chrono::milliseconds crash_again_after{100};
using pages_atom = caf::atom_constant<caf::atom("pages")>;
using figures_atom = caf::atom_constant<caf::atom("figures")>;
using lag_atom = caf::atom_constant<caf::atom("lag")>;
using outcome_atom = caf::atom_constant<caf::atom("outcome")>;

/// The category of our errors in caf::error.
inline constexpr auto error_category = caf::atom("matricula");

/// Our code as a caf::error.
inline caf::error make_error(error_code code) { return {static_cast<std::uint8_t>(code), error_category}; }

/// A failure as a caf::error that carries its text.
inline caf::error make_error(const failure& why) {
  return {static_cast<std::uint8_t>(why.code), error_category, caf::make_message(why.text)};
}

/// The failure that a caf::error stands for. Errors of CAF's own (a peer is down, a request timed out) mean
/// that the downstream is lost.
failure failure_of(const caf::error& error);

/// Why an actor ended, in words: our code and its text, or CAF's own.
std::string text_of(const caf::error& error);

/// Every actor's exception handler: logs who has thrown what. Not the exception's text, which may tell of a person.
caf::error log_exception(caf::scheduled_actor* who, std::exception_ptr& what);

}  // namespace matricula

// These stay inside one process, so they need no serialisation.
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::applied_receipt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::done)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::fetched_page_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::index_chunk)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::share_receipt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::page_published)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::page_receipt)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::page_share_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::site_batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::source_position)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::stage_event)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::stored_position)
