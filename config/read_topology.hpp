// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/table_reader.hpp"

namespace matricula::config {

/// Reads every table of a topology file. What cannot be used is added to the problems and left empty.
written_topology read_topology(const value& document, const reading& with);

}  // namespace matricula::config
