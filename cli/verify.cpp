// SPDX-License-Identifier: Apache-2.0
#include "cli/verify.hpp"

#include "actors/publish/kafka_topics.hpp"
#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/read_topics.hpp"
#include "cli/site_comparison.hpp"
#include "cli/site_rows.hpp"
#include "cli/wait_option.hpp"
#include "cli/withheld.hpp"
#include "config/durations.hpp"
#include "messages/hashing.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <absl/container/flat_hash_set.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <iomanip>
#include <iostream>
#include <map>
#include <memory>
#include <thread>

namespace matricula {
namespace {

constexpr auto examples = R"(Examples:
  matricula verify my.toml
      reads every topic and every site's database to the end; prints for each site and topic how many keys are
      equal, different, missing at the site or extra there, the first keys that are, and which fields differ
  matricula verify my.toml --site eso46 --keys-max 1000
      one site, and more of the keys
  matricula verify my.toml --site eso46 | grep ^missing
      the keys that the site lacks

A key is year/centre/course/subject/group/person/role; what fields hold is not printed. What several records share,
such as a person's name, must be as the newest of them says. A site that still lags behind its topics differs: let
the pipeline come to rest first. What still differs was changed by hand in the site's database; the next change of that
record at the source mends it, and matricula replay brings back enrolments that are missing or older. What a target
derives from records, such as memberships of groups, is not compared. Keys in quarantine, and rows newer than the
topic was when it was read, are counted apart and do not make a site differ; rows that stay newer mean that the topic
has lost messages. Nor do those whom a site holds back, as too many of a centre, or until the end of a blackout: they
are counted on lines of their own. Nothing is changed. Memory for each key: less than 200 bytes.

Exit code 0: every site is as its topics say; 1: one is not, or something does not answer; 2: wrong usage, or no such
site; 78: the file must be changed first.)";

constexpr std::chrono::milliseconds retry_delay{500};

/// Messages that a site has put into quarantine: the hash of key and revision.
using quarantined_messages = absl::flat_hash_set<std::uint64_t>;

std::uint64_t message_hash(std::string_view key, revision_t revision) {
  return key_hash_of(std::string{key} + '@' + std::to_string(revision));
}

/// Keys to print, of which only the first are kept.
class key_list {
 public:
  explicit key_list(std::size_t keys_max)
      : keys_max_(keys_max) {}

  void add(std::string_view what, std::string_view key, std::string_view fields = {}) {
    if (++count_ > keys_max_)
      return;
    auto line =
        std::string{what} + std::string(what.size() < 11 ? 11 - what.size() : 1, ' ') + std::string{key};
    if (!fields.empty())
      line.append("  ").append(fields);
    lines_.push_back(std::move(line));
  }

  bool is_full() const { return lines_.size() >= keys_max_; }

  /// Keys that are known to exist though their text is not.
  void set_count(std::uint64_t count) { count_ = count; }

  void print(std::ostream& out) const {
    for (const auto& line : lines_)
      out << line << '\n';
    if (count_ > lines_.size())
      out << "… and " << count_ - lines_.size() << " keys more: --keys-max " << count_
          << " prints them all\n";
  }

 private:
  std::size_t keys_max_;
  std::uint64_t count_ = 0;
  std::vector<std::string> lines_;
};

/// What becomes of them.
const char* outlook_of(const std::string& why) {
  if (why == "held")
    return ", waiting for matricula approve or reject";
  if (why == "rejected")
    return ", which stay as somebody has decided";
  return awaits_calendar(why) ? ", which matricula calendar lets go" : "";
}

/// Compares one site, and prints what came of it.
class site_verification {
 public:
  site_verification(const topology& all, const site_settings& site, const verify_options& options,
                    std::ostream& out)
      : all_(all)
      , site_(site)
      , options_(options)
      , out_(out)
      , comparison_(site.topics.size())
      , keys_(options.keys_max) {}

  /// Answers whether the site is as its topics say.
  result<bool> run() {
    if (const auto read = read_quarantine(); !read)
      return read.error();
    if (const auto read = read_lanes(); !read)
      return read.error();
    if (const auto read = read_rows(); !read)
      return read.error();
    comparison_.count_missing();
    if (const auto named = name_missing(); !named)
      return named.error();
    return print();
  }

