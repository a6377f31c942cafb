// SPDX-License-Identifier: Apache-2.0
#include "config/target_folder.hpp"

#include "config/parse.hpp"
#include "config/spelling.hpp"

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

namespace matricula::config {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view target_files[] = {"schema.sql", "session.sql", "differs.sql", "outcomes.sql",
                                             "verify.sql"};
constexpr std::string_view optional_files[] = {"doctor.sql", "plan.sql",     "held.sql", "approve.sql",
                                               "reject.sql", "calendar.sql", "undo.sql"};
constexpr std::string_view manifest_name = "target.toml";
constexpr std::string_view prefix_setting = "prefix";

// Those that every session has already.
constexpr std::string_view settings_of_the_program[] = {"site", "base_url", "unread_lists", "today"};
constexpr std::string_view calendar_prefix = "calendar_";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) { return c == '_' || (c >= 'a' && c <= 'z') || is_digit(c); }

bool is_identifier(std::string_view text) {
  return !text.empty() && !is_digit(text.front()) && std::all_of(text.begin(), text.end(), is_word);
}

template <class Names>
bool contains(const Names& names, std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

std::optional<std::string> content_of(const fs::path& file) {
  std::ifstream in{file, std::ios::binary};
  if (!in)
    return std::nullopt;
  std::string bytes{std::istreambuf_iterator<char>{in}, {}};
  if (in.bad())
    return std::nullopt;
  return bytes;
}

/// What a target.toml says.
struct manifest {
  std::string extends, table_prefix;
  std::map<std::string, target_setting, std::less<>> settings;
};

class manifest_reader {
 public:
  explicit manifest_reader(problem_list& problems)
      : problems_(problems) {}

  manifest read(const value& document) {
    manifest out;
    report_unknown(document, {"extends", "table_prefix", "settings"});
    out.extends = text(document, "extends").value_or("");
    out.table_prefix = text(document, "table_prefix").value_or("");
    if (const auto* const settings = document.find("settings")) {
      if (settings->held.kind != kind_of_value::table)
        problems_.add(settings->held.at, "\"settings\" is not a table", "[settings]");
      for (const auto& each : settings->held.entries)
        out.settings[each.key] = setting(each);
    }
    return out;
  }

 private:
  void report_unknown(const value& table, const std::vector<std::string>& known) {
    for (const auto& each : table.entries)
      if (!contains(known, each.key))
        problems_.add(each.key_at, "unknown key \"" + each.key + "\"", instead_of(each.key, known));
  }

  std::optional<std::string> text(const value& table, std::string_view key) {
    const auto* const found = table.find(key);
    if (found == nullptr)
      return std::nullopt;
    if (found->held.kind != kind_of_value::text || found->held.text.empty())
      problems_.add(found->held.at, "\"" + std::string{key} + "\" must be a text that is not empty",
                    std::string{key} + " = \"…\"");
    return found->held.text;
  }

  target_setting setting(const entry& written) {
    target_setting out;
    out.name = written.key;
    if (!is_identifier(out.name) || contains(settings_of_the_program, out.name) ||
        out.name.starts_with(calendar_prefix))
      problems_.add(written.key_at, "no setting may be named \"" + out.name + "\"",
                    "small letters, digits and '_'; not site, base_url, unread_lists, today or calendar_…");
    report_unknown(written.held, {"default", "one_of"});
    if (const auto* const choice = written.held.find("one_of"))
      for (const auto& item : choice->held.items)
        out.one_of.push_back(item.text);
    const auto by_default = text(written.held, "default");
    out.by_default = by_default.value_or("");
    if (!by_default)
      problems_.add(written.key_at, "the setting \"" + out.name + "\" has no default",
                    out.name + " = { default = \"…\" }");
    else if (const auto flaw = out.flaw_of(out.by_default); !flaw.empty())
      problems_.add(written.key_at, "the setting \"" + out.name + "\" has a default that it does not take",
                    flaw);
    return out;
  }

  problem_list& problems_;
};

/// Reads a folder and, below it, what it extends; reports nothing as missing.
class layer_reader {
 public:
  explicit layer_reader(target_folder& into)
      : into_(into) {}

  void read(const fs::path& folder) {
    folders_.push_back(folder);
    const auto said = manifest_of(folder);
    if (!said.extends.empty())
      read_base(folder, said.extends);
    for (const auto& [name, setting] : said.settings)
      into_.settings[name] = setting;
    if (!said.table_prefix.empty())
      into_.table_prefix = said.table_prefix;
    read_files(folder);
  }

 private:
  /// "other/20_step.sql" for a file of a folder that another one extends.
  std::string named(const fs::path& folder, std::string_view file) const {
    return (folder == folders_.front() ? "" : folder.filename().string() + "/") + std::string{file};
  }

  manifest manifest_of(const fs::path& folder) {
    std::error_code error;
    if (!fs::exists(folder / manifest_name, error))
      return {};
    problem_list problems{""};
    manifest out;
    const auto text = content_of(folder / manifest_name);
    if (!text)
      problems.add({}, "cannot be read", "a file that this user may read");
    else if (const auto document = parse(*text, problems))
      out = manifest_reader{problems}.read(*document);
    for (const auto& found : problems.take())
      into_.flaws.push_back(named(folder, manifest_name) +
                            (found.line > 0 ? ", line " + std::to_string(found.line) : "") + ": " +
                            found.what + " (" + found.instead + ")");
    return out;
  }

  void read_base(const fs::path& folder, const std::string& name) {
    const auto base = folder.parent_path() / name;
    std::error_code error;
    if (name.find_first_of("/\\") != std::string::npos || !fs::is_directory(base, error))
      into_.flaws.push_back(named(folder, manifest_name) + " extends \"" + name +
                            "\", and there is no folder of that name beside this one");
    else if (std::find(folders_.begin(), folders_.end(), base) != folders_.end())
      into_.flaws.push_back(named(folder, manifest_name) + " extends \"" + name +
                            "\", which extends this one");
    else
      read(base);
  }

  void read_files(const fs::path& folder) {
    std::vector<std::string> names;
    std::error_code error;
    for (fs::directory_iterator each{folder, error}, end; !error && each != end; each.increment(error))
      if (each->path().extension() == ".sql")
        names.push_back(each->path().filename().string());
    if (error) {
      into_.flaws.push_back("cannot be read: " + error.message());
      return;
    }
    std::sort(names.begin(), names.end());
    for (const auto& name : names) {
      auto& file = into_.files[name];
      auto sql = content_of(folder / name);
      if (!contains(target_files, name) && !contains(optional_files, name) && !is_step(name) &&
          !is_part_of_undo(name))
        into_.flaws.push_back(named(folder, name) + " is neither a known file nor a step, NN_name.sql");
      else if (!sql)
        into_.flaws.push_back(named(folder, name) + " cannot be read");
      else if (sql->find_first_not_of(" \t\r\n") == std::string::npos)
        into_.flaws.push_back(named(folder, name) + " is empty");
      else if (name == "schema.sql" || name == "session.sql")
        file += (file.empty() ? "" : "\n") + *sql;
      else
        file = std::move(*sql);
    }
  }

  target_folder& into_;
  std::vector<fs::path> folders_;  ///< this one, what it extends, what that extends
};

std::vector<std::string> missing_from(const target_folder& folder) {
  std::vector<std::string> flaws;
  for (const auto name : target_files)
    if (folder.files.count(std::string{name}) == 0)
      flaws.push_back(std::string{name} + " is missing");
  return flaws;
}

}  // namespace

