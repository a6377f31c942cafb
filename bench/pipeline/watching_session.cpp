// SPDX-License-Identifier: Apache-2.0
#include "watching_session.hpp"

#include "process_figures.hpp"

namespace matricula::bench {

watching_session::watching_session(const std::string& database_url)
    : connection_(database_url)
    , work_(connection_)
    , server_process_(connection_.backendpid()) {}

double watching_session::cpu_s() const { return cpu_seconds(server_process_); }

}  // namespace matricula::bench
