// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/postgres_connection.hpp"

#include "actors/apply/postgres_errors.hpp"

#include <postgresql/libpq-fe.h>

#include <cstdlib>
#include <exception>
#include <new>
#include <utility>

namespace matricula {
namespace {

/// So that the server, too, learns that this host is gone, and lets go of what its sessions held. Of no effect on a
/// Unix-domain socket.
constexpr const char* server_keepalives = "set tcp_keepalives_idle = 5; set tcp_keepalives_interval = 5; "
                                          "set tcp_keepalives_count = 3; set tcp_user_timeout = 15000";

struct result_deleter {
  void operator()(PGresult* held) const noexcept { PQclear(held); }
};
using result_ptr = std::unique_ptr<PGresult, result_deleter>;

struct options_deleter {
  void operator()(PQconninfoOption* held) const noexcept { PQconninfoFree(held); }
};

void append_option(std::string_view name, std::string_view value, std::string& out) {
  if (!out.empty())
    out += ' ';
  out.append(name) += "='";
  for (const char c : value) {
    if (c == '\'' || c == '\\')
      out += '\\';
    out += c;
  }
  out += '\'';
}

std::string first_line(std::string_view text) { return std::string{text.substr(0, text.find('\n'))}; }

[[noreturn]] void throw_copy_error(PGconn* handle, const PGresult* answer) {
  const char* sqlstate = answer == nullptr ? nullptr : PQresultErrorField(answer, PG_DIAG_SQLSTATE);
  const std::string message = answer == nullptr ? PQerrorMessage(handle) : PQresultErrorMessage(answer);
  if (sqlstate == nullptr || PQstatus(handle) != CONNECTION_OK)
    throw pqxx::broken_connection{message};
  throw pqxx::sql_error{message, "COPY", sqlstate};
}

}  // namespace

result<postgres_address> postgres_address::read(const std::string& database,
                                                std::string_view application_name) {
  char* why = nullptr;
  const std::unique_ptr<PQconninfoOption, options_deleter> options{PQconninfoParse(database.c_str(), &why)};
  PQfreemem(why);  // may quote the address, password and all
  if (!options)
    return failure{error_code::database_refuses,
                   "the site's database is not an address that PostgreSQL understands; write "
                   "postgresql://user@host:port/database"};

  const std::pair<std::string_view, std::string_view> wanted[] = {
      {"application_name", application_name},
      {"connect_timeout", "10"},
      {"keepalives", "1"},
      {"keepalives_idle", "5"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "15000"},
      {"client_encoding", "UTF8"},
  };
  postgres_address address;
  std::string host, port = "5432", name;
  for (const auto* option = options.get(); option->keyword != nullptr; ++option) {
    const std::string_view keyword = option->keyword;
    std::string_view value;
    if (option->val != nullptr)
      value = option->val;
    else
      for (const auto& [preset, preset_value] : wanted)
        if (keyword == preset)
          value = preset_value;
    if (value.empty())
      continue;
    append_option(keyword, value, address.conninfo);
    if (keyword == "host" || (keyword == "hostaddr" && host.empty()))
      host = value;
    else if (keyword == "port")
      port = value;
    else if (keyword == "dbname")
      name = value;
  }
  address.printable = (host.empty() ? std::string{"localhost"} : host) + ":" + port + "/" + name;
  return address;
}

postgres_connection::postgres_connection(const postgres_address& address)
    : connection_base(policy_)
    , conninfo_(address.conninfo)
    , policy_(conninfo_) {
  // One line for each error: its DETAIL and CONTEXT quote rows.
  set_verbosity(terse);
  init();
  silence_ = std::make_unique<pqxx::quiet_errorhandler>(*this);
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"  // libpqxx 7 has no reactivation to inhibit
  inhibit_reactivation(true);
#pragma GCC diagnostic pop
  pqxx::nontransaction{*this}.exec(server_keepalives);
}

postgres_connection::~postgres_connection() noexcept {
  silence_.reset();
  close();
}

bool postgres_connection::is_lost() const noexcept {
  return policy_.seen == nullptr || PQstatus(policy_.seen) != CONNECTION_OK;
}

std::string postgres_connection::last_error() const {
  return policy_.seen == nullptr ? policy_.last_words : first_line(PQerrorMessage(policy_.seen));
}

pqxx::connectionpolicy::handle postgres_connection::policy::do_disconnect(handle before) noexcept {
  if (before != nullptr)
    last_words = first_line(PQerrorMessage(before));
  return seen = connect_direct::do_disconnect(before);
}

postgres_connection::copy_in::copy_in(postgres_connection& connection, const char* statement)
    : connection_(connection) {
  auto* const handle = connection.policy_.seen;
  const result_ptr answer{PQexec(handle, statement)};
  if (PQresultStatus(answer.get()) != PGRES_COPY_IN)
    throw_copy_error(handle, answer.get());
}

postgres_connection::copy_in::~copy_in() {
  if (!under_way_)
    return;
  auto* const handle = connection_.policy_.seen;
  if (PQputCopyEnd(handle, "cancelled by the client") == 1)
    while (auto* const answer = PQgetResult(handle))
      PQclear(answer);
}

void postgres_connection::copy_in::send(std::string_view rows) {
  auto* const handle = connection_.policy_.seen;
  if (!rows.empty() && PQputCopyData(handle, rows.data(), static_cast<int>(rows.size())) != 1)
    throw_copy_error(handle, nullptr);
}

void postgres_connection::copy_in::finish() {
  auto* const handle = connection_.policy_.seen;
  under_way_ = false;
  if (PQputCopyEnd(handle, nullptr) != 1)
    throw_copy_error(handle, nullptr);
  result_ptr failed;
  while (auto* const answer = PQgetResult(handle)) {
    result_ptr held{answer};
    if (PQresultStatus(answer) != PGRES_COMMAND_OK && !failed)
      failed = std::move(held);
    if (PQstatus(handle) != CONNECTION_OK)
      break;
  }
  if (failed)
    throw_copy_error(handle, failed.get());
}

failure postgres_failure(const postgres_connection* connection, std::string_view where, error_code refused) {
  const bool lost = connection != nullptr && connection->is_lost();
  const auto make = [&](error_code code, std::string_view sqlstate, std::string_view message) {
    std::string text = "PostgreSQL at " + std::string{where} + ": ";
    if (!sqlstate.empty())
      text.append("SQLSTATE ").append(sqlstate).append(", ");
    text.append(printable_message(sqlstate, message)).append(". ").append(advice_for(code));
    return failure{code, std::move(text)};
  };
  const auto by_state = [&](std::string_view sqlstate, std::string_view message) {
    auto code = code_of_sqlstate(sqlstate);
    if (code == error_code::row_refused)
      code = refused;
    return make(lost && code != error_code::database_refuses ? error_code::database_unavailable : code,
                sqlstate, message);
  };
  // Once the connection is lost libpqxx 6 throws whatever it then stumbles over.
  const auto words_of_a_loss = [&](const std::exception& error) {
    auto words = lost ? connection->last_error() : std::string{};
    return words.empty() ? error.what() : words;
  };
  try {
    throw;
  } catch (const pqxx::in_doubt_error&) {
    return make(error_code::database_unavailable, "",
                "the connection broke before the commit was answered: it may have happened");
    // libpqxx 6 keeps no state with these.
  } catch (const pqxx::serialization_failure& error) {
    return by_state("40001", error.what());
  } catch (const pqxx::statement_completion_unknown& error) {
    return by_state("40003", error.what());
  } catch (const pqxx::deadlock_detected& error) {
    return by_state("40P01", error.what());
  } catch (const pqxx::transaction_rollback& error) {
    return by_state("40000", error.what());
  } catch (const pqxx::insufficient_privilege& error) {
    return by_state("42501", error.what());
  } catch (const pqxx::too_many_connections& error) {
    return by_state("53300", error.what());
  } catch (const pqxx::sql_error& error) {
    return by_state(error.sqlstate(), error.what());
  } catch (const pqxx::broken_connection& error) {
    return make(error_code::database_unavailable, "", words_of_a_loss(error));
  } catch (const std::bad_alloc&) {
    return make(error_code::database_refuses, "", "this process is out of memory");
  } catch (const std::exception& error) {
    return make(lost ? error_code::database_unavailable : error_code::target_broken, "",
                words_of_a_loss(error));
  }
}

}  // namespace matricula
