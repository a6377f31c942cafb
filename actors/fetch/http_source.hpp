// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/fetch/page_source.hpp"
#include "config/topology.hpp"

#include <cstddef>

namespace matricula {

/// The feed of docs/feed.md over HTTP, on libcurl; one connection, kept between pages.
page_source_ptr make_http_source(const source_settings& settings, std::size_t page_bytes_max);

}  // namespace matricula
