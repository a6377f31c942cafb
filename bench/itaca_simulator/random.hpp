// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <numeric>
#include <utility>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace matricula::simulator {

/// What a draw is for. Two purposes never see the same numbers.
enum class purpose : std::uint64_t {
  centre_shape,
  centre_name,
  group_size,
  guests,
  student,
  teacher,
  leave,
  beside,
  lessons,
  enrolment_day,
  rotation,
  fault,
  bad_position,
};

/// A pseudo-random number that depends on nothing but its arguments.
inline std::uint64_t draw(std::uint64_t seed, purpose what, std::uint64_t a, std::uint64_t b = 0) {
  const std::uint64_t words[3] = {static_cast<std::uint64_t>(what), a, b};
  return XXH3_64bits_withSeed(words, sizeof words, seed);
}

/// A shuffle of 0 .. size-1 that takes no memory: x -> (factor * x + offset) mod size, with the factor
/// near the golden section of the size, so that neighbours end far apart.
class shuffle {
 public:
  shuffle() = default;

  shuffle(std::uint64_t size, std::uint64_t salt)
      : size_(size) {
    if (size_ < 2)
      return;
    factor_ = static_cast<std::uint64_t>(static_cast<double>(size_) * 0.6180339887498949) + salt % 64;
    factor_ %= size_;
    while (factor_ == 0 || std::gcd(factor_, size_) != 1)
      factor_ = (factor_ + 1) % size_;
    offset_ = salt % size_;
    inverse_ = inverse_of(factor_, size_);
  }

  [[nodiscard]] std::uint64_t size() const { return size_; }

  /// The element at a place. Requires place < size().
  [[nodiscard]] std::uint64_t at(std::uint64_t place) const {
    return size_ < 2 ? place : (factor_ * place + offset_) % size_;
  }

  /// The place of an element: place_of(at(p)) == p. Requires element < size().
  [[nodiscard]] std::uint64_t place_of(std::uint64_t element) const {
    return size_ < 2 ? element : inverse_ * (element + size_ - offset_) % size_;
  }

 private:
  static std::uint64_t inverse_of(std::uint64_t factor, std::uint64_t size) {
    std::int64_t t = 0, next_t = 1;
    auto r = static_cast<std::int64_t>(size), next_r = static_cast<std::int64_t>(factor);
    while (next_r != 0) {
      const std::int64_t quotient = r / next_r;
      t = std::exchange(next_t, t - quotient * next_t);
      r = std::exchange(next_r, r - quotient * next_r);
    }
    return static_cast<std::uint64_t>(t < 0 ? t + static_cast<std::int64_t>(size) : t);
  }

  std::uint64_t size_ = 0;
  std::uint64_t factor_ = 1;
  std::uint64_t inverse_ = 1;
  std::uint64_t offset_ = 0;
};

}  // namespace matricula::simulator
