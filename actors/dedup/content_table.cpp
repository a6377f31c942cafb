// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/content_table.hpp"

#include <cmath>
#include <cstring>

namespace matricula {
namespace {

constexpr std::size_t revision_words = 3;
constexpr unsigned word_bits = 16;

}  // namespace

content_table::packed_key::packed_key(std::uint64_t key_hash) {
  static_assert(sizeof words == sizeof key_hash);
  std::memcpy(words.data(), &key_hash, sizeof key_hash);
}

std::uint64_t content_table::packed_key::number() const {
  std::uint64_t key_hash = 0;
  std::memcpy(&key_hash, words.data(), sizeof key_hash);
  return key_hash;
}

content_table::packed_content::packed_content(known_content known) {
  static_assert(sizeof(table::value_type) == 22);
  std::memcpy(words.data(), &known.content_hash, sizeof known.content_hash);
  for (std::size_t i = 0; i < revision_words; ++i)
    words[4 + i] = static_cast<std::uint16_t>(known.revision >> (word_bits * i));
}

known_content content_table::packed_content::unpacked() const {
  known_content known;
  std::memcpy(&known.content_hash, words.data(), sizeof known.content_hash);
  for (std::size_t i = 0; i < revision_words; ++i)
    known.revision |= revision_t{words[4 + i]} << (word_bits * i);
  return known;
}

std::size_t content_table::part_of(std::uint64_t key_hash) {
  // Part i takes the hashes whose first bits, as a number from 1 to 2, lie between 2^(i/parts) and 2^((i+1)/parts).
  constexpr unsigned bits = 12;
  static const auto part_by_first_bits = [] {
    std::array<std::uint8_t, std::size_t{1} << bits> numbers{};
    for (std::size_t i = 0; i < numbers.size(); ++i)
      numbers[i] = static_cast<std::uint8_t>(
          std::log2(1.0 + static_cast<double>(i) / static_cast<double>(numbers.size())) * parts);
    return numbers;
  }();
  return part_by_first_bits[key_hash >> (64 - bits)];
}

std::optional<known_content> content_table::find(std::uint64_t key_hash) const {
  const auto& part = parts_[part_of(key_hash)];
  const auto found = part.find(packed_key{key_hash});
  if (found == part.end())
    return {};
  return found->second.unpacked();
}

void content_table::put(std::uint64_t key_hash, known_content known) {
  parts_[part_of(key_hash)].insert_or_assign(packed_key{key_hash}, packed_content{known});
}

void content_table::put_newer(std::uint64_t key_hash, known_content known) {
  const auto [entry, fresh] =
      parts_[part_of(key_hash)].try_emplace(packed_key{key_hash}, packed_content{known});
  if (!fresh && entry->second.unpacked().revision < known.revision)
    entry->second = packed_content{known};
}

void content_table::prefetch(std::uint64_t key_hash) const {
  parts_[part_of(key_hash)].prefetch(packed_key{key_hash});
}

std::size_t content_table::size() const {
  std::size_t keys = 0;
  for (const auto& part : parts_)
    keys += part.size();
  return keys;
}

}  // namespace matricula
