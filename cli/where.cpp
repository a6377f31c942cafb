// SPDX-License-Identifier: Apache-2.0
#include "cli/where.hpp"

#include "cli/command.hpp"
#include "cli/key_trace.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/natural_key.hpp"
#include "cli/read_topics.hpp"
#include "cli/wait_option.hpp"
#include "config/durations.hpp"
#include "messages/control_json.hpp"
#include "messages/enrolment.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <iostream>
#include <map>
#include <memory>
#include <set>
#include <thread>

namespace matricula {
namespace {

constexpr auto examples = R"(Examples:
  matricula where my.toml 2026/46012345/1234567890/MAT/1ESOA/10123456/student
      why is this pupil not in the classroom? A line for each stop between the source and the sites, then the answer
  matricula where my.toml --person 10123456
      the same for every key of a person, by NIA, NIF or NIE

A key is year/centre/course/subject/group/person/role, as verify and quarantine print it. Of each stop:

  source      how far it has been read, and with which page the record came
  dedup       which page had it new or changed, and that none has since
  topic       where the newest message of the key is, and what it says: enrolled or withdrawn
  site        whether it has read past that message, and the row that it holds of the key
  quarantine  who has refused the record, why and when

The topics of the key's province, for a person all lanes' topics, are read from start to end, which takes a while where
they are long; of a site only the rows in question are asked for. A record that was refused because a part of its key
cannot be read is not found by that key: quarantine T list --key 2026/46012345/ shows the centre's. Only ids are
printed. Nothing is changed.
Exit code 0: every site that should have it has it, as its newest message says; 1: one has not, no site reads it, it is
unknown, or something does not answer; 2: wrong usage; 78: bad topology file.)";

constexpr std::chrono::milliseconds retry_delay{500};

std::optional<utc_time> time_of(const scanned_message& message) {
  return message.time_ms == 0 ? std::nullopt
                              : std::optional{utc_time{std::chrono::milliseconds{message.time_ms}}};
}

/// Asks each stop, then tells.
class record_search {
 public:
  record_search(const topology& all, const where_options& options)
      : all_(all)
      , options_(options)
      , person_in_key_("/" + escaped(options.person) + "/") {
    const auto key = natural_key::read(options.key).value_or(natural_key{});
    for (const auto& lane : all.lanes)
      if (options.key.empty() || lane.province == key.province())
        lanes_.push_back(&lane);
    for (const auto* lane : lanes_)
      if (std::find(topics_.begin(), topics_.end(), lane->topic) == topics_.end())
        topics_.push_back(lane->topic);
    if (!options.key.empty())
      traces_[options.key];
  }

  /// Errors: kafka_unavailable, topic_mismatch. A site that does not answer is a stop like the others.
  result<done> run() {
    if (const auto read = read_sources(); !read)
      return read.error();
    if (const auto read = read_quarantine(); !read)
      return read.error();
    if (const auto read = read_lanes(); !read)
      return read.error();
    for (const auto& site : all_.sites)
      if (std::any_of(site.topics.begin(), site.topics.end(),
                      [&](const auto& topic) { return is_wanted(topic); }))
        ask(site);
    for (auto& [key, trace] : traces_) {
      trace.key = key;
      fill(trace);
    }
    return done{};
  }

  /// Answers whether every key is everywhere.
  bool print(std::ostream& out) const {
    std::size_t everywhere = 0;
    for (const auto& [key, trace] : traces_) {
      trace.print(out);
      if (trace.concluded().is_everywhere)
        ++everywhere;
      if (traces_.size() > 1)
        out << '\n';
    }
    if (traces_.empty())
      out << "=> no topic, no quarantine entry and no site that answered knows the person "
          << printable(options_.person) << ".\n";
    if (traces_.size() > 1)
      out << "=> of " << traces_.size() << " keys of the person, " << everywhere
          << " at every site that should have them.\n";
    for (const auto& [site, answer] : answers_)
      if (!answer && traces_.empty())
        out << "site " << site->name << ": " << answer.error().text << '\n';
    return !traces_.empty() && everywhere == traces_.size();
  }

