// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "deployment.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace matricula::faults {

/// Kafka Connect with the Debezium JDBC sink in the place of matricula's sites (scripts/connect): each process of the
/// node "sites" is a worker of one group, and each site has a sink of two tasks, which writes to the site's database by
/// the same forwarder. Its table has the name and the columns that the judge reads. Errors are thrown as
/// std::runtime_error.
class connect_peer : public node_runner {
 public:
  /// The cells that say nothing of matricula's own about the processes of the sites.
  static const std::set<std::string>& cells();

  /// Makes the tables; from now on the node's processes are workers. To be kept as long as processes are started.
  /// Workers commit their offsets as often as `offset_flush_interval_ms` says, or as by default.
  connect_peer(deployment& world, std::optional<std::int64_t> offset_flush_interval_ms);

  std::vector<std::string> command_of(const std::string& name) override;
  /// Returns when the sinks' tasks run, and each worker has some; at once for a worker that is started again.
  void when_started(const std::string& name) override;
  /// Whether every task runs on another worker, as one of those says.
  bool is_relieved(const std::string& name) const override;

  /// Each task that does not run, and why.
  std::vector<std::string> failed_tasks() const;
  /// Each site that somebody has just been writing to: what it lacks may still come.
  std::vector<std::string> busy_sites() const;

 private:
  std::vector<std::string> script(const std::string& verb, const std::vector<std::string>& options) const;
  void make_sink(const lane_site& site);
  /// What the worker's REST API answers; null if it does not.
  nlohmann::json ask(const std::string& name, const std::string& path) const;
  /// Where that is.
  std::string address_of(const std::string& name) const;
  bool everyone_works() const;

  deployment& world_;
  std::optional<std::int64_t> offset_flush_interval_ms_;
  std::string group_;
  std::set<std::string> workers_;
};

}  // namespace matricula::faults
