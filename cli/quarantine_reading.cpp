// SPDX-License-Identifier: Apache-2.0
#include "cli/quarantine_reading.hpp"

#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/natural_key.hpp"
#include "cli/read_topics.hpp"
#include "config/durations.hpp"

#include <algorithm>
#include <ostream>
#include <set>
#include <string_view>

namespace matricula {
namespace {

template <class Settings>
bool is_named(const std::vector<Settings>& all, const std::string& name) {
  return std::any_of(all.begin(), all.end(), [&](const auto& each) { return each.name == name; });
}

template <class Settings>
std::string names_in(const std::vector<Settings>& all) {
  std::string names;
  for (const auto& each : all)
    names += (names.empty() ? "" : ", ") + each.name;
  return names.empty() ? "none" : names;
}

}  // namespace

int quarantine_reading::read(const quarantine_access& to) {
  auto loaded = load_or_explain(to.file, to.environment, to.errors);
  if (!loaded)
    return exit_bad_configuration;
  all = *std::move(loaded);
  const auto& topic = all.kafka.quarantine_topic;
  if (const auto exists = await_topic(all.kafka, topic, to.wait); !exists)
    return fail(to, exists.error());
  const auto read =
      read_topics(all.kafka, {topic}, [this](const scanned_message& message) { entries.add(message); });
  return read ? exit_done : fail(to, read.error());
}

int quarantine_reading::fail(const quarantine_access& to, const failure& why) {
  to.errors << why.text << '\n';
  if (why.code == error_code::kafka_unavailable)
    to.errors << "waited " << config::text_of(to.wait)
              << ": is it running, and is the address right? --wait 1m waits longer\n";
  return exit_failed;
}

bool is_orphaned(const entry_retry& retry, const topology& all) {
  return retry.state == retry_state::asked && !is_named(all.sources, retry.source);
}

std::string counted_entries(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " entry" : " entries");
}

std::string no_entry(const std::string& key) {
  return "no entry has the key \"" + printable(key) + "\": quarantine T list --all prints the keys";
}

bool is_choice(const quarantine_access& to, const std::vector<std::string>& keys,
               const quarantine_filter& filter, const std::string& command) {
  if (keys.empty() == filter.restricts())
    return true;
  to.errors << "give the keys of entries, or what they have in common such as --site or --reason; quarantine "
            << command << " --help shows examples\n";
  return false;
}

chosen_entries choose_entries(const quarantine_access& to, const quarantine_reading& reading,
                              const std::vector<std::string>& keys, const quarantine_filter& filter,
                              const std::string& undone) {
  if (!are_known(to, reading, filter))
    return {exit_wrong_usage, {}};
  chosen_entries chosen{exit_done, {}};
  const std::set<std::string_view> named{keys.begin(), keys.end()};
  for (const auto& key : named)
    if (reading.entries.find(std::string{key}) == nullptr) {
      to.errors << no_entry(std::string{key}) << '\n';
      chosen.code = exit_failed;
    }
  if (chosen.code != exit_done) {
    to.errors << undone << '\n';
    return chosen;
  }
  for (const auto* each : reading.entries.in_order())
    if (keys.empty() ? filter.takes(each->entry) : named.contains(each->entry.key))
      chosen.entries.push_back(each);
  return chosen;
}

bool are_known(const quarantine_access& to, const quarantine_reading& reading,
               const quarantine_filter& filter) {
  const auto entries = reading.entries.in_order();
  const auto no_one = [&](const std::string& name, std::string quarantine_entry::*who) {
    return !name.empty() && std::none_of(entries.begin(), entries.end(),
                                         [&](const auto* each) { return each->entry.*who == name; });
  };
  if (no_one(filter.site, &quarantine_entry::site) && !is_named(reading.all.sites, filter.site)) {
    to.errors << to.file.string() << " has no site \"" << filter.site << "\", and no entry names it; it has "
              << names_in(reading.all.sites) << '\n';
    return false;
  }
  if (no_one(filter.source, &quarantine_entry::source) && !is_named(reading.all.sources, filter.source)) {
    to.errors << to.file.string() << " has no source \"" << filter.source
              << "\", and no entry names it; it has " << names_in(reading.all.sources) << '\n';
    return false;
  }
  return true;
}

}  // namespace matricula
