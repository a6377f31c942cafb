// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>

namespace matricula {

/// Copies of what messages say, one behind the other in portions of memory. A portion lives as long as somebody keeps it.
class message_memory {
 public:
  static constexpr std::size_t portion_bytes = 64U << 10;

  /// So many bytes that are kept next will lie in one portion, which is of their size if they are more than fit.
  void make_room(std::size_t bytes) {
    if (portion_ && bytes <= size_ - used_)
      return;
    size_ = std::max(bytes, portion_bytes);
    used_ = 0;
    portion_ = std::make_shared_for_overwrite<char[]>(size_);
  }

  /// A copy, in the portion. Precondition: there is room.
  std::string_view keep(std::string_view bytes) {
    auto* const copy = portion_.get() + used_;
    if (!bytes.empty())
      std::memcpy(copy, bytes.data(), bytes.size());
    used_ += bytes.size();
    return {copy, bytes.size()};
  }

  /// Where what was kept last lies. Null before there was any.
  std::shared_ptr<const void> portion() const { return portion_; }

 private:
  std::shared_ptr<char[]> portion_;
  std::size_t size_ = 0, used_ = 0;
};

}  // namespace matricula
