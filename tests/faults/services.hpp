// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <vector>

namespace matricula::faults {

/// Kafka and PostgreSQL of a program's own, by scripts/services; gone with it, however it ends. Errors are thrown as
/// std::runtime_error.
class services {
 public:
  services(std::filesystem::path folder, int brokers);
  ~services();
  services(const services&) = delete;
  services& operator=(const services&) = delete;

  const std::string& bootstrap() const { return bootstrap_; }
  /// Without a database's name: postgresql://user:password@127.0.0.1:port
  std::string postgres_url() const { return url_at(postgres_port_); }
  std::string url_at(int port) const;
  int postgres_port() const { return postgres_port_; }
  int brokers() const { return brokers_; }

  /// "kill-broker 2", "stop-postgres", …: returns when it is so.
  void tell(const std::vector<std::string>& words) const;

 private:
  std::filesystem::path folder_;
  int brokers_;
  std::string bootstrap_, user_, password_;
  int postgres_port_ = 0;
};

}  // namespace matricula::faults
