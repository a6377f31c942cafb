// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "bench_deployment.hpp"

#include <string>

namespace matricula::bench {

/// A setting of PostgreSQL, by `alter system`, for all of it as long as this lives.
class server_setting {
 public:
  /// `value` as SQL has it: "off", "'50ms'".
  server_setting(const servers& on, std::string name, const std::string& value);
  ~server_setting();
  server_setting(const server_setting&) = delete;
  server_setting& operator=(const server_setting&) = delete;

 private:
  std::string server_, name_;
};

}  // namespace matricula::bench
