// SPDX-License-Identifier: Apache-2.0
#include "config/parse.hpp"

#include <toml++/toml.h>

#include <utility>

namespace matricula::config {
namespace {

position place(const toml::source_region& source) {
  return {static_cast<int>(source.begin.line), static_cast<int>(source.begin.column)};
}

value convert(const toml::node& node) {
  value out;
  out.at = place(node.source());
  switch (node.type()) {
  case toml::node_type::table:
    out.kind = kind_of_value::table;
    for (const auto& [key, held] : *node.as_table())
      out.entries.push_back({std::string{key.str()}, place(key.source()), convert(held)});
    break;
  case toml::node_type::array:
    out.kind = kind_of_value::list;
    for (const auto& item : *node.as_array())
      out.items.push_back(convert(item));
    break;
  case toml::node_type::string:
    out.kind = kind_of_value::text;
    out.text = node.as_string()->get();
    break;
  case toml::node_type::integer:
    out.kind = kind_of_value::whole_number;
    out.number = node.as_integer()->get();
    break;
  case toml::node_type::floating_point:
    out.kind = kind_of_value::fraction;
    out.text = std::to_string(node.as_floating_point()->get());
    break;
  case toml::node_type::boolean:
    out.kind = kind_of_value::truth;
    out.text = node.as_boolean()->get() ? "true" : "false";
    break;
  default:
    out.kind = kind_of_value::date;
  }
  return out;
}

/// The library's description of an error without the numbers that it quotes: a secret may be one.
std::string described(std::string_view description) {
  std::string out{description};
  const auto open = out.find('\'');
  const auto close = out.rfind('\'');
  if (open != std::string::npos && close > open + 1 && out.find_first_of("+-0123456789", open) == open + 1)
    out.replace(open + 1, close - open - 1, "…");
  return out;
}

}  // namespace

std::optional<value> parse(std::string_view toml, problem_list& problems) {
  try {
    return convert(toml::parse(toml));
  } catch (const toml::parse_error& error) {
    problems.add(place(error.source()), "not TOML: " + described(error.description()),
                 "correct this first; the rest of the file is checked afterwards");
    return std::nullopt;
  }
}

}  // namespace matricula::config
