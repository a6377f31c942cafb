// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <vector>

namespace matricula::simulator {

/// Which sweep each slot was last served in: runs of slots with the newest sweep of each. A sweep read in
/// order makes one run of what precedes the reader and one of what follows.
class served_slots {
 public:
  struct run {
    std::uint64_t begin, end;
    std::uint64_t sweep;
  };

  /// Notes that a sweep's slots begin .. end-1 were served. Slots served by a later sweep keep that.
  void add(std::uint64_t begin, std::uint64_t end, std::uint64_t sweep);

  /// The newest sweep in which the slot was served; 0 if none.
  [[nodiscard]] std::uint64_t sweep_of(std::uint64_t slot) const;

  /// What was served, in slot order.
  [[nodiscard]] std::vector<run> runs() const;

 private:
  void split_at(std::uint64_t slot);

  std::map<std::uint64_t, std::uint64_t> sweep_from_{{0, 0}};  ///< holds until the next entry; 0 is "never"
};

}  // namespace matricula::simulator
