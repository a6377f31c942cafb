// SPDX-License-Identifier: Apache-2.0
#include "cli/quarantine.hpp"

#include "actors/publish/kafka_producer.hpp"
#include "cli/command.hpp"
#include "cli/natural_key.hpp"
#include "cli/overtaken_entries.hpp"
#include "cli/quarantine_reading.hpp"
#include "cli/quarantine_retry.hpp"
#include "cli/read_topics.hpp"
#include "cli/wait_option.hpp"
#include "config/durations.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace matricula {
namespace {

constexpr auto examples = R"(Examples:
  matricula quarantine my.toml list
      a line per record that could not be used: key of the entry, reason, who refused it, key of the record, when
  matricula quarantine my.toml list --site eso46 --reason row_refused --since 2026-09-09T08:00
      what one site's database has refused since then (UTC)
  matricula quarantine my.toml list --key 2026/46012345/
      one centre's records
  matricula quarantine my.toml show source/itaca/9a3c52f0d1e6b784
      all of an entry; what may be a person's name, e-mail or birth date is left out
  matricula quarantine my.toml retry --site eso46 --reason row_refused --since 2026-09-09T08:00
      the site can take them now: puts the records through the whole pipeline again
  matricula quarantine my.toml drop source/itaca/9a3c52f0d1e6b784 --why "mended in ITACA, ticket 4711"
      the entry is listed no more, but by list --all; it says when and why it was dropped

To drop an entry is to note that somebody has dealt with it: the record is not used, and verify still counts it as
quarantined. A source that sends the same bytes again refuses them again, which lists the entry anew.
Exit code 0: done; 1: Kafka does not answer, or there is no such entry; 2: wrong usage; 78: bad topology file.)";

constexpr auto list_examples = R"(Examples:
  matricula quarantine my.toml list
  matricula quarantine my.toml list --source itaca --since 2026-09-09T08:00
  matricula quarantine my.toml list --site eso46 --reason row_refused --key 2026/46012345/
  matricula quarantine my.toml list --all
      entries too that were dropped, or retried

The columns: key of the entry, for show, retry and drop; reason; who refused the record; key of the record, as far as
it is known; when, in UTC, and what was done about it. An entry of a source bears the time at which the record came
first; or came again, after a drop or a restart.)";

constexpr auto retry_examples = R"(Examples:
  matricula quarantine my.toml retry site/eso46/2026/46012345/1234567890/MAT/1ESOA/10123456/student
  matricula quarantine my.toml retry --site eso46 --reason row_refused --since 2026-09-09T08:00
      what this site's database has refused since then
  matricula quarantine my.toml retry --source itaca --reason lane_unknown
      the topology has their lane now, and its processes were started with it

The process that owns the source puts the records through the whole pipeline again, with its next page: now if it runs,
otherwise as soon as it does, however often it dies meanwhile. A record that has become older than what its topic holds
is not published. What is refused again is an entry again; list shows it with the new time. list --all says of each
entry what became of its retry.
If one of the keys has no entry, nothing is retried. An entry whose record was not kept as it came is named, and the
others are retried. Exit code 1 in both cases.)";

constexpr auto show_examples = R"(Examples:
  matricula quarantine my.toml show source/itaca/9a3c52f0d1e6b784
  matricula quarantine my.toml show source/itaca/9a3c52f0d1e6b784 --with-personal-data
      names, e-mail addresses and birth dates too: look who is watching
  matricula quarantine my.toml show --site eso46 --reason row_refused --since 2026-09-09T08:00
      all that this site's database has refused since then

Without --with-personal-data a record that is not JSON, or cut off, is left out as a whole.)";

constexpr auto drop_examples = R"(Examples:
  matricula quarantine my.toml drop source/itaca/9a3c52f0d1e6b784 --why "mended in ITACA, ticket 4711"
  matricula quarantine my.toml drop --key 2026/46012345/ --why "the centre was closed"
      all of one centre's; --site, --source, --reason, --since and --until choose as they do for list

Nothing is removed: the entry says from now on that it is dropped, when and why. If one of the keys has no entry, none
is dropped.)";

struct row {
  std::string columns[5];
};

void print(const std::vector<row>& rows, std::ostream& out) {
  std::size_t widths[5] = {};
  for (const auto& each : rows)
    for (std::size_t i = 0; i < std::size(widths); ++i)
      widths[i] = std::max(widths[i], each.columns[i].size());
  for (const auto& each : rows) {
    std::string line;
    for (std::size_t i = 0; i < std::size(widths); ++i) {
      line += each.columns[i];
      if (i + 1 < std::size(widths))
        line.append(widths[i] + 2 - each.columns[i].size(), ' ');
    }
    out << line << '\n';
  }
}

