// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "feed.hpp"

#include <memory>
#include <string>

namespace matricula::simulator {

/// Serves a feed over HTTP (docs/feed.md): /feed, /truth, /life.
class feed_server {
public:
  /// The feed must outlive the server.
  explicit feed_server(feed& source);
  ~feed_server();
  feed_server(const feed_server&) = delete;
  feed_server& operator=(const feed_server&) = delete;

  /// Binds; port 0 takes a free one. Returns the port, or 0 if it cannot be had.
  int bind(const std::string& address, int port);
  /// Serves until `stop`. Requires that `bind` succeeded.
  void run();
  /// Makes `run` return soon; may be called from any thread.
  void stop();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace matricula::simulator
