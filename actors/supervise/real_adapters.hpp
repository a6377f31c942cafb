// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/supervise/adapters.hpp"

namespace matricula {

/// The adapters of this deployment: libcurl, librdkafka and PostgreSQL.
adapters real_adapters(const topology& topology);

}  // namespace matricula
