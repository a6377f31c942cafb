// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace matricula {

/// The value of an environment variable, if it is set.
using environment_lookup = std::function<std::optional<std::string>(const std::string& name)>;

/// Looks up in the environment of this process.
environment_lookup system_environment();

namespace config {

/// A text of the file after its references have been followed: either `text`, or what went wrong and what to
/// do.
struct dereferenced {
  std::optional<std::string> text;
  bool is_reference = false;  ///< whether any of it came from elsewhere, and so must not be printed
  std::string what, instead;
};

/// Follows the references in `written`: "${NAME}" anywhere in it is the environment variable NAME;
/// "file:PATH" as a whole is the content of the file without the line end at its end, PATH being relative to
/// `directory`.
dereferenced follow_references(std::string_view written, const environment_lookup& environment,
                               const std::filesystem::path& directory);

/// `written` without its references: what stands in the file for anybody to read.
std::string literal_part(std::string_view written);

}  // namespace config
}  // namespace matricula
