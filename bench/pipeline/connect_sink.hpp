// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench_deployment.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>

namespace matricula::bench {

/// When a server's write-ahead log began to grow, and when it had grown last; and what the server has spent on watching it.
struct growth {
  std::chrono::steady_clock::time_point first, last;
  double watching_cpu_s = 0;
  double seconds() const { return std::chrono::duration<double>(last - first).count(); }
};

/// What a worker is given; the defaults are those that it is compared by.
struct connect_settings {
  std::string heap = "2g";  ///< the most that it may take, in Java's words
  int batch = 1'000;        ///< records that are written, and asked of the consumer, at a time
};

/// A worker of Kafka Connect with the Debezium JDBC sink, of a group of its own (scripts/connect). Errors are thrown as
/// std::runtime_error.
class connect_sink {
 public:
  /// Returns when the worker answers.
  connect_sink(const servers& on, const std::filesystem::path& folder, std::string group,
               connect_settings settings = {});

  pid_t process() const { return worker_.id(); }

  /// Writes a topic of so many records to the table of scripts/kafka/connect/table.sql, by a sink of this name, which
  /// must be new; returns when all rows have been written.
  growth drain(const std::string& name, const std::string& topic, const std::string& database_url,
               std::uint64_t records);
  /// The sink's tasks end.
  void remove(const std::string& name) const;

 private:
  std::string address() const;

  const servers& on_;
  std::filesystem::path folder_;
  std::string group_;
  connect_settings settings_;
  running_process worker_;
};

}  // namespace matricula::bench
