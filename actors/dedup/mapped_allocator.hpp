// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>

namespace matricula {

/// std::allocator, but that a large block is mapped by itself and goes back to the kernel when it is freed. A hash table
/// that grows leaves a block of half the size behind each time; `matricula run` has malloc keep such blocks, for pages
/// (cli/run.cpp), and hundreds of tables that grow side by side leave as much behind as they hold.
template <class T>
class mapped_allocator {
 public:
  using value_type = T;

  mapped_allocator() = default;
  template <class Other>
  mapped_allocator(const mapped_allocator<Other>&) noexcept {}  // NOLINT: converts, as every allocator does

  T* allocate(std::size_t count) {
    if (!is_mapped(count))
      return std::allocator<T>{}.allocate(count);
    auto* const block =
        mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
      throw std::bad_alloc{};
    return static_cast<T*>(block);
  }

  void deallocate(T* block, std::size_t count) {
    if (is_mapped(count))
      munmap(block, count * sizeof(T));
    else
      std::allocator<T>{}.deallocate(block, count);
  }

  friend bool operator==(const mapped_allocator&, const mapped_allocator&) { return true; }

 private:
  /// From 128 KiB on, as malloc does where nobody has said otherwise.
  static bool is_mapped(std::size_t count) { return count >= (std::size_t{128} << 10U) / sizeof(T); }
};

}  // namespace matricula
