// SPDX-License-Identifier: Apache-2.0
#include "small_disk.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <pwd.h>
#include <stdexcept>
#include <string>
#include <sys/mount.h>
#include <unistd.h>
#include <utility>

namespace matricula::faults {
namespace {

/// Far more than a run is expected to write, the audit trail included: only what fills it on purpose is to fill it.
constexpr const char* mount_options = "size=512m,mode=0755";

}  // namespace

small_disk::small_disk(std::filesystem::path where)
    : where_(std::move(where)) {
  std::filesystem::create_directories(where_);
  if (mount("tmpfs", where_.c_str(), "tmpfs", 0, mount_options) != 0)
    throw std::runtime_error{"cannot mount a small file system: " + std::string{std::strerror(errno)}};
  std::filesystem::create_directory(folder());
  const passwd* const postgres = getpwnam("postgres");
  if (postgres == nullptr || chown(folder().c_str(), postgres->pw_uid, postgres->pw_gid) != 0)
    throw std::runtime_error{"cannot give a folder to the user postgres"};
}

// The server may still hold files on it: they go with the last of them.
small_disk::~small_disk() { umount2(where_.c_str(), MNT_DETACH); }

void small_disk::fill() const {
  std::ofstream file{where_ / "in_the_way", std::ios::binary};
  for (const std::string block(4'096, 'x'); file.write(block.data(), 4'096).flush();) {
  }
}

// Cut off first: a process that another run has started meanwhile may have the file open, and would keep the disk full.
void small_disk::empty() const {
  std::filesystem::resize_file(where_ / "in_the_way", 0);
  std::filesystem::remove(where_ / "in_the_way");
}

}  // namespace matricula::faults
