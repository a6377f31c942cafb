// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "faults.hpp"
#include "feed.hpp"

#include <memory>
#include <string>

namespace matricula::simulator {

/// Serves a feed over HTTP (docs/feed.md): /feed, and /truth, /life and /faults about it.
class feed_server {
 public:
  /// The feed and the faults must outlive the server.
  feed_server(feed& source, faults& wrong);
  ~feed_server();
  feed_server(const feed_server&) = delete;
  feed_server& operator=(const feed_server&) = delete;

  /// Binds; port 0 takes a free one. Returns the port, or 0 if it cannot be had: somebody else listens there.
  int bind(const std::string& address, int port);
  /// Serves until `stop`. Requires that `bind` succeeded.
  void run();
  /// Makes `run` return once the answers under way are out; may be called from any thread. Clients that
  /// keep an idle connection open delay it by up to five seconds.
  void stop();

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace matricula::simulator
