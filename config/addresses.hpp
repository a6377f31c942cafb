// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace matricula::config {

/// An http or https URL with a host, as libcurl reads it.
bool is_http_url(const std::string& text);

/// Whether the URL has a query ("?…") or a fragment ("#…").
bool has_query_or_fragment(const std::string& url);

/// "host:port" with a port from 1 to 65535; an IPv6 host stands in brackets.
bool is_host_and_port(const std::string& text);

/// A PostgreSQL connection URI: postgresql:// or postgres://.
bool is_database_uri(std::string_view text);

/// Whether a URI holds a password, as user:password@ or as a parameter password=.
bool holds_password(std::string_view uri);

}  // namespace matricula::config
