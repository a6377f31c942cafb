// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <deque>
#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace matricula::faults {

/// What a forwarder does with bytes.
enum class passage {
  open,         ///< passes them on
  refused,      ///< ends every connection and lets no new one in
  silent,       ///< keeps connections and passes nothing on, in neither direction
  silent_back,  ///< passes on what clients send, and nothing of the answers
};

/// Moments in the life of a PostgreSQL transaction, as seen on the wire.
enum class moment {
  none,
  copying,    ///< the first rows of a COPY have gone to the server
  held_back,  ///< the client has sent COMMIT; the server never gets it
  commit,     ///< COMMIT has gone to the server; its answer has not come
  committed,  ///< the server has answered COMMIT; the client does not know yet
};

/// A TCP forwarder on a port of its own, to a server on this machine, that can be told to fail. Understands
/// so much of PostgreSQL's protocol (unencrypted, version 3) as it takes to strike at a moment.
class forwarder {
 public:
  explicit forwarder(int server_port);
  ~forwarder();
  forwarder(const forwarder&) = delete;
  forwarder& operator=(const forwarder&) = delete;

  int port() const { return port_; }

  void set(passage how);
  /// Every byte comes so much later.
  void delay(std::chrono::milliseconds by) { delay_ms_ = static_cast<int>(by.count()); }
  /// That came later.
  std::uint64_t bytes_delayed() const { return bytes_delayed_; }
  /// Ends every connection, with RST.
  void reset();

  /// At the next such moment on any connection `strike` is called, once, by the thread that carries the
  /// bytes. After it the connection is ended without what had come of the answer.
  void at_next(moment when, std::function<void()> strike);
  /// The same, but then passage is silent and no connection is ended. A COMMIT that is held back is lost.
  void silent_at_next(moment when);
  /// Whether the last at_next or silent_at_next has struck.
  bool has_struck() const { return struck_; }

 private:
  struct connection {
    int client = -1, server = -1;
    std::atomic<bool> ended = false;
    std::thread thread;
  };

  using clock = std::chrono::steady_clock;
  /// What has come and is not due yet, in one direction of a connection.
  struct direction {
    struct piece {
      clock::time_point due;
      std::string bytes;
    };
    int from, to;
    bool from_client;
    std::deque<piece> under_way;
    std::size_t bytes;
    bool copies = false;  ///< the next that comes are rows

    bool has_room() const;
    int next_ms()
        const;  ///< until something is due, at most as long as a connection waits without looking around
  };

  void listen();
  void carry(connection& who);
  // Each answers false if the connection is to be ended.
  bool take(direction& which);
  bool deliver(direction& which);
  bool pass(direction& which, std::string_view bytes);
  bool strikes(moment seen);

  int server_port_, port_ = 0, listener_ = -1;
  std::atomic<passage> how_ = passage::open;
  std::atomic<int> delay_ms_ = 0;
  std::atomic<std::uint64_t> bytes_delayed_ = 0;
  std::atomic<bool> stopping_ = false, struck_ = false;
  std::mutex mutex_;
  std::list<connection> connections_;
  moment awaited_ = moment::none;
  std::function<void()> strike_;
  bool strike_ends_ = true;  ///< the connection
  std::thread thread_;
};

}  // namespace matricula::faults
