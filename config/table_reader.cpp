// SPDX-License-Identifier: Apache-2.0
#include "config/table_reader.hpp"

#include "config/durations.hpp"
#include "config/spelling.hpp"

#include <cassert>
#include <tuple>

namespace matricula::config {
namespace {

std::string_view name_of(kind_of_value kind) {
  switch (kind) {
  case kind_of_value::text:
    return "a string";
  case kind_of_value::whole_number:
    return "a whole number";
  case kind_of_value::fraction:
    return "a number with a fraction";
  case kind_of_value::truth:
    return "true or false";
  case kind_of_value::date:
    return "a date or time";
  case kind_of_value::list:
    return "an array";
  case kind_of_value::table:
    return "a table";
  }
  return "something else";
}

std::string_view name_of(kind_of_key kind) {
  switch (kind) {
  case kind_of_key::text:
    return "a string";
  case kind_of_key::whole_number:
    return "a whole number";
  case kind_of_key::duration:
    return "a string with a unit";
  case kind_of_key::text_list:
    return "an array of strings";
  case kind_of_key::properties:
    return "a table";
  }
  return "something else";
}

template <class T>
written<T> unusable(position at) {
  written<T> out;
  out.at = at;
  out.present = true;
  return out;
}

}  // namespace

table_reader::table_reader(const known_table& known, const value& table, const reading& with)
    : known_(known)
    , table_(table)
    , with_(with) {
  for (const auto& each : table.entries)
    if (known.find(each.key) == nullptr)
      with.problems.add(each.key_at, "unknown key \"" + each.key + "\" in " + known.heading(),
                        instead_of(each.key, known.key_names()));
  for (const auto& key : known.keys)
    if (key.required && table.find(key.name) == nullptr)
      with.problems.add(table.at, known.heading() + " has no \"" + std::string{key.name} + "\"",
                        "add " + std::string{key.example});
}

written_text table_reader::text(std::string_view key) const {
  const auto* const found = find(key);
  if (found == nullptr)
    return {{}, table_.at, false, {}};
  if (found->kind != kind_of_value::text) {
    wrong_type(known(key), *found);
    return unusable<std::string>(found->at);
  }
  return follow(known(key), *found);
}

written<std::int64_t> table_reader::number(std::string_view key) const {
  const auto* const found = find(key);
  if (found == nullptr)
    return {{}, table_.at, false, {}};
  auto out = unusable<std::int64_t>(found->at);
  const auto& spec = known(key);
  if (found->kind != kind_of_value::whole_number)
    wrong_type(spec, *found);
  else if (found->number < spec.least || found->number > spec.most)
    with_.problems.add(found->at, named(spec) + " is out of range: " + std::to_string(found->number),
                       "from " + std::to_string(spec.least) + " to " + std::to_string(spec.most));
  else
    out.value = found->number;
  return out;
}

written<std::chrono::milliseconds> table_reader::duration(std::string_view key) const {
  const auto* const found = find(key);
  if (found == nullptr)
    return {{}, table_.at, false, {}};
  auto out = unusable<std::chrono::milliseconds>(found->at);
  const auto& spec = known(key);
  if (found->kind == kind_of_value::whole_number) {
    with_.problems.add(found->at, named(spec) + " has no unit",
                       std::string{spec.example} + "; units are ms, s, m and h");
    return out;
  }
  if (found->kind != kind_of_value::text) {
    wrong_type(spec, *found);
    return out;
  }
  const auto written = follow(spec, *found);
  if (!written)
    return out;
  const auto duration = duration_from(*written);
  const std::chrono::milliseconds least{spec.least};
  const std::chrono::milliseconds most{spec.most};
  if (!duration)
    with_.problems.add(found->at, named(spec) + " is not a duration: \"" + written.literal + "\"",
                       "a whole number and its unit, as " + std::string{spec.example} +
                           "; units are ms, s, m and h");
  else if (*duration < least || *duration > most)
    with_.problems.add(found->at, named(spec) + " is out of range: \"" + written.literal + "\"",
                       "from " + text_of(least) + " to " + text_of(most));
  else
    out.value = duration;
  return out;
}

written_texts table_reader::texts(std::string_view key) const {
  const auto* const found = find(key);
  if (found == nullptr)
    return {{}, table_.at, false, {}};
  auto out = unusable<std::vector<written_text>>(found->at);
  const auto& spec = known(key);
  if (found->kind != kind_of_value::list) {
    wrong_type(spec, *found);
    return out;
  }
  out.value.emplace();
  for (const auto& item : found->items) {
    if (item.kind == kind_of_value::text)
      out.value->push_back(follow(spec, item));
    else
      wrong_type(spec, item);
  }
  return out;
}

written_properties table_reader::properties(std::string_view key) const {
  written_properties out;
  if (const auto* const found = find(key); found != nullptr && found->kind != kind_of_value::table)
    wrong_type(known(key), *found);
  else if (found != nullptr)
    gather(known(key), *found, {}, out);
  return out;
}

const known_key& table_reader::known(std::string_view key) const {
  const auto* const found = known_.find(key);
  assert(found != nullptr);
  return *found;
}

const value* table_reader::find(std::string_view key) const {
  const auto* const found = table_.find(key);
  return found == nullptr ? nullptr : &found->held;
}

std::string table_reader::named(const known_key& key) const {
  return "\"" + std::string{key.name} + "\" of " + known_.heading();
}

void table_reader::wrong_type(const known_key& key, const value& found) const {
  with_.problems.add(found.at,
                     named(key) + " must be " + std::string{name_of(key.kind)} + ", not " +
                         std::string{name_of(found.kind)},
                     std::string{key.example});
}

written_text table_reader::follow(const known_key& key, const value& found) const {
  auto out = unusable<std::string>(found.at);
  out.literal = found.text;
  auto followed = follow_references(found.text, with_.environment, with_.directory);
  if (!followed.text)
    with_.problems.add(found.at, named(key) + ": " + followed.what, followed.instead);
  else if (followed.text->empty())
    with_.problems.add(found.at, named(key) + " is empty", std::string{key.example});
  else
    out.value = std::move(followed.text);
  return out;
}

void table_reader::gather(const known_key& key, const value& table, const std::string& prefix,
                          written_properties& into) const {
  for (const auto& each : table.entries) {
    const auto name = prefix + each.key;
    if (each.held.kind == kind_of_value::table) {
      gather(key, each.held, name + '.', into);
      continue;
    }
    if (const auto twin = into.find(name); twin != into.end()) {
      const auto& first = twin->second.at;
      const bool is_later =
          std::tie(each.key_at.line, each.key_at.column) > std::tie(first.line, first.column);
      with_.problems.add(is_later ? each.key_at : first,
                         "property \"" + name + "\" is written twice, with and without quotes",
                         "write it once");
      continue;
    }
    auto& property = into[name];
    property = unusable<std::string>(each.held.at);
    if (each.held.kind == kind_of_value::text)
      property = follow(key, each.held);
    else if (each.held.kind == kind_of_value::whole_number)
      property.value = std::to_string(each.held.number);
    else if (each.held.kind == kind_of_value::truth)
      property.value = each.held.text;
    else
      with_.problems.add(each.held.at,
                         "property \"" + name + "\" must be a string, a whole number, true or false",
                         "\"" + name + "\" = \"…\"");
    property.at = each.key_at;
  }
}

}  // namespace matricula::config
