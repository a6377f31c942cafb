// SPDX-License-Identifier: Apache-2.0
#include "services.hpp"

#include "tests/integration/running_process.hpp"

#include <fstream>
#include <stdexcept>
#include <unistd.h>
#include <utility>

namespace matricula::faults {
namespace {

std::string script() { return MATRICULA_SOURCE_DIRECTORY "/scripts/services"; }

}  // namespace

services::services(std::filesystem::path folder, int brokers, network* apart, start how)
    : folder_(std::move(folder))
    , brokers_(brokers)
    , apart_(apart) {
  std::filesystem::create_directories(folder_);
  std::vector<std::string> words{"start", "--brokers", std::to_string(brokers), "--owner",
                                 std::to_string(getpid())};
  if (how == start::fast)
    words.emplace_back("--fast-start");
  tell(words);
  std::ifstream file{folder_ / "env"};
  for (std::string line; std::getline(file, line);) {
    const auto equals = line.find('=');
    const auto name = line.substr(0, equals), value = line.substr(equals + 1);
    if (name == "KAFKA_BOOTSTRAP")
      bootstrap_ = value;
    else if (name == "POSTGRES_PORT")
      postgres_port_ = std::stoi(value);
    else if (name == "POSTGRES_USER")
      user_ = value;
    else if (name == "POSTGRES_PASSWORD")
      password_ = value;
  }
}

services::~services() {
  try {
    tell({"stop"});
  } catch (const std::exception&) {
    // The watcher that --owner has left behind stops them when this process is gone.
  }
}

std::string services::url_at(int port) const {
  return "postgresql://" + user_ + ':' + password_ + "@127.0.0.1:" + std::to_string(port);
}

std::vector<int> services::kafka_ports() const {
  std::vector<int> ports;
  for (auto at = bootstrap_.find(':'); at != bootstrap_.npos; at = bootstrap_.find(':', at + 1))
    ports.push_back(std::stoi(bootstrap_.substr(at + 1)));
  return ports;
}

std::string services::tell(const std::vector<std::string>& words) const {
  std::vector<std::string> command{script()};
  command.insert(command.end(), words.begin(), words.end());
  command.insert(command.end(), {"--dir", folder_.string()});
  running_process process{command, folder_ / "told.log"};
  if (process.exit_code() != 0)
    throw std::runtime_error{"scripts/services " + words.front() + " failed: " + process.log()};
  return process.log();
}

}  // namespace matricula::faults
