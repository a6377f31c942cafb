// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/target.hpp"

#include "config/target_folder.hpp"
#include "messages/hashing.hpp"

#include <string_view>
#include <utility>

namespace matricula {
namespace {

namespace fs = std::filesystem;

bool is_word(char c) {
  return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/// The SQL with the other prefix wherever a word begins with this one.
std::string with_prefix(const std::string& sql, std::string_view written, std::string_view prefix) {
  if (written.empty())
    return sql;
  std::string out;
  std::size_t copied = 0;
  for (auto at = sql.find(written); at != std::string::npos; at = sql.find(written, at + 1)) {
    if (at < copied || (at > 0 && is_word(sql[at - 1])))
      continue;
    out.append(sql, copied, at - copied) += prefix;
    copied = at + written.size();
  }
  return out.append(sql, copied);
}

std::string joined(const std::vector<std::string>& sentences) {
  std::string text;
  for (const auto& one : sentences)
    text += (text.empty() ? "" : "; ") + one;
  return text;
}

}  // namespace

result<target> target::load(const fs::path& directory, const std::map<std::string, std::string>& settings) {
  const auto broken = [&](const std::string& why) {
    return failure{error_code::target_broken, "target " + directory.string() + ": " + why +
                                                  " (docs/targets.md says what belongs there)"};
  };
  const auto folder = config::read_target_folder(directory);
  if (!folder.flaws.empty())
    return broken(joined(folder.flaws));
  const auto all = folder.settings_with(settings);
  for (const auto& [name, setting] : folder.settings)
    if (const auto flaw = setting.flaw_of(all.at(name)); !flaw.empty())
      return broken("the setting \"" + name + "\" must be " + flaw);

  const auto prefix = all.find("prefix");
  const auto file = [&](const std::string& file_name) {
    return target_file{file_name, with_prefix(folder.files.at(file_name), folder.table_prefix,
                                              prefix == all.end() ? "" : prefix->second)};
  };
  target loaded;
  loaded.name = (directory.has_filename() ? directory : directory.parent_path()).filename().string();
  loaded.schema = file("schema.sql");
  loaded.session = file("session.sql");
  loaded.differs = file("differs.sql");
  loaded.outcomes = file("outcomes.sql");
  loaded.verify = file("verify.sql");
  const std::pair<const char*, target_file*> may_be_there[] = {
      {"doctor.sql", &loaded.doctor},   {"plan.sql", &loaded.plan},     {"held.sql", &loaded.held},
      {"approve.sql", &loaded.approve}, {"reject.sql", &loaded.reject}, {"calendar.sql", &loaded.calendar},
      {"undo.sql", &loaded.undo}};
  for (const auto& [name, into] : may_be_there)
    if (folder.files.count(name) > 0)
      *into = file(name);
  for (const auto& [name, sql] : folder.files) {
    if (config::is_step(name))
      loaded.steps.push_back(file(name));
    if (config::is_part_of_undo(name))
      loaded.parts_of_undo.push_back(file(name));
  }
  loaded.schema_digest = content_hash_of(loaded.schema.sql);
  return loaded;
}

}  // namespace matricula