 private:
  result<done> read_quarantine() {
    return read_topics(all_.kafka, {all_.kafka.quarantine_topic}, [this](const scanned_message& message) {
      const auto entry = nlohmann::json::parse(message.record.value, nullptr, false);
      if (!entry.is_object() || entry.value("site", nlohmann::json{}) != site_.name)
        return;
      const auto key = entry.find("key");
      const auto revision = entry.find("revision");
      if (key != entry.end() && key->is_string() && revision != entry.end() && revision->is_number_integer())
        quarantined_.insert(message_hash(key->get_ref<const std::string&>(), revision->get<revision_t>()));
    });
  }

  result<done> read_lanes() {
    enrolment_reader reader;
    enrolment record;
    std::string key;
    return read_topics(all_.kafka, site_.topics, [&](const scanned_message& message) {
      const auto& consumed = message.record;
      bool usable =
          quarantined_.empty() || !quarantined_.contains(message_hash(consumed.key, consumed.revision));
      usable = usable && !reader.read(consumed.value, record);
      if (usable) {
        key.clear();
        append_key(record, key);
        usable = key == consumed.key;
      }
      if (usable)
        comparison_.expect(message.topic_index, consumed.key, consumed.revision, record);
      else
        comparison_.set_aside(message.topic_index, consumed.key, consumed.revision);
    });
  }

  result<done> read_rows() {
    const auto deadline = std::chrono::steady_clock::now() + options_.wait;
    for (;;) {
      bool any = false;
      auto read = read_site_rows(site_, [&](const site_row& row) {
        any = true;
        compare(row);
      });
      if (read || any || read.error().code != error_code::database_unavailable ||
          std::chrono::steady_clock::now() + retry_delay > deadline)
        return read;
      std::this_thread::sleep_for(retry_delay);
    }
  }

  void compare(const site_row& row) {
    const auto answer = comparison_.compare(row.key, row.revision, row.record, !row.held.empty());
    switch (answer.verdict) {
    case row_verdict::different:
      keys_.add("different", row.key, names_of_fields(answer.fields));
      break;
    case row_verdict::extra:
      ++counts_of(row.record).extra;
      keys_.add("extra", row.key);
      break;
    case row_verdict::held:
      ++held_[std::string{row.held}];
      break;
    default:
      break;
    }
  }

  /// The counts of the lane that a row of no message belongs to.
  comparison_counts& counts_of(const enrolment& row) {
    for (const auto& lane : all_.lanes)
      if (lane.flavour == row.flavour && lane.province == row.province())
        for (std::size_t i = 0; i < site_.topics.size(); ++i)
          if (site_.topics[i] == lane.topic)
            return comparison_.counts()[i];
    return elsewhere_;
  }

  /// Of a key in a topic only its hash is kept; where keys are missing, the topics are read again for their
  /// texts.
  result<done> name_missing() {
    std::uint64_t missing = 0;
    for (const auto& each : comparison_.counts())
      missing += each.missing;
    if (missing == 0)
      return done{};
    absl::flat_hash_set<std::uint64_t> named;
    const auto read = read_topics(all_.kafka, site_.topics, [&](const scanned_message& message) {
      const auto& key = message.record.key;
      if (keys_.is_full() || !comparison_.is_missing(key) || !named.insert(key_hash_of(key)).second)
        return;
      keys_.add("missing", key);
    });
    return read;
  }

