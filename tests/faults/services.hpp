// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "network.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace matricula::faults {

/// How Kafka is started: soon, for tests; or as in production, for what is measured.
enum class start { fast, plain };

/// Kafka and PostgreSQL of a program's own, by scripts/services; gone with it, however it ends. Errors are thrown as
/// std::runtime_error.
class services {
 public:
  /// The calling thread is on the servers' host of `apart`, if there is one.
  services(std::filesystem::path folder, int brokers, network* apart = nullptr, start how = start::fast);
  ~services();
  services(const services&) = delete;
  services& operator=(const services&) = delete;

  const std::filesystem::path& folder() const { return folder_; }
  const std::string& bootstrap() const { return bootstrap_; }
  /// Without a database's name: postgresql://user:password@127.0.0.1:port
  std::string postgres_url() const { return url_at(postgres_port_); }
  std::string url_at(int port) const;
  int postgres_port() const { return postgres_port_; }
  int brokers() const { return brokers_; }
  /// Of each broker.
  std::vector<int> kafka_ports() const;
  /// Between matricula and these; null: they are on one host.
  network* apart() const { return apart_; }

  /// "kill-broker 2", "stop-postgres", …: returns when it is so, what the script has printed.
  std::string tell(const std::vector<std::string>& words) const;

 private:
  std::filesystem::path folder_;
  int brokers_;
  std::string bootstrap_, user_, password_;
  int postgres_port_ = 0;
  network* apart_;
};

}  // namespace matricula::faults