/// Writes again what has come between. Answers how many entries that were.
result<std::size_t> restore(overtaken_entries& overtaken, const kafka_settings& kafka) {
  const auto read = read_topics(kafka, {kafka.quarantine_topic},
                                [&](const scanned_message& message) { overtaken.note(message); });
  if (!read)
    return read.error();
  const auto hidden = overtaken.hidden();
  if (hidden.empty())
    return std::size_t{0};
  const auto producer = make_kafka_plain_producer(kafka);
  for (const auto& [key, value] : hidden) {
    outgoing_message message;
    message.topic = kafka.quarantine_topic;
    message.key = key;
    message.value = value;
    if (const auto sent = producer->send(message); !sent)
      return sent.error();
  }
  if (const auto flushed = producer->flush(); !flushed)
    return flushed.error();
  return hidden.size();
}

}  // namespace

int list_quarantine(const quarantine_access& to, const quarantine_filter& filter) {
  quarantine_reading reading;
  if (const auto code = reading.read(to); code != exit_done)
    return code;
  if (!are_known(to, reading, filter))
    return exit_wrong_usage;

  auto with_settled = filter;
  with_settled.with_settled = true;
  std::vector<row> rows{{{"KEY", "REASON", "FROM", "RECORD", "WHEN"}}};
  std::map<std::string, std::size_t> counts, hidden;
  for (const auto* each : reading.entries.in_order()) {
    const auto& entry = each->entry;
    if (!filter.takes(entry)) {
      if (with_settled.takes(entry))
        ++hidden[entry.dropped ? "dropped" : "retried"];
      continue;
    }
    auto when = entry.at ? text_of(*entry.at) : "-";
    if (entry.dropped)
      when += "  dropped" + (entry.dropped_at ? ' ' + text_of(*entry.dropped_at) : "") + ": " +
              printable(entry.why);
    if (entry.retry) {
      when += "  " + text_of(*entry.retry);
      if (is_orphaned(*entry.retry, reading.all))
        when += " of source " + printable(entry.retry->source) +
                ", which the topology does not have: ask again, or drop it";
    }
    rows.push_back({{printable(entry.key), printable(entry.reason), printable(entry.where()),
                     entry.record_key.empty() ? "-" : printable(entry.record_key), when}});
    ++counts[printable(entry.reason)];
  }
  if (rows.size() > 1) {
    print(rows, to.out);
    to.out << '\n';
  }
  to.out << counted_entries(rows.size() - 1);
  const auto count_by = [&](const char* begin, const std::map<std::string, std::size_t>& names) {
    for (const auto& [name, count] : names)
      to.out << std::exchange(begin, ", ") << count << ' ' << name;
  };
  count_by(": ", counts);
  count_by("; ", hidden);
  to.out << (hidden.empty() ? "\n" : ", which --all lists\n");
  return exit_done;
}

int show_quarantined(const quarantine_access& to, const std::vector<std::string>& keys,
                     const quarantine_filter& filter, bool with_personal_data) {
  if (!is_choice(to, keys, filter, "show"))
    return exit_wrong_usage;
  quarantine_reading reading;
  if (const auto code = reading.read(to); code != exit_done)
    return code;
  const auto chosen = choose_entries(to, reading, keys, filter, "nothing is shown");
  for (const auto* each : chosen.entries)
    to.out << printable_entry(each->value, with_personal_data, each->entry.retry) << '\n';
  if (chosen.code == exit_done && chosen.entries.empty())
    to.errors << counted_entries(0) << '\n';  // what is shown is JSON
  return chosen.code;
}

int drop_quarantined(const quarantine_access& to, const std::vector<std::string>& keys,
                     const quarantine_filter& filter, const std::string& why) {
  if (why.find_first_not_of(" \t\r\n") == std::string::npos) {
    to.errors << "--why is empty: whoever finds the entry later wants to know\n";
    return exit_wrong_usage;
  }
  if (!is_choice(to, keys, filter, "drop"))
    return exit_wrong_usage;
  quarantine_reading reading;
  if (const auto code = reading.read(to); code != exit_done)
    return code;
  const auto chosen = choose_entries(to, reading, keys, filter, "nothing was dropped");
  if (chosen.code != exit_done)
    return chosen.code;

  const auto now = std::chrono::floor<std::chrono::milliseconds>(std::chrono::system_clock::now());
  const auto& kafka = reading.all.kafka;
  std::map<std::string, std::string> values;  // outlives the producer, which reads them where they stand
  overtaken_entries overtaken;
  const auto producer = make_kafka_plain_producer(kafka);
  for (const auto* each : chosen.entries) {
    const auto& entry = each->entry;
    if (entry.dropped) {
      to.out << printable(entry.key) << " was dropped before: " << printable(entry.why) << '\n';
      continue;
    }
    const auto& [key, value] =
        *values.emplace(entry.key, dropped_value(each->value, entry.at, now, why)).first;
    outgoing_message message;
    message.topic = kafka.quarantine_topic;
    message.key = key;
    message.value = value;
    if (const auto sent = producer->send(message); !sent)
      return quarantine_reading::fail(to, sent.error());
    overtaken.expect(*each, value);
  }
  if (const auto flushed = producer->flush(); !flushed)
    return quarantine_reading::fail(to, flushed.error());
  const auto restored = values.empty() ? result<std::size_t>{0} : restore(overtaken, kafka);
  if (!restored)
    return quarantine_reading::fail(to, restored.error());
  to.out << counted_entries(values.size()) << " dropped\n";
  if (*restored != 0)
    to.out << counted_entries(*restored) << " of them came again meanwhile, and is listed as before\n";
  return exit_done;
}

