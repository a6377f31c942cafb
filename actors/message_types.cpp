// SPDX-License-Identifier: Apache-2.0
#include "actors/message_types.hpp"

namespace matricula {

failure failure_of(const caf::error& error) {
  if (error.category() != error_category)
    return {error_code::downstream_lost, "an actor is gone or did not answer: " + caf::to_string(error)};
  failure why{static_cast<error_code>(error.code()), {}};
  if (error.context().match_elements<std::string>())
    why.text = error.context().get_as<std::string>(0);
  return why;
}

std::string text_of(const caf::error& error) {
  if (error.category() != error_category)
    return caf::to_string(error);
  const auto why = failure_of(error);
  return std::string{name_of(why.code)} + (why.text.empty() ? "" : ": " + why.text);
}

}  // namespace matricula
