// SPDX-License-Identifier: Apache-2.0
#include "forwarder.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdexcept>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace matricula::faults {
namespace {

using namespace std::string_view_literals;

constexpr int look_every_ms = 20;
/// Of the only COPY that matricula knows.
constexpr auto copy_query = "copy pg_temp.batch "sv;
constexpr char copy_rows = 'd', copy_done = 'c';
constexpr auto commit_query = "Q\0\0\0\x0b"
                              "COMMIT\0"sv;
constexpr auto commit_answer = "C\0\0\0\x0b"
                               "COMMIT\0"sv;

sockaddr_in local(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

sockaddr* generic(sockaddr_in& address) { return reinterpret_cast<sockaddr*>(&address); }

int connected_to(int port) {
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = local(port);
  if (server >= 0 && connect(server, generic(address), sizeof address) == 0) {
    const int yes = 1;
    setsockopt(server, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    return server;
  }
  if (server >= 0)
    close(server);
  return -1;
}

bool send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto sent = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0)
      return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

/// The other side learns by RST.
void end(int& socket) {
  if (socket < 0)
    return;
  const linger at_once{1, 0};
  setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(std::exchange(socket, -1));
}

}  // namespace

forwarder::forwarder(int server_port)
    : server_port_(server_port)
    , listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  auto address = local(0);
  socklen_t size = sizeof address;
  constexpr int waiting_max = 64;
  if (listener_ < 0 || bind(listener_, generic(address), sizeof address) != 0 ||
      ::listen(listener_, waiting_max) != 0 || getsockname(listener_, generic(address), &size) != 0)
    throw std::runtime_error{"cannot listen on a free port"};
  port_ = ntohs(address.sin_port);
  thread_ = std::thread{[this] { listen(); }};
}

forwarder::~forwarder() {
  stopping_ = true;
  thread_.join();
  for (auto& each : connections_)
    each.thread.join();
  close(listener_);
}

void forwarder::set(passage how) { how_ = how; }

void forwarder::reset() {
  const std::lock_guard lock{mutex_};
  for (auto& each : connections_)
    each.ended = true;
}

void forwarder::at_next(moment when, std::function<void()> strike) {
  const std::lock_guard lock{mutex_};
  struck_ = false;
  awaited_ = when;
  strike_ = std::move(strike);
  strike_ends_ = true;
}

void forwarder::silent_at_next(moment when) {
  at_next(when, [this] { set(passage::silent); });
  const std::lock_guard lock{mutex_};
  strike_ends_ = false;
}

void forwarder::listen() {
  while (!stopping_) {
    pollfd waiting{listener_, POLLIN, 0};
    if (poll(&waiting, 1, look_every_ms) <= 0)
      continue;
    int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0)
      continue;
    int server = how_ == passage::refused ? -1 : connected_to(server_port_);
    if (server < 0) {
      end(client);
      continue;
    }
    const int yes = 1;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    const std::lock_guard lock{mutex_};
    auto& added = connections_.emplace_back();
    added.client = client;
    added.server = server;
    added.thread = std::thread{[this, &added] { carry(added); }};
  }
}

void forwarder::carry(connection& who) {
  direction forth{who.client, who.server, true, {}, 0}, back{who.server, who.client, false, {}, 0};
  while (!stopping_ && !who.ended && how_ != passage::refused) {
    const bool answers = how_ == passage::open, requests = answers || how_ == passage::silent_back;
    pollfd ready[] = {{requests && forth.has_room() ? forth.from : -1, POLLIN, 0},
                      {answers && back.has_room() ? back.from : -1, POLLIN, 0}};
    poll(ready, 2, std::min(forth.next_ms(), back.next_ms()));
    if ((ready[0].revents != 0 && !take(forth)) || (ready[1].revents != 0 && !take(back)))
      break;
    if ((requests && !deliver(forth)) || (answers && !deliver(back)))
      break;
  }
  end(who.client);
  end(who.server);
}

bool forwarder::direction::has_room() const {
  constexpr std::size_t under_way_bytes_max = 8 << 20;
  return bytes < under_way_bytes_max;
}

int forwarder::direction::next_ms() const {
  if (under_way.empty())
    return look_every_ms;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(under_way.front().due - clock::now());
  return std::clamp(static_cast<int>(left.count()), 0, look_every_ms);
}

bool forwarder::take(direction& which) {
  char room[65'536];
  const auto got = recv(which.from, room, sizeof room, 0);
  if (got <= 0)
    return false;
  const std::chrono::milliseconds delay{delay_ms_.load()};
  if (delay.count() > 0)
    bytes_delayed_ += static_cast<std::uint64_t>(got);
  which.under_way.push_back({clock::now() + delay, std::string(room, static_cast<std::size_t>(got))});
  which.bytes += static_cast<std::size_t>(got);
  return true;
}

bool forwarder::deliver(direction& which) {
  while (!which.under_way.empty() && which.under_way.front().due <= clock::now()) {
    const auto bytes = std::move(which.under_way.front().bytes);
    which.under_way.pop_front();
    which.bytes -= bytes.size();
    if (!pass(which, bytes))
      return false;
  }
  return true;
}

bool forwarder::pass(direction& which, std::string_view bytes) {
  if (!which.from_client)
    return !(bytes.find(commit_answer) != bytes.npos && strikes(moment::committed)) &&
           send_all(which.to, bytes);
  const bool commits = bytes.find(commit_query) != bytes.npos;
  if (commits && strikes(moment::held_back))
    return false;
  if (commits && how_ == passage::silent)
    return true;
  if (!send_all(which.to, bytes))
    return false;
  const bool rows = which.copies && (bytes.front() == copy_rows || bytes.front() == copy_done);
  which.copies = bytes.find(copy_query) != bytes.npos;
  return !(commits && strikes(moment::commit)) && !(rows && strikes(moment::copying));
}

bool forwarder::strikes(moment seen) {
  std::function<void()> strike;
  bool ends = true;
  {
    const std::lock_guard lock{mutex_};
    if (awaited_ != seen)
      return false;
    awaited_ = moment::none;
    strike = std::move(strike_);
    ends = strike_ends_;
  }
  if (strike)
    strike();
  struck_ = true;
  return ends;
}

}  // namespace matricula::faults
