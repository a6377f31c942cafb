// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace matricula::faults {

/// How packets fare between matricula and a server.
enum class cut {
  both_ways,  ///< none arrives
  requests,   ///< what matricula sends is lost
  answers,    ///< what servers answer is lost, so that they do what nobody hears of
  reset,      ///< every connection ends with RST, and so does every new one
  lossy,      ///< one in twenty is lost, either way
};

/// Two hosts and the line between them, as network namespaces of this program's own: on one the servers listen at
/// 127.0.0.1 as ever, on the other the same addresses lead to them, over a line that can be cut. Nothing of the
/// machine's own network is touched, and nothing stays behind. Needs root, and the programs ip and nft; errors are
/// thrown as std::runtime_error.
class network {
 public:
  network();
  ~network();
  network(const network&) = delete;
  network& operator=(const network&) = delete;

  /// From now on the calling thread, with the threads and processes that it starts, is on the servers' host.
  void enter() const;

  /// While it lives, the processes that this thread starts are on the other host, matricula's.
  class visit {
   public:
    explicit visit(const network* to);
    ~visit();
    visit(const visit&) = delete;
    visit& operator=(const visit&) = delete;

   private:
    const network* to_;
  };

  /// What matricula says to these ports, and what they answer, fares so until mend.
  void hinder(const std::vector<int>& ports, cut how);
  /// New connections of matricula to the one port lead to the other instead.
  void lead(int port, int to);
  /// Packets that were dropped since the last change.
  std::uint64_t dropped() const;
  /// Packets fare well again; what was led elsewhere still is.
  void let_pass();
  /// As it was.
  void mend();

 private:
  void apply() const;

  int servers_ = -1, clients_ = -1;  // the namespaces
  std::vector<std::string> rules_;
  std::map<int, int> led_;
};

}  // namespace matricula::faults
