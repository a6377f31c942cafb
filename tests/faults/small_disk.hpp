// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>

namespace matricula::faults {

/// A file system in memory, for a database whose disk is to be full. Needs root. Errors are thrown as
/// std::runtime_error.
class small_disk {
 public:
  explicit small_disk(std::filesystem::path where);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  /// A folder on it that belongs to PostgreSQL's user.
  std::filesystem::path folder() const { return where_ / "data"; }
  void fill() const;
  void empty() const;

 private:
  std::filesystem::path where_;
};

}  // namespace matricula::faults
