// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/target.hpp"

#include "messages/hashing.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>

namespace matricula {
namespace {

namespace fs = std::filesystem;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_step(std::string_view name) {
  return name.size() > 3 && is_digit(name[0]) && is_digit(name[1]) && name[2] == '_';
}

std::optional<std::string> read_whole(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  if (!in)
    return std::nullopt;
  std::string bytes{std::istreambuf_iterator<char>{in}, std::istreambuf_iterator<char>{}};
  if (in.bad())
    return std::nullopt;
  return bytes;
}

/// What is wrong with a folder, listed.
class problem_list {
 public:
  void add(std::string_view problem) {
    if (!text_.empty())
      text_ += "; ";
    text_ += problem;
  }
  bool empty() const { return text_.empty(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

result<target> target::load(const fs::path& directory) {
  const auto broken = [&](const std::string& why) {
    return failure{error_code::target_broken, "target " + directory.string() + ": " + why +
                                                  " (docs/targets.md says what belongs there)"};
  };

  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator each{directory, error}, end; !error && each != end; each.increment(error))
    if (each->path().extension() == ".sql")
      names.push_back(each->path().filename().string());
  if (error)
    return broken("cannot be read: " + error.message());
  std::sort(names.begin(), names.end());

  target loaded;
  loaded.name = (directory.has_filename() ? directory : directory.parent_path()).filename().string();
  const std::pair<std::string_view, target_file*> fixed[] = {{"schema.sql", &loaded.schema},
                                                             {"session.sql", &loaded.session},
                                                             {"differs.sql", &loaded.differs},
                                                             {"outcomes.sql", &loaded.outcomes},
                                                             {"verify.sql", &loaded.verify}};
  problem_list problems;
  for (const auto& [name, place] : fixed)
    if (!std::binary_search(names.begin(), names.end(), name))
      problems.add(std::string{name} + " is missing");

  for (const auto& name : names) {
    const auto* const known = std::find_if(std::begin(fixed), std::end(fixed),
                                           [&](const auto& entry) { return entry.first == name; });
    if (known == std::end(fixed) && !is_step(name)) {
      problems.add(name + " is neither a known file nor a step, NN_name.sql");
      continue;
    }
    auto sql = read_whole(directory / name);
    if (!sql)
      problems.add(name + " cannot be read");
    else if (sql->find_first_not_of(" \t\r\n") == std::string::npos)
      problems.add(name + " is empty");
    else if (known != std::end(fixed))
      *known->second = target_file{name, std::move(*sql)};
    else
      loaded.steps.push_back(target_file{name, std::move(*sql)});
  }
  if (std::none_of(names.begin(), names.end(), is_step))
    problems.add("there is no step, NN_name.sql");
  if (!problems.empty())
    return broken(problems.text());
  loaded.schema_digest = content_hash_of(loaded.schema.sql);
  return loaded;
}

}  // namespace matricula
