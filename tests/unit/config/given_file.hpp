// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/load.hpp"

#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>

namespace matricula::testing {

/// A valid topology of two lanes, two sites and one node.
inline constexpr std::string_view valid_file = R"([pipeline]
name = "demo"
school_year = "2026"

[kafka]
bootstrap = "${KAFKA}"
topic = "{flavour}-{province}"
partitions = 2
replication = 1

[kafka.properties]
"linger.ms" = 5

[[source]]
name = "itaca"
kind = "http"
url = "${FEED}"
every = "10s"
page_records_max = 30000

[[lane]]
flavour = "ESO"
provinces = ["46"]

[[lane]]
flavour = "FP"
provinces = ["46"]

[[site]]
name = "eso46"
topics = ["ESO-46"]
database = "${DATABASE_ESO46}"
target = "classrooms"
base_url = "https://aules.example/eso46"

[[site]]
name = "fp46"
topics = ["FP-46"]
database = "file:secrets/fp46"
target = "classrooms"
base_url = "https://aules.example/fp/"

[[node]]
name = "one"
listen = "127.0.0.1:9464"
runs = ["source:itaca", "site:eso46", "site:fp46"]

[limits]
batch_records_max = 5000
)";

/// A topology file in a folder of its own, with the target that it names, its secrets and its environment.
class given_file : public ::testing::Test {
 protected:
  given_file()
      : root_(std::filesystem::temp_directory_path() / ("matricula-config-" + std::to_string(::getpid()))) {
    std::filesystem::remove_all(root_);
    std::filesystem::create_directories(root_ / "targets" / "classrooms");
    for (const auto* name :
         {"schema.sql", "session.sql", "differs.sql", "10_step.sql", "outcomes.sql", "verify.sql"})
      std::ofstream{root_ / "targets" / "classrooms" / name} << "select 1\n";
    std::filesystem::create_directories(root_ / "topologies" / "secrets");
    std::ofstream{root_ / "topologies" / "secrets" / "fp46"} << "postgresql://matricula:opensesame@db/fp46\n";
  }

  ~given_file() override { std::filesystem::remove_all(root_); }

  /// Replaces the only occurrence of `from`.
  void replace(std::string_view from, std::string_view to) {
    const auto at = text_.find(from);
    if (at == std::string::npos || text_.find(from, at + 1) != std::string::npos)
      throw std::invalid_argument{"not exactly once in the file: " + std::string{from}};
    text_.replace(at, from.size(), to);
  }

  /// Writes the file and loads it.
  loaded_topology load() {
    write();
    return load_topology(file(), environment());
  }

  void write() const { std::ofstream{file()} << text_; }

  environment_lookup environment() const {
    return [this](const std::string& name) -> std::optional<std::string> {
      const auto found = environment_.find(name);
      return found == environment_.end() ? std::nullopt : std::optional{found->second};
    };
  }

  /// Where `marker` first stands in the file.
  position place_of(std::string_view marker) const {
    const auto at = text_.find(marker);
    if (at == std::string::npos)
      throw std::invalid_argument{"not in the file: " + std::string{marker}};
    position place{1, 1};
    for (const char c : text_.substr(0, at)) {
      place.column = c == '\n' ? 1 : place.column + 1;
      place.line += c == '\n' ? 1 : 0;
    }
    return place;
  }

  std::filesystem::path file() const { return root_ / "topologies" / "demo.toml"; }

  std::filesystem::path root_;
  std::string text_{valid_file};
  std::map<std::string, std::string> environment_{
      {"KAFKA", "localhost:9092,localhost:9093"},
      {"FEED", "http://localhost:8080/feed"},
      {"DATABASE_ESO46", "postgresql://matricula:opensesame@/eso46?host=/run/postgresql"},
  };
};

}  // namespace matricula::testing
