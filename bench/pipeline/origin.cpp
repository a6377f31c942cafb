// SPDX-License-Identifier: Apache-2.0
#include "origin.hpp"

#include <fmt/chrono.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <ctime>
#include <fstream>

namespace matricula::bench {
namespace {

std::string cpu_model() {
  std::ifstream in{"/proc/cpuinfo"};
  for (std::string line; std::getline(in, line);)
    if (line.rfind("model name", 0) == 0)
      return line.substr(line.find(':') + 2);
  return "unknown";
}

std::uint64_t memory_bytes() {
  return static_cast<std::uint64_t>(sysconf(_SC_PHYS_PAGES)) *
         static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

std::string kernel() {
  utsname name{};
  uname(&name);
  return std::string{name.sysname} + ' ' + name.release;
}

/// The commit that is checked out, and whether files differ from it.
std::string commit(const std::filesystem::path& folder) {
  const auto said = [&](const std::vector<std::string>& words) {
    std::vector<std::string> command{"/usr/bin/git", "-C", MATRICULA_SOURCE_DIRECTORY};
    command.insert(command.end(), words.begin(), words.end());
    running_process process{command, folder / "git.log"};
    if (process.exit_code() != 0)
      return std::string{};
    auto text = process.log();
    return text.substr(0, text.find('\n'));
  };
  const auto name = said({"rev-parse", "--short=12", "HEAD"});
  return name.empty() ? "unknown"
                      : name + (said({"status", "--porcelain", "-uno"}).empty() ? "" : " and changes");
}

}  // namespace

nlohmann::json origin_of(const servers& on, const std::string& command) {
  const auto setting = [&](const std::string& name) {
    return value_of(on.services.postgres_url() + "/postgres", "show " + name);
  };
  return {{"machine",
           {{"cpu", cpu_model()},
            {"cores", sysconf(_SC_NPROCESSORS_ONLN)},
            {"memory_bytes", memory_bytes()},
            {"kernel", kernel()}}},
          {"commit", commit(on.services.folder())},
          {"command", command},
          {"build", MATRICULA_BUILD_TYPE},
          {"time", fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)))},
          {"settings",
           {{"postgresql", setting("server_version")},
            {"fsync", setting("fsync")},
            {"synchronous_commit", setting("synchronous_commit")},
            {"full_page_writes", setting("full_page_writes")},
            {"shared_buffers", setting("shared_buffers")},
            {"kafka_brokers", on.services.brokers()},
            {"network", "loopback, no delay added"}}}};
}

}  // namespace matricula::bench
