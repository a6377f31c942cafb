// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <sys/types.h>
#include <utility>
#include <vector>

namespace matricula {

/// How long a test waits for what must happen sooner or later. Generous: a sanitizer or a loaded machine is
/// slow, and only a failing test waits as long.
inline constexpr std::chrono::seconds patience{90};

/// Asks again and again until the answer is yes; false if it is not within `patience`.
bool eventually(const std::function<bool()>& condition);

/// A program of ours at work. It dies with the test and at the end of this object, whichever comes first.
class running_process {
 public:
  using variables = std::vector<std::pair<std::string, std::string>>;

  /// Is told at the end of each object what its log holds of a sanitizer's report, which ends no program, and so would pass
  /// unseen. Does not throw.
  static inline void (*on_sanitizer_report)(const std::string& report) = nullptr;

  /// Starts `command`, a path and its arguments, with `more` environment variables; what it prints goes to
  /// `log`, which is begun anew. Throws std::runtime_error if it cannot.
  running_process(std::vector<std::string> command, std::filesystem::path log, const variables& more = {});
  ~running_process();
  running_process(running_process&& other) noexcept;
  running_process& operator=(running_process&& other) noexcept;

  bool alive();
  /// Of the process; -1: it is gone.
  pid_t id() const { return pid_; }
  void signal(int number);
  /// SIGKILL; returns when it is gone.
  void kill();
  /// Waits for the end: the exit code, 128 and the signal's number if a signal ended it, nothing if it lives
  /// on.
  std::optional<int> exit_code();

  /// What it has printed so far.
  std::string log() const;
  bool has_logged(const std::string& text) const;

 private:
  bool reap(int options);
  void end();

  pid_t pid_ = -1;
  std::optional<int> status_;
  std::filesystem::path log_;
};

}  // namespace matricula
