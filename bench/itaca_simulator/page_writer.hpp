// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "life.hpp"
#include "record_writer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace matricula::simulator {

/// Consecutive records of one sweep.
struct record_run {
  std::string bytes;                  ///< the records, joined by commas
  std::vector<std::uint32_t> begins;  ///< where each record begins in `bytes`
  std::uint64_t first_slot = 0;
  std::uint64_t next_slot = 0;  ///< where the next page goes on
  bool last = false;            ///< nothing follows: the sweep ends here
  std::uint64_t hash = 0;       ///< of `bytes`

  [[nodiscard]] std::size_t count() const { return begins.size(); }
  [[nodiscard]] std::string_view record(std::size_t i) const;
};

/// Walks the slots of a moment in feed order, those in use only.
class slot_walk {
 public:
  slot_walk(const moment& at, std::uint64_t first_slot)
      : at_(at)
      , slot_(first_slot) {
    settle();
  }

  [[nodiscard]] bool done() const { return done_; }
  [[nodiscard]] std::uint64_t slot() const { return slot_; }
  [[nodiscard]] const place& here() const { return here_; }
  void advance() {
    ++slot_;
    settle();
  }

 private:
  void settle();

  moment at_;
  std::uint64_t slot_;
  std::uint64_t pupils_end_ = 0;  ///< slots below it are the next seats of the same classroom
  place here_{};
  bool done_ = false;
};

/// Writes up to `limit` records from a slot on.
record_run write_run(const moment& at, std::uint64_t first_slot, std::uint64_t limit);

}  // namespace matricula::simulator
