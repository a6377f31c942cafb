// SPDX-License-Identifier: Apache-2.0
#include "feed_server.hpp"

#include <charconv>

#include <httplib.h>
#include <nlohmann/json.hpp>

namespace matricula::simulator {

namespace {

constexpr std::uint64_t limit_max = 30'000;
constexpr std::size_t threads = 16;

void refuse(httplib::Response& response, int status, const std::string& why) {
  response.status = status;
  response.set_content(nlohmann::json{{"error", why}}.dump() + '\n', "application/json");
}

} // namespace

struct feed_server::parts {
  explicit parts(feed& of) : source(of) {}

  void serve_feed(const httplib::Request& request, httplib::Response& response);

  feed& source;
  httplib::Server http;
};

void feed_server::parts::serve_feed(const httplib::Request& request, httplib::Response& response) {
  std::uint64_t limit = limit_max;
  if (request.has_param("limit")) {
    const auto text = request.get_param_value("limit");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc{} || end != text.data() + text.size() || limit == 0)
      return refuse(response, 400, "limit is a number from 1 to 30000");
    limit = std::min(limit, limit_max);
  }
  std::shared_ptr<const feed_page> page;
  if (request.has_param("cursor")) {
    const auto at = cursor::parse(request.get_param_value("cursor"));
    page = at ? source.page_at(*at, limit) : nullptr;
    if (!page)
      return refuse(response, 410, "the cursor is not known (any more): start the sweep again without one");
  } else {
    page = source.begin_sweep(limit);
  }
  source.note_served(page);
  response.set_header("ETag", page->etag);
  if (request.get_header_value("If-None-Match") == page->etag) {
    response.status = 304;
    return;
  }
  response.set_content_provider(page->size(), "application/json",
                                [page](std::size_t offset, std::size_t, httplib::DataSink& sink) {
                                  const auto piece = page->from(offset);
                                  return sink.write(piece.data(), piece.size());
                                });
}

feed_server::feed_server(feed& source) : parts_(std::make_unique<parts>(source)) {
  auto& http = parts_->http;
  http.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  http.set_keep_alive_max_count(1'000'000'000);
  http.set_keep_alive_timeout(60);
  http.set_write_timeout(60);
  http.set_tcp_nodelay(true);
  http.Get("/feed", [this](const auto& request, auto& response) { parts_->serve_feed(request, response); });
}

feed_server::~feed_server() = default;

int feed_server::bind(const std::string& address, int port) {
  if (port == 0)
    return std::max(0, parts_->http.bind_to_any_port(address));
  return parts_->http.bind_to_port(address, port) ? port : 0;
}

void feed_server::run() { parts_->http.listen_after_bind(); }

void feed_server::stop() { parts_->http.stop(); }

} // namespace matricula::simulator
