// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

namespace matricula {

/// An option of a TCP socket (tcp(7)); -1 if it is none.
inline int tcp_option(int socket, int option) {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(socket, IPPROTO_TCP, option, &value, &size) == 0 ? value : -1;
}

/// The sockets of this process that are connected by IPv4 to one of these ports (proc(5)): "host:port,host:port".
inline std::vector<int> connections_to(const std::string& bootstrap) {
  std::vector<int> sockets;
  for (const auto& each : std::filesystem::directory_iterator{"/proc/self/fd"}) {
    const int number = std::stoi(each.path().filename());
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    sockaddr_in address{};
    if (getpeername(number, reinterpret_cast<sockaddr*>(&peer), &size) != 0 || peer.ss_family != AF_INET)
      continue;
    std::memcpy(&address, &peer, sizeof address);
    if ((bootstrap + ',').find(':' + std::to_string(ntohs(address.sin_port)) + ',') != bootstrap.npos)
      sockets.push_back(number);
  }
  return sockets;
}

}  // namespace matricula
