// SPDX-License-Identifier: Apache-2.0
#include "actors/report/postgres_outbox.hpp"

#include "actors/apply/postgres_array.hpp"

#include <exception>
#include <utility>

namespace matricula {
namespace {

// Any number that nobody else uses; that of install_schemas is another.
constexpr const char* try_lock_sql = "select pg_try_advisory_lock(x'6d6174726963756c'::bigint)";
constexpr const char* unlock_sql = "select pg_advisory_unlock(x'6d6174726963756c'::bigint)";

}  // namespace

postgres_outbox::postgres_outbox(site_settings site)
    : site_(std::move(site)) {}

postgres_outbox::~postgres_outbox() = default;

template <class Body>
auto postgres_outbox::guarded(Body body) -> decltype(body()) {
  try {
    return body();
  } catch (...) {
    auto why = postgres_failure(connection_.get(),
                                address_.printable + ", site " + site_.name + ", matricula.outbox");
    // A broken outbox is not a broken target: the applier makes the table when it opens the site.
    if (why.code == error_code::target_broken || why.code == error_code::database_conflict)
      why.code = error_code::database_refuses;
    connection_.reset();  // with it goes the lock
    locked_ = false;
    taken_.clear();
    return why;
  }
}

void postgres_outbox::connect() {
  if (connection_ && !connection_->is_lost())
    return;
  locked_ = false;
  connection_ = std::make_unique<postgres_connection>(address_);
  pqxx::nontransaction{*connection_}.exec(
      "set lock_timeout = '10s'; set statement_timeout = '30s'; set jit = off; "
      // A process that is stopped does not keep the others from reporting for longer; in_hand_max of reporter.cpp is made
      // for these times.
      "set idle_session_timeout = '90s'");
}

result<std::vector<outbox_entry>> postgres_outbox::take(std::size_t entries_max) {
  auto address = postgres_address::read(site_.database.reveal(), "matricula " + site_.name + " reporter");
  if (!address)
    return address.error();
  address_ = std::move(*address);
  return guarded([&]() -> result<std::vector<outbox_entry>> {
    connect();
    auto entries = lock_and_read(entries_max);
    if (entries.empty())
      release();
    return entries;
  });
}

std::vector<outbox_entry> postgres_outbox::lock_and_read(std::size_t entries_max) {
  taken_.clear();
  std::vector<outbox_entry> entries;
  pqxx::nontransaction work{*connection_};
  // Before the first applier has opened the site there is no table, and nothing to report.
  if (work.exec("select where to_regclass('matricula.outbox') is not null").empty())
    return entries;
  if (!locked_)
    locked_ = work.exec1(try_lock_sql)[0].as<bool>();
  if (!locked_)
    return entries;
  const auto rows = work.exec_params("select id, kind, key, value from matricula.outbox order by id limit $1",
                                     static_cast<std::int64_t>(entries_max));
  entries.reserve(rows.size());
  taken_.reserve(rows.size());
  for (const auto row : rows) {
    taken_.push_back(row[0].as<std::int64_t>());
    entries.push_back(
        {taken_.back(), row[1].as<std::string>(), row[2].as<std::string>(), row[3].as<std::string>()});
  }
  return entries;
}

result<done> postgres_outbox::remove_taken() {
  if (!connection_)
    return failure{error_code::database_unavailable, "PostgreSQL at " + address_.printable + ", site " +
                                                         site_.name +
                                                         ", matricula.outbox: not connected. Take again."};
  return guarded([&]() -> result<done> {
    postgres_array ids{postgres_array::element::bigint};
    for (const auto id : taken_)
      ids.append(id);
    pqxx::nontransaction{*connection_}.exec_params(
        "delete from matricula.outbox where id = any($1::bigint[])", ids.parameter());
    taken_.clear();
    release();
    return done{};
  });
}

void postgres_outbox::release() {
  taken_.clear();
  if (!connection_ || !locked_)
    return;
  locked_ = false;
  try {
    pqxx::nontransaction{*connection_}.exec(unlock_sql);
  } catch (const std::exception&) {
    connection_.reset();  // with it goes the lock
  }
}

}  // namespace matricula
