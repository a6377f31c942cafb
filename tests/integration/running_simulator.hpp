// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "running_process.hpp"

#include <nlohmann/json.hpp>

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace matricula {

/// ITACA's simulator on a port of its own, and what it knows of itself (docs/feed.md). It has the schools of
/// ESO-46 and FP-46 only. Throws std::runtime_error where it does not answer.
class running_simulator {
 public:
  /// Its log and its port's file go into `folder`.
  running_simulator(const std::filesystem::path& folder, std::uint64_t records,
                    const std::vector<std::string>& options = {});

  std::string feed() const { return "http://127.0.0.1:" + std::to_string(port_) + "/feed"; }

  /// The truth of a lane, "ESO-46": content hash by key, in hexadecimal.
  std::map<std::string, std::string> hashes(const std::string& lane) const;
  /// The truth of a lane: the records, one after the other.
  void each_record(const std::string& lane, const std::function<void(nlohmann::json)>& take) const;

  /// This share of the records changes from each sweep to the next.
  void change(double share) const;
  std::uint64_t sweeps() const;
  /// Events of this kind so far.
  std::uint64_t events(const std::string& kind) const;
  /// Until two more sweeps have begun, so that one has passed as a whole.
  bool passes_a_sweep() const;

  /// Reads a sweep of its own, so that the truth holds every record; the pipeline's reading goes on unharmed.
  void read_all(std::uint32_t page_records_max) const;

  void add_faults(const nlohmann::json& faults) const;
  void clear_faults() const;
  nlohmann::json faults() const;
  std::uint64_t requests() const { return faults()["requests"].get<std::uint64_t>(); }

 private:
  std::string get(const std::string& path) const;
  void post(const std::string& path, const nlohmann::json& body) const;

  running_process process_;
  int port_ = 0;
};

}  // namespace matricula
