// SPDX-License-Identifier: Apache-2.0
#include "config/references.hpp"

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace matricula {

environment_lookup system_environment() {
  return [](const std::string& name) -> std::optional<std::string> {
    if (const char* const found = std::getenv(name.c_str()))
      return found;
    return std::nullopt;
  };
}

namespace config {
namespace {

constexpr std::string_view file_prefix = "file:";

bool is_variable_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9'))
    return false;
  return name.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") ==
         std::string_view::npos;
}

dereferenced broken(std::string what, std::string instead) {
  return {std::nullopt, true, std::move(what), std::move(instead)};
}

dereferenced content_of(const std::filesystem::path& path) {
  std::error_code ignored;
  std::ifstream in{path, std::ios::binary};
  if (!in || std::filesystem::is_directory(path, ignored))
    return broken("the file " + path.string() + " cannot be read",
                  "create it, readable for this user, or name another file or ${VARIABLE}");
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r'))
    text.pop_back();
  if (text.empty())
    return broken("the file " + path.string() + " is empty", "write the value into it");
  return {std::move(text), true, {}, {}};
}

}  // namespace

dereferenced follow_references(std::string_view written, const environment_lookup& environment,
                               const std::filesystem::path& directory) {
  if (written.starts_with(file_prefix))
    return content_of(directory / written.substr(file_prefix.size()));
  dereferenced out{std::string{}, false, {}, {}};
  for (;;) {
    const auto begin = written.find("${");
    out.text->append(written.substr(0, begin));
    if (begin == std::string_view::npos)
      return out;
    const auto end = written.find('}', begin);
    if (end == std::string_view::npos)
      return broken("a reference \"${\" without its \"}\"", "${NAME}, with NAME an environment variable");
    const std::string name{written.substr(begin + 2, end - begin - 2)};
    if (!is_variable_name(name))
      return broken("a reference whose name is not an environment variable's",
                    "${NAME}, with NAME of letters, digits and underscores");
    auto found = environment(name);
    if (!found || found->empty())
      return broken("the environment variable " + name + (found ? " is empty" : " is not set"),
                    "set " + name + " before starting, or write file:/path/to/a/file that holds the value");
    out.text->append(*found);
    out.is_reference = true;
    written.remove_prefix(end + 1);
  }
}

std::string literal_part(std::string_view written) {
  if (written.starts_with(file_prefix))
    return {};
  std::string out;
  for (;;) {
    const auto begin = written.find("${");
    out.append(written.substr(0, begin));
    const auto end = begin == std::string_view::npos ? begin : written.find('}', begin);
    if (end == std::string_view::npos)
      return out;
    written.remove_prefix(end + 1);
  }
}

}  // namespace config
}  // namespace matricula
