// SPDX-License-Identifier: Apache-2.0
#include "actors/message_types.hpp"

#include <caf/scheduled_actor.hpp>
#include <caf/sec.hpp>

#include <cstdlib>
#include <cxxabi.h>
#include <memory>
#include <spdlog/spdlog.h>
#include <typeinfo>

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

caf::error log_exception(caf::scheduled_actor* who, std::exception_ptr& what) {
  std::string type = "what is no exception";
  try {
    std::rethrow_exception(what);
  } catch (const std::exception& thrown) {
    int status = 0;
    const std::unique_ptr<char, decltype(&std::free)> name{
        abi::__cxa_demangle(typeid(thrown).name(), nullptr, nullptr, &status), &std::free};
    type = name ? name.get() : typeid(thrown).name();
  } catch (...) {
  }
  spdlog::error("a bug: the actor {} {} threw {}", who->name(), who->id(), type);
  return caf::sec::runtime_error;
}

}  // namespace matricula
