// SPDX-License-Identifier: Apache-2.0
#include "messages/hashing.hpp"

// Compiled here, for the processor that matricula_options says: Debian's library is for any x86-64.
#define XXH_INLINE_ALL
#include <xxhash.h>

namespace matricula {

std::uint64_t key_hash_of(std::string_view key) noexcept { return XXH3_64bits(key.data(), key.size()); }

std::uint64_t content_hash_of(std::string_view json) noexcept {
  return XXH3_64bits(json.data(), json.size());
}

std::int32_t partition_of(std::string_view centre_code, std::int32_t partitions) noexcept {
  const auto hash = XXH3_64bits(centre_code.data(), centre_code.size());
  return static_cast<std::int32_t>(hash % static_cast<std::uint64_t>(partitions));
}

}  // namespace matricula
