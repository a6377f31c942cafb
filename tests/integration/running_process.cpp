// SPDX-License-Identifier: Apache-2.0
#include "running_process.hpp"

#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

namespace matricula {
namespace {

/// Null-terminated, for exec; the texts must stay where they are.
std::vector<char*> pointers_to(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (auto& text : texts)
    pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

/// What a sanitizer has reported first; empty: nothing.
std::string sanitizer_report_in(const std::string& log) {
  constexpr std::size_t shown_bytes_max = 20'000;
  constexpr const char* words[] = {"WARNING: ThreadSanitizer", "FATAL: ThreadSanitizer",
                                   "ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error: "};
  auto first = log.size();
  for (const char* each : words)
    first = std::min(first, log.find(each));
  return first == log.size() ? std::string{} : log.substr(log.rfind('\n', first) + 1, shown_bytes_max);
}

std::vector<std::string> environment_with(const running_process::variables& more) {
  std::vector<std::string> all;
  for (char** each = environ; *each != nullptr; ++each)
    all.emplace_back(*each);
  for (const auto& [name, value] : more) {
    const auto start = name + "=";
    std::erase_if(all, [&](const auto& text) { return text.rfind(start, 0) == 0; });
    all.push_back(start + value);
  }
  return all;
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline)
      return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return true;
}

running_process::running_process(std::vector<std::string> command, std::filesystem::path log,
                                 const variables& more)
    : log_(std::move(log)) {
  auto environment = environment_with(more);
  const auto arguments = pointers_to(command);
  const auto settings = pointers_to(environment);
  const int out = open(log_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (out < 0)
    throw std::runtime_error{"cannot write " + log_.string()};
  const auto parent = getpid();
  pid_ = fork();
  if (pid_ == 0) {  // only what is safe between fork and exec
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
      _exit(127);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, nullptr);
    dup2(out, STDOUT_FILENO);
    dup2(out, STDERR_FILENO);
    execve(arguments.front(), arguments.data(), settings.data());
    _exit(127);
  }
  close(out);
  if (pid_ < 0)
    throw std::runtime_error{"cannot start " + command.front()};
}

running_process::~running_process() { end(); }

running_process::running_process(running_process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1))
    , status_(other.status_)
    , log_(std::move(other.log_)) {}

running_process& running_process::operator=(running_process&& other) noexcept {
  end();
  pid_ = std::exchange(other.pid_, -1);
  status_ = other.status_;
  log_ = std::move(other.log_);
  return *this;
}

bool running_process::reap(int options) {
  if (pid_ <= 0)
    return true;
  int status = 0;
  if (waitpid(pid_, &status, options) != pid_)
    return false;
  pid_ = -1;
  status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return true;
}

bool running_process::alive() { return !reap(WNOHANG); }

void running_process::signal(int number) {
  if (pid_ > 0)
    ::kill(pid_, number);
}

void running_process::kill() {
  signal(SIGKILL);
  reap(0);
}

void running_process::end() {
  kill();
  if (on_sanitizer_report == nullptr || log_.empty())
    return;
  if (const auto report = sanitizer_report_in(log()); !report.empty())
    on_sanitizer_report(report);
}

std::optional<int> running_process::exit_code() {
  eventually([this] { return reap(WNOHANG); });
  return status_;
}

std::string running_process::log() const {
  std::ifstream file{log_};
  return {std::istreambuf_iterator<char>{file}, {}};
}

bool running_process::has_logged(const std::string& text) const {
  return log().find(text) != std::string::npos;
}

}  // namespace matricula
