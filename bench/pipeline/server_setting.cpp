// SPDX-License-Identifier: Apache-2.0
#include "server_setting.hpp"

#include <stdexcept>
#include <utility>

namespace matricula::bench {

server_setting::server_setting(const servers& on, std::string name, const std::string& value)
    : server_(on.services.postgres_url() + "/postgres")
    , name_(std::move(name)) {
  execute(server_, "alter system set " + name_ + " = " + value);
  execute(server_, "select pg_reload_conf()");
}

server_setting::~server_setting() {
  try {
    execute(server_, "alter system reset " + name_);
    execute(server_, "select pg_reload_conf()");
  } catch (const std::exception&) {
    // It goes with the server.
  }
}

}  // namespace matricula::bench
