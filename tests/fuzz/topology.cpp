// SPDX-License-Identifier: Apache-2.0
// Any text as a topology file: it loads, or every problem has a place in the file and tells no secret.
#include "config/load.hpp"
#include "config/parse.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <tuple>

namespace matricula::fuzzing {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view password = "opensesame";  // in every secret, and so in no problem's text
constexpr std::string_view topology_name = "fuzzed.toml";

/// A folder with a target and a secret, gone at the end of the process.
class given_folder {
 public:
  given_folder()
      : root_(fs::temp_directory_path() / ("matricula-fuzz-" + std::to_string(::getpid()))) {
    fs::create_directories(root_ / "targets" / "classrooms");
    for (const auto* name :
         {"schema.sql", "session.sql", "differs.sql", "10_step.sql", "outcomes.sql", "verify.sql"})
      std::ofstream{root_ / "targets" / "classrooms" / name} << "select 1\n";
    fs::create_directories(root_ / "topologies" / "secrets");
    std::ofstream{root_ / "topologies" / "secrets" / "fp46"} << "postgresql://matricula:opensesame@db/fp46\n";
  }
  ~given_folder() {
    std::error_code ignored;
    fs::remove_all(root_, ignored);
  }
  given_folder(const given_folder&) = delete;
  given_folder& operator=(const given_folder&) = delete;

  fs::path write(std::string_view text) const {
    auto file = root_ / "topologies" / topology_name;
    std::ofstream{file, std::ios::binary} << text;
    return file;
  }

 private:
  fs::path root_;
};

std::optional<std::string> environment(const std::string& name) {
  if (name == "KAFKA")
    return "opensesame.example:9092,opensesame.example:9093";
  if (name == "FEED")
    return "http://opensesame.example/feed";
  if (name == "DATABASE")
    return "postgresql://matricula:opensesame@db/eso46";
  return std::nullopt;
}

/// Whether a path in the file could lead out of the folder, or to the fuzzed text itself.
bool leads_astray(std::string_view path) {
  return path.starts_with('/') || path.find("..") != path.npos || path.find(topology_name) != path.npos;
}

bool opens_files_elsewhere(const config::value& held) {
  if (std::string_view{held.text}.starts_with("file:") && leads_astray(held.text.substr(5)))
    return true;
  const auto* const targets = held.find("targets_directory");
  return (targets != nullptr && leads_astray(targets->held.text)) ||
         std::any_of(held.items.begin(), held.items.end(), opens_files_elsewhere) ||
         std::any_of(held.entries.begin(), held.entries.end(),
                     [](const config::entry& entry) { return opens_files_elsewhere(entry.held); });
}

void check(const problem& found, const std::string& text) {
  const auto lines = std::count(text.begin(), text.end(), '\n') + 1;
  require(found.line >= 0 && found.line <= lines, "a problem stands on a line of the file");
  require((found.line == 0) == (found.column == 0), "a problem with a line has a column");
  require(found.column >= 0 && static_cast<std::size_t>(found.column) <= text.size() + 1,
          "a problem stands in a column of the file");
  require(!found.what.empty() && !found.instead.empty(), "a problem says what is wrong, and what to write");
  require(text.find(password) != text.npos || text_of(found).find(password) == std::string::npos,
          "a problem does not tell what a reference stands for");
}

void load_and_check(const std::string& text) {
  static const given_folder folder;
  problem_list syntax{"fuzzed.toml"};
  if (const auto document = config::parse(text, syntax); document && opens_files_elsewhere(*document))
    return;
  const auto loaded = load_topology(folder.write(text), environment);
  require(bool{loaded} == loaded.problems.empty(), "a file has problems, or else is a topology");
  for (const auto& found : loaded.problems)
    check(found, text);
  require(std::is_sorted(loaded.problems.begin(), loaded.problems.end(),
                         [](const problem& one, const problem& other) {
                           return std::tie(one.line, one.column) < std::tie(other.line, other.column);
                         }),
          "problems come in the order of the file");
}

}  // namespace
}  // namespace matricula::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  matricula::fuzzing::load_and_check(matricula::fuzzing::text_of(data, size));
  return 0;
}
