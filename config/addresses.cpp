// SPDX-License-Identifier: Apache-2.0
#include "config/addresses.hpp"

#include <curl/curl.h>

#include <charconv>
#include <memory>

namespace matricula::config {
namespace {

struct url_cleanup {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using url_handle = std::unique_ptr<CURLU, url_cleanup>;

url_handle read_url(const std::string& text) {
  url_handle url{curl_url()};
  if (!url || curl_url_set(url.get(), CURLUPART_URL, text.c_str(), 0) != CURLUE_OK)
    return nullptr;
  return url;
}

/// A part of the URL; empty if it has none.
std::string part(const url_handle& url, CURLUPart which) {
  char* found = nullptr;
  if (curl_url_get(url.get(), which, &found, 0) != CURLUE_OK || found == nullptr)
    return {};
  const std::unique_ptr<char, void (*)(void*)> owned{found, curl_free};
  return found;
}

}  // namespace

bool is_http_url(const std::string& text) {
  const auto url = read_url(text);
  if (!url)
    return false;
  const auto scheme = part(url, CURLUPART_SCHEME);
  return (scheme == "http" || scheme == "https") && !part(url, CURLUPART_HOST).empty();
}

bool has_query_or_fragment(const std::string& url) { return url.find_first_of("?#") != std::string::npos; }

bool is_host_and_port(const std::string& text) {
  if (text.find_first_of("/?#@ ") != std::string::npos)
    return false;
  const auto url = read_url("http://" + text);
  if (!url || part(url, CURLUPART_HOST).empty())
    return false;
  const auto port = part(url, CURLUPART_PORT);
  int number = 0;
  std::from_chars(port.data(), port.data() + port.size(), number);
  return number >= 1 && number <= 65'535;
}

bool is_database_uri(std::string_view text) {
  return text.starts_with("postgresql://") || text.starts_with("postgres://");
}

bool holds_password(std::string_view uri) {
  if (const auto parameter = uri.find("password="); parameter != std::string_view::npos) {
    const auto rest = uri.substr(parameter + std::string_view{"password="}.size());
    if (!rest.empty() && rest[0] != '&' && rest[0] != ' ')
      return true;
  }
  const auto scheme = uri.find("://");
  if (scheme == std::string_view::npos)
    return false;
  const auto authority = uri.substr(scheme + 3, uri.find_first_of("/?#", scheme + 3) - scheme - 3);
  // A password may hold '@' unescaped; the last one ends it.
  const auto at = authority.rfind('@');
  const auto colon = authority.find(':');
  return at != std::string_view::npos && colon != std::string_view::npos && colon + 1 < at;
}

}  // namespace matricula::config
