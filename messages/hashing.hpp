// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

namespace matricula {

/// 64-bit hash of a natural key's text: XXH3 of its bytes, seed 0.
std::uint64_t key_hash_of(std::string_view key) noexcept;

/// 64-bit hash of a record's content: XXH3 of its JSON bytes as the source wrote them. The bytes hold the
/// key, so two keys whose key hashes collide still differ here: a collision costs a needless publish, never a
/// loss.
std::uint64_t content_hash_of(std::string_view json) noexcept;

/// The partition of a lane's topic for a centre. A centre's people and classrooms meet in one partition,
/// hence in one applier. Precondition: partitions > 0.
std::int32_t partition_of(std::string_view centre_code, std::int32_t partitions) noexcept;

}  // namespace matricula
