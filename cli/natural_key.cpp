// SPDX-License-Identifier: Apache-2.0
#include "cli/natural_key.hpp"

#include <algorithm>

namespace matricula {
namespace {

/// Undoes RFC 6901's escapes; nothing if there is another one.
std::optional<std::string> unescaped(std::string_view part) {
  std::string out;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '~') {
      out += part[i];
      continue;
    }
    if (++i == part.size() || (part[i] != '0' && part[i] != '1'))
      return std::nullopt;
    out += part[i] == '0' ? '~' : '/';
  }
  return out;
}

bool are_digits(std::string_view text, std::size_t length) {
  return text.size() == length &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

std::optional<natural_key> natural_key::read(std::string_view text) {
  natural_key key;
  std::string* const parts[] = {&key.year,  &key.centre, &key.course, &key.subject,
                                &key.group, &key.person, &key.role};
  for (auto* const part : parts) {
    const auto end = text.find('/');
    const bool is_last = part == &key.role;
    if ((end == std::string_view::npos) != is_last)
      return std::nullopt;
    auto value = unescaped(text.substr(0, end));
    if (!value)
      return std::nullopt;
    *part = *std::move(value);
    text = is_last ? std::string_view{} : text.substr(end + 1);
  }
  return key;
}

std::optional<std::string> fault_of_key(std::string_view text) {
  const auto key = natural_key::read(text);
  if (!key)
    return "a key is year/centre/course/subject/group/person/role, inside a part ~ is ~0 and / is ~1";
  if (!are_digits(key->year, 4))
    return "the year, \"" + printable(key->year) + "\", is not four digits";
  if (!are_digits(key->centre, 8))
    return "the centre, \"" + printable(key->centre) + "\", is not eight digits";
  if (key->role != "student" && key->role != "teacher")
    return "the role, \"" + printable(key->role) + "\", is neither student nor teacher";
  for (const auto* part : {&key->course, &key->subject, &key->group, &key->person})
    if (part->empty())
      return "a part of it is empty";
  return std::nullopt;
}

std::string printable(std::string_view text) {
  std::string out{text};
  std::replace_if(
      out.begin(), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || static_cast<unsigned char>(c) == 0x7F; },
      '?');
  return out;
}

}  // namespace matricula
