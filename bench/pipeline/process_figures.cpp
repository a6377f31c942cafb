// SPDX-License-Identifier: Apache-2.0
#include "process_figures.hpp"

#include "tests/integration/running_process.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <malloc.h>
#include <sstream>
#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>

namespace matricula::bench {
namespace {

namespace fs = std::filesystem;

fs::path folder_of(pid_t process) { return fs::path{"/proc"} / std::to_string(process); }

std::string text_of(const fs::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// proc(5), the stat of a process or of a thread, from the fields that follow the command's name.
struct stat_fields {
  pid_t parent = 0;
  std::uint64_t own_ticks = 0, childrens_ticks = 0;
};

bool read_stat(const fs::path& file, stat_fields& found) {
  const auto text = text_of(file);
  const auto name_end = text.rfind(')');
  if (name_end == text.npos)
    return false;
  std::istringstream in{text.substr(name_end + 1)};
  std::string skipped;
  std::uint64_t user = 0, kernel = 0, childrens_user = 0, childrens_kernel = 0;
  in >> skipped >> found.parent;
  for (int field = 5; field < 14; ++field)
    in >> skipped;
  in >> user >> kernel >> childrens_user >> childrens_kernel;
  found.own_ticks = user + kernel;
  found.childrens_ticks = childrens_user + childrens_kernel;
  return static_cast<bool>(in);
}

double seconds_of(std::uint64_t ticks) {
  return static_cast<double>(ticks) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

stat_fields stat_of(pid_t process) {
  stat_fields fields;
  if (!read_stat(folder_of(process) / "stat", fields))
    throw std::runtime_error{"process " + std::to_string(process) + " is gone"};
  return fields;
}

/// Calls see(pid) for every process there is.
template <class Visitor>
void for_each_process(Visitor see) {
  for (const auto& each : fs::directory_iterator{"/proc"}) {
    const auto name = each.path().filename().string();
    if (name.find_first_not_of("0123456789") == name.npos)
      see(static_cast<pid_t>(std::stol(name)));
  }
}

/// The number after `name` in a status file; 0 if it is not there.
std::uint64_t status_number(const fs::path& file, const std::string& name) {
  std::ifstream in{file};
  for (std::string line; std::getline(in, line);)
    if (line.rfind(name, 0) == 0)
      return std::stoull(line.substr(name.size()));
  return 0;
}

double cpu_seconds_of(int whose) {
  rusage used{};
  getrusage(whose, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

}  // namespace

double cpu_seconds(pid_t process) { return seconds_of(stat_of(process).own_ticks); }

double cpu_seconds_of_family(pid_t parent) {
  const auto own = stat_of(parent);
  auto ticks = own.own_ticks + own.childrens_ticks;
  for_each_process([&](pid_t process) {
    stat_fields child;
    if (read_stat(folder_of(process) / "stat", child) && child.parent == parent)
      ticks += child.own_ticks + child.childrens_ticks;
  });
  return seconds_of(ticks);
}

double own_cpu_seconds() { return cpu_seconds_of(RUSAGE_SELF); }

double ended_childrens_cpu_seconds() { return cpu_seconds_of(RUSAGE_CHILDREN); }

thread_figures figures_of_threads(pid_t process, std::string_view names) {
  thread_figures sum;
  for (const auto& task : fs::directory_iterator{folder_of(process) / "task"}) {
    stat_fields used;
    if (text_of(task.path() / "comm").rfind(names, 0) != 0 || !read_stat(task.path() / "stat", used))
      continue;
    sum.cpu_seconds += seconds_of(used.own_ticks);
    sum.wake_ups += status_number(task.path() / "status", "voluntary_ctxt_switches:");
  }
  return sum;
}

std::uint64_t threads(pid_t process) { return status_number(folder_of(process) / "status", "Threads:"); }

std::uint64_t rss_bytes(pid_t process) {
  return status_number(folder_of(process) / "status", "VmRSS:") * 1024;
}

std::uint64_t rss_peak_bytes(pid_t process) {
  return status_number(folder_of(process) / "status", "VmHWM:") * 1024;
}

void forget_rss_peak(pid_t process) {
  std::ofstream out{folder_of(process) / "clear_refs"};
  out << "5\n";  // proc(5)
  if (!out.flush())
    throw std::runtime_error{"the peak of process " + std::to_string(process) + " cannot be forgotten"};
}

double growth_while(const std::function<void()>& work) {
  malloc_trim(0);
  const auto self = getpid();
  forget_rss_peak(self);
  const auto before = rss_bytes(self);
  work();
  return std::max(0.0, static_cast<double>(rss_peak_bytes(self)) - static_cast<double>(before));
}

pid_t process_with_argument(const std::string& argument) {
  pid_t found = 0;
  const auto wanted = '\0' + argument + '\0';
  for_each_process([&](pid_t process) {
    if (text_of(folder_of(process) / "cmdline").find(wanted) != std::string::npos)
      found = process;
  });
  if (found == 0)
    throw std::runtime_error{"no process has the argument " + argument};
  return found;
}

std::uint64_t wal_bytes_between(const faults::services& on, std::uint64_t from, std::uint64_t to) {
  // The server's own are a hundred bytes now and then.
  constexpr std::uint64_t exactly_below = 2'000'000;
  if (to == from || to - from > exactly_below)
    return to - from;
  const auto position = [](std::uint64_t at) {
    return fmt::format("{:X}/{:X}", at >> 32U, at & 0xFFFFFFFFU);
  };
  running_process dump{{std::string{postgres_programs} + "pg_waldump", "--path",
                        (on.folder() / "postgres" / "data" / "pg_wal").string(), "--start", position(from),
                        "--end", position(to)},
                       on.folder() / "pg_waldump.log"};
  if (dump.exit_code() != 0)
    return to - from;
  // "rmgr: Standby     len (rec/tot):     50/    50, tx: …"
  std::uint64_t bytes = 0;
  std::istringstream in{dump.log()};
  for (std::string line; std::getline(in, line);)
    if (const auto slash = line.find('/', line.find("(rec/tot):") + 10);
        line.rfind("rmgr: ", 0) == 0 && line.rfind("rmgr: Standby", 0) != 0 &&
        line.find("desc: CHECKPOINT") == line.npos)
      bytes += std::stoull(line.substr(slash + 1));
  return bytes;
}

pid_t broker_of(const faults::services& on) {
  return process_with_argument("-Dmatricula.kafka=" + (on.folder() / "kafka" / "1").string());
}

pid_t postmaster_of(const faults::services& on) {
  std::ifstream in{on.folder() / "postgres" / "data" / "postmaster.pid"};
  pid_t found = 0;
  if (!(in >> found))
    throw std::runtime_error{"PostgreSQL's postmaster.pid cannot be read"};
  return found;
}

}  // namespace matricula::bench
