// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <pqxx/pqxx>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace matricula {

/// How to reach a site's database, made from its address.
struct postgres_address {
  std::string conninfo;   ///< for libpq, with the password; not to be printed
  std::string printable;  ///< host:port/dbname

  /// Reads a connection URI or keyword list and adds what makes a cut network noticed within about 20 s; what
  /// the address says itself is kept. Error: database_refuses, if libpq cannot read it.
  static result<postgres_address> read(const std::string& database, std::string_view application_name);
};

/// A connection of libpqxx that never reconnects by itself, which would lose the session's temporary tables,
/// and that can COPY from bytes. libpqxx 6.4 takes COPY's rows only as fields that it converts and escapes
/// one by one, hence libpq for these; the connection policy is where libpqxx lets one see libpq's handle.
///
/// Throws as libpqxx does. One thread.
class postgres_connection final : public pqxx::connection_base {
 public:
  explicit postgres_connection(const postgres_address& address);
  ~postgres_connection() noexcept;

  /// Whether the server has hung up, as far as libpq has noticed.
  bool is_lost() const noexcept;

  /// What libpq said last, its first line; empty: nothing.
  std::string last_error() const;

  /// A COPY … FROM STDIN under way. Order of calls: send, as often as needed, then finish; without finish the
  /// COPY is cancelled.
  class copy_in {
   public:
    /// Precondition: a transaction is open on `connection`.
    copy_in(postgres_connection& connection, const char* statement);
    ~copy_in();
    copy_in(const copy_in&) = delete;
    copy_in& operator=(const copy_in&) = delete;

    void send(std::string_view rows);
    void finish();

   private:
    postgres_connection& connection_;
    bool under_way_ = true;
  };

 private:
  struct policy final : pqxx::connect_direct {
    using connect_direct::connect_direct;
    handle do_startconnect(handle before) override { return seen = connect_direct::do_startconnect(before); }
    handle do_dropconnect(handle before) noexcept override {
      return seen = connect_direct::do_dropconnect(before);
    }
    handle do_disconnect(handle before) noexcept override;
    handle seen = nullptr;
    std::string last_words;  ///< of a connection that was lost
  };

  std::string conninfo_;
  policy policy_;
  std::unique_ptr<pqxx::quiet_errorhandler> silence_;
};

/// The failure that the exception now being handled stands for. `where` is the address and what was being
/// done; `refused` is what a refused row means there. Precondition: called from a catch block.
failure postgres_failure(const postgres_connection* connection, std::string_view where,
                         error_code refused = error_code::row_refused);

}  // namespace matricula