 private:
  static std::string escaped(std::string_view part) {
    std::string out;
    for (const char c : part)
      out += c == '~' ? "~0" : c == '/' ? "~1" : std::string{c};
    return out;
  }

  bool is_wanted(const std::string& topic) const {
    return std::find(topics_.begin(), topics_.end(), topic) != topics_.end();
  }

  bool is_wanted_key(std::string_view key) const {
    if (!options_.key.empty())
      return key == options_.key;
    if (key.find(person_in_key_) == std::string_view::npos)
      return false;
    const auto parts = natural_key::read(key);
    return parts && parts->person == options_.person;
  }

  result<done> exists(const std::string& topic) {
    const auto found = await_topic(all_.kafka, topic, options_.wait);
    if (!found)
      return found.error();
    extents_.insert(extents_.end(), found->begin(), found->end());
    return done{};
  }

  result<done> read_sources() {
    if (const auto found = exists(all_.kafka.cursors_topic); !found)
      return found.error();
    return read_topics(all_.kafka, {all_.kafka.cursors_topic}, [this](const scanned_message& message) {
      source_stop source;
      source.name = message.record.key;
      source.position = parse_source_position(message.record.value);
      source.at = time_of(message);
      sources_[source.name] = source;
    });
  }

  result<done> read_quarantine() {
    if (const auto found = exists(all_.kafka.quarantine_topic); !found)
      return found.error();
    newest_entries entries;
    const auto read = read_topics(all_.kafka, {all_.kafka.quarantine_topic},
                                  [&](const scanned_message& message) { entries.add(message); });
    if (!read)
      return read.error();
    for (const auto* each : entries.in_order())
      if (is_wanted_key(each->entry.record_key))
        traces_[each->entry.record_key].quarantine.push_back(each->entry);
    return done{};
  }

  result<done> read_lanes() {
    for (const auto& topic : topics_)
      if (const auto found = exists(topic); !found)
        return found.error();
    if (topics_.empty())
      return done{};
    enrolment_reader reader;
    enrolment record;
    return read_topics(all_.kafka, topics_, [&](const scanned_message& message) {
      const auto& consumed = message.record;
      if (!is_wanted_key(consumed.key))
        return;
      topic_stop stop;
      stop.where = {topics_[message.topic_index], message.partition};
      stop.offset = consumed.offset;
      stop.at = time_of(message);
      stop.revision = consumed.revision;
      stop.content_hash = consumed.content_hash;
      if (!reader.read(consumed.value, record))
        stop.status = record.status;
      for (const auto* lane : lanes_)
        if (lane->topic == stop.where.topic)
          stop.source = lane->source;
      auto& known = traces_[std::string{consumed.key}].topics;
      const auto same = std::find_if(known.begin(), known.end(),
                                     [&](const auto& each) { return each.where.topic == stop.where.topic; });
      if (same == known.end())
        known.push_back(stop);
      else
        *same = stop;
    });
  }

  void ask(const site_settings& site) {
    const auto deadline = std::chrono::steady_clock::now() + options_.wait;
    auto found = find_at_site(site, {options_.key, options_.person});
    while (!found && found.error().code == error_code::database_unavailable &&
           std::chrono::steady_clock::now() + retry_delay <= deadline) {
      std::this_thread::sleep_for(retry_delay);
      found = find_at_site(site, {options_.key, options_.person});
    }
    if (found) {
      for (const auto& row : found->rows)
        traces_[row.key];
      for (const auto& each : found->outbox) {
        const auto entry = quarantine_entry::read(each.key, each.value, {});
        if (is_wanted_key(entry.record_key))
          traces_[entry.record_key].quarantine.push_back(entry);
      }
    }
    answers_.emplace_back(&site, std::move(found));
  }

