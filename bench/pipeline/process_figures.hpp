// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "tests/faults/services.hpp"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <sys/types.h>

namespace matricula::bench {

/// Where PostgreSQL's programs are: Debian's /usr/bin/psql is a Perl script that finds one of them, in 23 ms of CPU time.
inline constexpr const char* postgres_programs = "/usr/lib/postgresql/15/bin/";

/// CPU time of a process so far, in user and kernel mode, to 10 ms. Throws std::runtime_error if it is gone.
double cpu_seconds(pid_t process);
/// The same with its children, those that have ended too.
double cpu_seconds_of_family(pid_t parent);
/// The same of this process, or of its children that have ended.
double own_cpu_seconds();
double ended_childrens_cpu_seconds();
/// What threads have used so far.
struct thread_figures {
  double cpu_seconds = 0;      ///< to 10 ms
  std::uint64_t wake_ups = 0;  ///< how often they have gone to sleep, and so were woken
};
/// Of a process's threads, or of those whose names begin like this.
thread_figures figures_of_threads(pid_t process, std::string_view names = "");
std::uint64_t threads(pid_t process);
std::uint64_t rss_bytes(pid_t process);
/// The greatest so far, or since it was forgotten last.
std::uint64_t rss_peak_bytes(pid_t process);
/// From now on the greatest is counted anew, from what it has now. Throws std::runtime_error if that is not allowed.
void forget_rss_peak(pid_t process);

/// By how many bytes this process has been greater at most, while work() ran, than before.
double growth_while(const std::function<void()>& work);

/// The process that has this argument in its command line. Throws std::runtime_error if there is none.
pid_t process_with_argument(const std::string& argument);

/// Of the write-ahead log between two positions, in bytes, what the server has not written of its own accord, as when it
/// notes every 15 s which transactions run, or makes a checkpoint. To be asked when all of it has been flushed.
std::uint64_t wal_bytes_between(const faults::services& on, std::uint64_t from, std::uint64_t to);

pid_t broker_of(const faults::services& on);
pid_t postmaster_of(const faults::services& on);

}  // namespace matricula::bench
