// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/postgres_connection.hpp"
#include "actors/apply/site_store.hpp"
#include "config/topology.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace matricula {

/// A site's outbox in PostgreSQL: the table matricula.outbox. One connection.
///
/// One reporter at a time: take holds an advisory lock of the database until remove_taken, release or the
/// connection's end. Between them no transaction is open, however long Kafka takes, so that nothing keeps the
/// database from vacuuming. Entries are removed by their ids, never by a range: an applier that was slow to
/// commit may have put one in between.
class postgres_outbox final : public site_outbox {
 public:
  explicit postgres_outbox(site_settings site);
  ~postgres_outbox() override;

  result<std::vector<outbox_entry>> take(std::size_t entries_max) override;
  result<done> remove_taken() override;
  void release() override;

 private:
  template <class Body>
  auto guarded(Body body) -> decltype(body());
  void connect();
  std::vector<outbox_entry> lock_and_read(std::size_t entries_max);

  site_settings site_;
  postgres_address address_;
  std::unique_ptr<postgres_connection> connection_;
  bool locked_ = false;
  std::vector<std::int64_t> taken_;
};

}  // namespace matricula
