// SPDX-License-Identifier: Apache-2.0
#include "config/read_topology.hpp"

#include "config/spelling.hpp"

#include <algorithm>

namespace matricula::config {
namespace {

std::vector<std::string> table_names() {
  std::vector<std::string> names;
  for (const auto& table : known_tables())
    names.emplace_back(table.name);
  return names;
}

void report_unknown_tables(const value& document, const reading& with) {
  const auto names = table_names();
  for (const auto& each : document.entries) {
    if (std::find(names.begin(), names.end(), each.key) != names.end())
      continue;
    const bool is_table = each.held.kind == kind_of_value::table || each.held.kind == kind_of_value::list;
    with.problems.add(
        each.key_at,
        is_table ? "unknown table \"" + each.key + "\"" : "key \"" + each.key + "\" outside of any table",
        is_table ? instead_of(each.key, names) : "put it below a table's heading, such as [pipeline]");
  }
}

/// The tables of one name that have the right form; reports those that have not.
std::vector<const value*> tables_named(std::string_view name, const value& document, const reading& with) {
  const auto& known = known_table_named(name);
  const auto* const found = document.find(name);
  std::vector<const value*> tables;
  if (found == nullptr) {
    if (known.required)
      with.problems.add({}, "no " + known.heading(), "add a table " + known.heading());
    return tables;
  }
  const auto& held = found->held;
  if (!known.repeated && held.kind == kind_of_value::table) {
    tables.push_back(&held);
  } else if (known.repeated && held.kind == kind_of_value::list) {
    for (const auto& item : held.items) {
      if (item.kind == kind_of_value::table)
        tables.push_back(&item);
      else
        with.problems.add(item.at, "an element of \"" + found->key + "\" is not a table", known.heading());
    }
    if (held.items.empty() && known.required)
      with.problems.add(held.at, "no " + known.heading(), "add a table " + known.heading());
  } else {
    with.problems.add(found->key_at,
                      "\"" + found->key + "\" must be " + (known.repeated ? "a list of tables" : "one table"),
                      "write its heading as " + known.heading());
  }
  return tables;
}

/// Calls `read` with a reader for every table of that name.
template <class Read>
void for_each_table(std::string_view name, const value& document, const reading& with, Read read) {
  for (const auto* const table : tables_named(name, document, with))
    read(table_reader{known_table_named(name), *table, with});
}

}  // namespace

written_topology read_topology(const value& document, const reading& with) {
  written_topology out;
  report_unknown_tables(document, with);
  for_each_table("pipeline", document, with, [&](const table_reader& table) {
    out.pipeline = {table.text("name"), table.text("school_year"), table.text("targets_directory")};
  });
  for_each_table("kafka", document, with, [&](const table_reader& table) {
    auto& kafka = out.kafka;
    kafka.at = table.at();
    kafka.bootstrap = table.text("bootstrap");
    kafka.topic = table.text("topic");
    kafka.partitions = table.number("partitions");
    kafka.replication = table.number("replication");
    kafka.cursors_topic = table.text("cursors_topic");
    kafka.quarantine_topic = table.text("quarantine_topic");
    kafka.outcomes_topic = table.text("outcomes_topic");
    kafka.properties = table.properties("properties");
    kafka.topic_properties = table.properties("topic_properties");
  });
  for_each_table("source", document, with, [&](const table_reader& table) {
    auto& source = out.sources.emplace_back();
    source.at = table.at();
    source.name = table.text("name");
    source.kind = table.text("kind");
    source.url = table.text("url");
    source.every = table.duration("every");
    source.page_records_max = table.number("page_records_max");
    source.request_timeout = table.duration("request_timeout");
  });
  for_each_table("lane", document, with, [&](const table_reader& table) {
    out.lanes.push_back({table.at(), table.text("flavour"), table.text("source"), table.text("topic"),
                         table.texts("provinces")});
  });
  for_each_table("site", document, with, [&](const table_reader& table) {
    out.sites.push_back({table.at(), table.text("name"), table.text("database"), table.text("target"),
                         table.text("base_url"), table.texts("topics"), table.properties("settings")});
  });
  for_each_table("node", document, with, [&](const table_reader& table) {
    out.nodes.push_back({table.at(), table.text("name"), table.text("listen"), table.texts("runs")});
  });
  for_each_table("calendar", document, with, [&](const table_reader& table) {
    out.calendar = {table.text("hide"), table.text("open"), table.text("delete"), table.text("timezone"),
                    table.texts("blackout")};
  });
  for_each_table("limits", document, with, [&](const table_reader& table) {
    for (const auto& key : known_table_named("limits").keys)
      out.limits.emplace(std::string{key.name}, table.number(key.name));
  });
  return out;
}

}  // namespace matricula::config