void add_quarantine_command(CLI::App& app, int& exit_code) {
  struct arguments {
    std::string file, wait = "30s", since, until, why;
    std::vector<std::string> keys;
    quarantine_filter chosen;
    bool with_personal_data = false;

    quarantine_filter filter() const {
      auto all = chosen;
      all.since = time_from_text(since);
      all.until = time_from_text(until);
      return all;
    }
    quarantine_access access() const {
      return {file, system_environment(), *config::duration_from(wait), std::cout, std::cerr};
    }
  };
  auto* const command =
      app.add_subcommand("quarantine", "List, show, retry and drop records that could not be used");
  const auto given = std::make_shared<arguments>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->require_subcommand(1);
  command->footer(examples);
  const auto add_wait = [&](CLI::App& to) {
    add_wait_option(to, given->wait, "How long to wait for Kafka")->capture_default_str();
  };

  const auto add_filter = [&](CLI::App& to) {
    to.add_option("--site", given->chosen.site, "Only what this site's database has refused");
    to.add_option("--source", given->chosen.source, "Only what was refused on its way from this source");
    to.add_option("--reason", given->chosen.reason, "Only this reason, such as field_missing or row_refused")
        ->check([](const std::string& text) {
          const auto code = error_code_named(text);
          return code && class_of(*code) == failure_class::poison
                     ? std::string{}
                     : "not a reason such as field_missing, field_type, field_value, lane_unknown or "
                       "row_refused: " +
                           text;
        });
    const auto add_time = [&](const std::string& name, std::string& text, const std::string& what) {
      to.add_option(name, text, what)->check([](const std::string& time) {
        return time_from_text(time) ? std::string{} : "not a time such as 2026-09-09T08:00: " + time;
      });
    };
    add_time("--since", given->since, "Only what was refused since, such as 2026-09-09T08:00 (UTC)");
    add_time("--until", given->until, "Only what was refused before this time (UTC)");
    to.add_option("--key", given->chosen.key_prefix,
                  "Only keys, of entries or records, that begin like this");
  };

  auto* const list = command->add_subcommand("list", "A line per entry");
  add_filter(*list);
  list->add_flag("--all", given->chosen.with_settled, "Entries too that were dropped, or retried");
  add_wait(*list);
  list->footer(list_examples);
  list->callback([given, &exit_code] { exit_code = list_quarantine(given->access(), given->filter()); });

  auto* const show = command->add_subcommand("show", "All of an entry, or of several, as JSON");
  show->add_option("key", given->keys, "The entries' keys, as list prints them");
  add_filter(*show);
  show->add_flag("--with-personal-data", given->with_personal_data, "Names, e-mail and birth dates too");
  add_wait(*show);
  show->footer(show_examples);
  show->callback([given, &exit_code] {
    exit_code = show_quarantined(given->access(), given->keys, given->filter(), given->with_personal_data);
  });

  auto* const retry = command->add_subcommand("retry", "Put their records through the whole pipeline again");
  retry->add_option("entry", given->keys, "The entries' keys, as list prints them");
  add_filter(*retry);
  add_wait(*retry);
  retry->footer(retry_examples);
  retry->callback(
      [given, &exit_code] { exit_code = retry_quarantined(given->access(), given->keys, given->filter()); });

  auto* const drop = command->add_subcommand("drop", "Note that entries have been dealt with");
  drop->add_option("key", given->keys, "The entries' keys, as list prints them");
  add_filter(*drop);
  drop->add_option("--why", given->why, "What was done about them, for whoever asks later")->required();
  add_wait(*drop);
  drop->footer(drop_examples);
  drop->callback([given, &exit_code] {
    exit_code = drop_quarantined(given->access(), given->keys, given->filter(), given->why);
  });
}

}  // namespace matricula
