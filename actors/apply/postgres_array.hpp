// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <pqxx/binarystring>

#include <cstdint>
#include <cstring>
#include <endian.h>
#include <string>
#include <string_view>

namespace matricula {

/// A PostgreSQL array as a parameter of a statement, in binary, which the server reads several times as fast as text:
/// what array_recv of PostgreSQL 15 takes (src/backend/utils/adt/arrayfuncs.c). Dimensions, whether there are nulls,
/// the elements' type, their number and the first index; then each element after its size in bytes. Numbers have their
/// big end first.
class postgres_array {
 public:
  /// As in pg_type.dat.
  enum class element : std::uint32_t { bigint = 20, text = 25 };

  explicit postgres_array(element type) {
    for (const auto number : {1U, 0U, static_cast<std::uint32_t>(type), 0U, 1U})
      append_number(number);
  }

  /// Precondition: an array of text.
  void append(std::string_view text) {
    begin_element(text.size());
    bytes_ += text;
  }

  /// Precondition: an array of bigint. Two's complement, as the database keeps hashes and revisions.
  void append(std::uint64_t number) {
    begin_element(sizeof number);
    const auto big_end_first = htobe64(number);
    bytes_.append(reinterpret_cast<const char*>(&big_end_first), sizeof big_end_first);
  }
  void append(std::int64_t number) { append(static_cast<std::uint64_t>(number)); }

  /// The array as it is now.
  pqxx::binarystring parameter() {
    const auto big_end_first = htobe32(count_);
    std::memcpy(bytes_.data() + count_offset, &big_end_first, sizeof big_end_first);
    return pqxx::binarystring{bytes_};
  }

 private:
  static constexpr std::size_t count_offset = 3 * sizeof(std::uint32_t);

  void begin_element(std::size_t size) {
    append_number(static_cast<std::uint32_t>(size));
    ++count_;
  }

  void append_number(std::uint32_t number) {
    const auto big_end_first = htobe32(number);
    bytes_.append(reinterpret_cast<const char*>(&big_end_first), sizeof big_end_first);
  }

  std::uint32_t count_ = 0;
  std::string bytes_;
};

}  // namespace matricula