  bool print() {
    const auto& counts = comparison_.counts();
    std::size_t width = std::string_view{"TOPIC"}.size();
    for (const auto& topic : site_.topics)
      width = std::max(width, topic.size());
    const auto line = [&](std::string_view topic, const auto&... columns) {
      out_ << std::left << std::setw(static_cast<int>(width)) << topic << std::right;
      ((out_ << std::setw(13) << columns), ...);
      out_ << '\n';
    };
    out_ << "site " << site_.name << '\n';
    line("TOPIC", "EQUAL", "DIFFERENT", "MISSING", "EXTRA", "QUARANTINED", "HELD", "NEWER");
    comparison_counts total;
    const auto add = [&](std::string_view topic, const comparison_counts& lane) {
      line(topic, lane.equal, lane.different, lane.missing, lane.extra, lane.quarantined, lane.held,
           lane.newer);
      total.equal += lane.equal;
      total.different += lane.different;
      total.missing += lane.missing;
      total.extra += lane.extra;
      total.quarantined += lane.quarantined;
      total.held += lane.held;
      total.newer += lane.newer;
    };
    for (std::size_t i = 0; i < counts.size(); ++i)
      add(site_.topics[i], counts[i]);
    if (elsewhere_.extra != 0)
      add("elsewhere", elsewhere_);
    keys_.set_count(total.different + total.missing + total.extra);
    keys_.print(out_);
    for (const auto& [why, count] : held_)
      out_ << told_of(why) << ": " << count << " keys" << outlook_of(why) << '\n';
    out_ << "site " << site_.name << ": " << total.equal << " keys equal, " << total.missing << " missing, "
         << total.different << " different, " << total.extra << " extra";
    if (total.quarantined != 0)
      out_ << ", " << total.quarantined << " quarantined";
    if (total.held != 0)
      out_ << ", " << total.held << " held back";
    if (total.newer != 0)
      out_ << ", " << total.newer << " written meanwhile";
    out_ << '\n';
    return total.different + total.missing + total.extra == 0;
  }

  const topology& all_;
  const site_settings& site_;
  const verify_options& options_;
  std::ostream& out_;
  quarantined_messages quarantined_;
  site_comparison comparison_;
  comparison_counts elsewhere_;  ///< rows of flavours and provinces that the site does not read
  key_list keys_;
  std::map<std::string, std::uint64_t> held_;  ///< by why
};

/// Waits for Kafka, and finds out whether what is to be read exists.
std::optional<failure> missing_topic(const topology& all, const std::filesystem::path& file,
                                     const std::vector<const site_settings*>& sites,
                                     std::chrono::milliseconds wait) {
  const auto differences = compare_topics(all, file.string(), wait);
  if (!differences)
    return differences.error();
  const auto is_read = [&](const std::string& topic) {
    return topic == all.kafka.quarantine_topic ||
           std::any_of(sites.begin(), sites.end(), [&](const site_settings* site) {
             return std::find(site->topics.begin(), site->topics.end(), topic) != site->topics.end();
           });
  };
  for (const auto& each : *differences)
    if (each.missing && is_read(each.topic))
      return failure{error_code::topic_mismatch, "topic " + each.topic + " " + each.what + ": " + each.mend};
  return std::nullopt;
}

}  // namespace

int verify_sites(const std::filesystem::path& file, const verify_options& options,
                 const environment_lookup& environment, std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  const auto& all = *loaded;
  const auto sites = sites_named(file, all, options.site, errors);
  if (!sites)
    return exit_wrong_usage;
  if (const auto why = missing_topic(all, file, *sites, options.wait)) {
    errors << why->text << '\n';
    if (why->code == error_code::kafka_unavailable)
      errors << "waited " << config::text_of(options.wait) << ": is it running, and is the address right?\n";
    return exit_failed;
  }

  int exit_code = exit_done;
  for (const auto* site : *sites) {
    const auto same = site_verification{all, *site, options, out}.run();
    if (!same)
      errors << "site " << site->name << " could not be verified: " << same.error().text << '\n';
    if (!same || !*same)
      exit_code = exit_failed;
  }
  return exit_code;
}

void add_verify_command(CLI::App& app, int& exit_code) {
  struct arguments {
    std::string file, wait = "30s";
    verify_options options;
  };
  auto* const command =
      app.add_subcommand("verify", "Compare sites with the topics that they read, key by key");
  const auto given = std::make_shared<arguments>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_option("--site", given->options.site, "Only this site; otherwise all, one after the other");
  command->add_option("--keys-max", given->options.keys_max, "Print at most so many keys for each site")
      ->capture_default_str();
  add_wait_option(*command, given->wait, "How long to wait for Kafka and for each database")
      ->capture_default_str();
  command->footer(examples);
  command->callback([given, &exit_code] {
    given->options.wait = *config::duration_from(given->wait);
    exit_code = verify_sites(given->file, given->options, system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