  void fill(key_trace& trace) {
    const auto key = natural_key::read(trace.key).value_or(natural_key{});
    const auto may_come_by = [&](const lane_settings& lane) {
      if (trace.topics.empty())
        return lane.province == key.province();
      return std::any_of(trace.topics.begin(), trace.topics.end(),
                         [&](const auto& message) { return message.where.topic == lane.topic; });
    };
    std::set<std::string> sources, topics;
    for (const auto* lane : lanes_)
      if (may_come_by(*lane)) {
        sources.insert(lane->source);
        topics.insert(lane->topic);
      }
    trace.has_lane = !topics.empty();
    for (const auto& name : sources) {
      const auto known = sources_.find(name);
      trace.sources.push_back(known == sources_.end() ? source_stop{name, {}, {}} : known->second);
    }
    for (const auto& [site, answer] : answers_)
      add_site(trace, *site, answer, topics);
  }

  void add_site(key_trace& trace, const site_settings& site, const result<site_findings>& answer,
                const std::set<std::string>& topics) const {
    site_stop stop;
    stop.name = site.name;
    if (!answer)
      stop.unanswered = answer.error();
    else if (const auto* const row = answer->row_of(trace.key))
      stop.row = *row;
    bool reads_a_message = false;
    for (const auto& message : trace.topics) {
      if (std::find(site.topics.begin(), site.topics.end(), message.where.topic) == site.topics.end())
        continue;
      reads_a_message = true;
      stop.where = message.where;
      if (answer)
        stop.next_offset = answer->next_offset(message.where);
      for (const auto& extent : extents_)
        if (extent.where == message.where)
          stop.first_offset = extent.first;
      trace.sites.push_back(stop);
    }
    const bool reads_a_topic = std::any_of(site.topics.begin(), site.topics.end(),
                                           [&](const auto& topic) { return topics.contains(topic); });
    if (!reads_a_message && (stop.row || (trace.topics.empty() && reads_a_topic)))
      trace.sites.push_back(stop);
  }

  const topology& all_;
  const where_options& options_;
  std::string person_in_key_;
  std::vector<const lane_settings*> lanes_;  ///< those that the key could come by
  std::vector<std::string> topics_;          ///< theirs
  std::vector<partition_extent> extents_;
  std::map<std::string, source_stop> sources_;
  std::vector<std::pair<const site_settings*, result<site_findings>>> answers_;
  std::map<std::string, key_trace> traces_;
};

}  // namespace

int find_records(const std::filesystem::path& file, const where_options& options,
                 const environment_lookup& environment, std::ostream& out, std::ostream& errors) {
  if (options.key.empty() == options.person.empty()) {
    errors << "give a key or --person, one of the two; matricula where --help shows examples\n";
    return exit_wrong_usage;
  }
  if (!options.key.empty())
    if (const auto fault = fault_of_key(options.key)) {
      errors << "\"" << printable(options.key) << "\" is not a key: " << *fault << '\n';
      return exit_wrong_usage;
    }
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  record_search search{*loaded, options};
  if (const auto searched = search.run(); !searched) {
    errors << searched.error().text << '\n';
    if (searched.error().code == error_code::kafka_unavailable)
      errors << "waited " << config::text_of(options.wait)
             << ": is it running, and is the address right? --wait 1m waits longer\n";
    return exit_failed;
  }
  return search.print(out) ? exit_done : exit_failed;
}

void add_where_command(CLI::App& app, int& exit_code) {
  struct arguments {
    std::string file, wait = "30s";
    where_options options;
  };
  auto* const command = app.add_subcommand("where", "Follow a record from its source to the sites");
  const auto given = std::make_shared<arguments>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  auto* const key = command->add_option("key", given->options.key, "The record's key");
  command->add_option("--person", given->options.person, "All keys of this person: NIA, NIF or NIE")
      ->excludes(key);
  add_wait_option(*command, given->wait, "How long to wait for Kafka and for each database")
      ->capture_default_str();
  command->footer(examples);
  command->callback([given, &exit_code] {
    given->options.wait = *config::duration_from(given->wait);
    exit_code = find_records(given->file, given->options, system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
