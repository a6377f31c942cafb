// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <chrono>
#include <functional>

namespace matricula {

/// Does what is too much for one transaction: calls `portion`, which does some of it and answers whether there may be
/// more, until there is not. One that meets another session, of which the database then takes one back, is done again
/// after `conflict_delay`, twenty times at most. An error ends it; what was done before stays done.
result<done> do_in_portions(const std::function<result<bool>()>& portion,
                            std::chrono::milliseconds conflict_delay = std::chrono::milliseconds{250});

}  // namespace matricula