std::string target_setting::flaw_of(std::string_view value) const {
  if (!one_of.empty() && !contains(one_of, value))
    return "one of: " + listed(one_of);
  if (name == prefix_setting && !is_identifier(value))
    return "small letters, digits and '_', such as \"mdl_\"; no digit first";
  return {};
}

std::map<std::string, std::string>
target_folder::settings_with(std::map<std::string, std::string> written) const {
  for (const auto& [name, setting] : settings)
    written.try_emplace(name, setting.by_default);
  return written;
}

bool is_step(std::string_view file_name) {
  return file_name.size() > 3 && is_digit(file_name[0]) && is_digit(file_name[1]) && file_name[2] == '_';
}

bool is_part_of_undo(std::string_view file_name) { return file_name.starts_with("undo_"); }

target_folder read_target_folder(const fs::path& folder) {
  target_folder out;
  std::error_code error;
  if (fs::directory_iterator{folder, error}; error) {
    out.flaws.push_back("cannot be read: " + error.message());
    return out;
  }
  layer_reader{out}.read(folder.has_filename() ? folder : folder.parent_path());
  auto found = std::exchange(out.flaws, missing_from(out));
  std::move(found.begin(), found.end(), std::back_inserter(out.flaws));
  if (std::none_of(out.files.begin(), out.files.end(), [](const auto& file) { return is_step(file.first); }))
    out.flaws.emplace_back("there is no step, NN_name.sql");
  if (!out.table_prefix.empty() && out.settings.count(prefix_setting) == 0)
    out.flaws.emplace_back("target.toml has a table_prefix and no setting prefix");
  return out;
}

}  // namespace matricula::config
