// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <pqxx/pqxx>
#include <string>
#include <sys/types.h>

namespace matricula::bench {

/// Asks a database again and again how far somebody else has come; what the server spends on that is known, so that it
/// can be left out.
class watching_session {
 public:
  explicit watching_session(const std::string& database_url);

  std::string text(const std::string& sql) { return work_.exec1(sql)[0].c_str(); }
  std::int64_t number(const std::string& sql) { return work_.exec1(sql)[0].as<std::int64_t>(); }

  /// What the server's process for it has taken so far.
  double cpu_s() const;

 private:
  pqxx::connection connection_;
  pqxx::nontransaction work_;
  pid_t server_process_;
};

}  // namespace matricula::bench
