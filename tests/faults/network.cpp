// SPDX-License-Identifier: Apache-2.0
#include "network.hpp"

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <memory>
#include <sched.h>
#include <stdexcept>
#include <string_view>
#include <sys/wait.h>
#include <unistd.h>

namespace matricula::faults {
namespace {

[[noreturn]] void fail(const std::string& what) {
  throw std::runtime_error{"cannot " + what + ": " + std::strerror(errno)};
}

int current_namespace() {
  const int found = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  if (found < 0)
    fail("open a network namespace");
  return found;
}

/// Of the calling thread.
int new_namespace() {
  if (unshare(CLONE_NEWNET) != 0)
    fail("make a network namespace");
  return current_namespace();
}

void go_to(int host) {
  if (setns(host, CLONE_NEWNET) != 0)
    fail("enter a network namespace");
}

void execute(std::vector<std::string> command) {
  std::vector<char*> arguments;
  for (auto& word : command)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const pid_t child = fork();
  if (child == 0) {
    execvp(arguments.front(), arguments.data());
    _exit(127);
  }
  int status = 0;
  if (child < 0 || waitpid(child, &status, 0) != child || status != 0)
    throw std::runtime_error{fmt::format("failed: {}", fmt::join(command, " "))};
}

/// Lets packets to and from 127.0.0.1 leave the host.
void route_local_addresses() {
  std::ofstream setting{"/proc/sys/net/ipv4/conf/all/route_localnet"};
  if (!(setting << 1).flush())
    fail("route local addresses");
}

constexpr const char* servers_address = "10.77.0.1";
constexpr const char* clients_address = "10.77.0.2";

}  // namespace

network::network() {
  const int home = current_namespace();
  clients_ = new_namespace();
  servers_ = new_namespace();
  route_local_addresses();
  execute({"ip", "link", "add", "clients", "type", "veth", "peer", "name", "servers"});
  execute({"ip", "link", "set", "servers", "netns", fmt::format("/proc/{}/fd/{}", getpid(), clients_)});
  execute({"ip", "address", "add", fmt::format("{}/30", servers_address), "dev", "clients"});
  for (const char* each : {"lo", "clients"})
    execute({"ip", "link", "set", each, "up"});
  apply();

  go_to(clients_);
  route_local_addresses();
  execute({"ip", "address", "add", fmt::format("{}/30", clients_address), "dev", "servers"});
  for (const char* each : {"lo", "servers"})
    execute({"ip", "link", "set", each, "up"});
  execute({"nft", fmt::format("table ip faults {{\n"
                              "chain away {{ type nat hook output priority -100\n"
                              "  ip daddr 127.0.0.1 dnat to {}\n}}\n"
                              "chain as_ourselves {{ type nat hook postrouting priority 100\n"
                              "  oifname servers masquerade\n}}\n}}",
                              servers_address)});
  go_to(home);
  close(home);
}

network::~network() {
  close(clients_);
  close(servers_);
}

void network::enter() const { go_to(servers_); }

network::visit::visit(const network* to)
    : to_(to) {
  if (to_ != nullptr)
    go_to(to_->clients_);
}

network::visit::~visit() {
  if (to_ != nullptr)
    setns(to_->servers_, CLONE_NEWNET);  // held open: it cannot fail
}

void network::hinder(const std::vector<int>& ports, cut how) {
  const auto each = fmt::format("{{ {} }}", fmt::join(ports, ", "));
  const auto asked = "iifname clients tcp dport " + each, answered = "oifname clients tcp sport " + each;
  const auto add = [&](const char* chain, const std::string& whom, const char* what) {
    rules_.push_back(fmt::format("add rule ip faults {} {} {}", chain, whom, what));
  };
  constexpr const char* sometimes = "numgen random mod 20 == 0 counter drop";
  if (how == cut::both_ways || how == cut::requests)
    add("arriving", asked, "drop");
  if (how == cut::both_ways || how == cut::answers)
    add("leaving", answered, "drop");
  if (how == cut::reset)
    add("arriving", asked, "reject with tcp reset");
  if (how == cut::lossy) {
    add("arriving", asked, sometimes);
    add("leaving", answered, sometimes);
  }
  apply();
}

std::uint64_t network::dropped() const {
  const std::unique_ptr<FILE, int (*)(FILE*)> rules{popen("nft list table ip faults", "r"), pclose};
  constexpr std::string_view before = "counter packets ";
  std::uint64_t sum = 0;
  for (std::array<char, 512> line{}; rules && fgets(line.data(), line.size(), rules.get()) != nullptr;)
    if (const std::string text{line.data()}; text.find(before) != text.npos)
      sum += std::stoull(text.substr(text.find(before) + before.size()));
  return sum;
}

void network::lead(int port, int to) {
  led_[port] = to;
  apply();
}

void network::let_pass() {
  rules_.clear();
  apply();
}

void network::mend() {
  rules_.clear();
  led_.clear();
  apply();
}

/// All rules anew, in one transaction of nft.
void network::apply() const {
  std::string all = "table ip faults {\n"
                    "chain here { type nat hook prerouting priority -100\n}\n"
                    "chain arriving { type filter hook input priority 0\n}\n"
                    "chain leaving { type filter hook output priority 0\n}\n}\n"
                    "flush table ip faults\n";
  for (const auto& [port, to] : led_)
    all +=
        fmt::format("add rule ip faults here iifname clients tcp dport {} dnat to 127.0.0.1:{}\n", port, to);
  all += "add rule ip faults here iifname clients dnat to 127.0.0.1\n";
  for (const auto& rule : rules_)
    all += rule + '\n';
  execute({"nft", all});
}

}  // namespace matricula::faults
