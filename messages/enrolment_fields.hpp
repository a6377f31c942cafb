// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/enrolment.hpp"

#include <simdjson.h>

#include <optional>

namespace matricula {

/// Reads one record's fields from a JSON object that the caller has begun to iterate. Unknown fields are
/// passed over. Shared by whoever reads whole pages and whoever reads single records; includes simdjson, so
/// include it in sources only. The views in `out` live as long as the parser's document.
std::optional<rejection> read_enrolment(simdjson::ondemand::object& object, enrolment& out);

}  // namespace matricula
