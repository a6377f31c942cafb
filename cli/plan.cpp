// SPDX-License-Identifier: Apache-2.0
#include "cli/plan.hpp"

#include "actors/apply/batch_walk.hpp"
#include "actors/apply/postgres_session.hpp"
#include "actors/dedup/kafka_topic_scan.hpp"
#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/newest_messages.hpp"
#include "cli/plan_tally.hpp"
#include "cli/portions.hpp"
#include "cli/read_topics.hpp"
#include "cli/site_status.hpp"
#include "cli/wait_option.hpp"
#include "config/durations.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <deque>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

namespace matricula {
namespace {

constexpr auto examples = R"(Examples:
  matricula plan my.toml --site eso46
      what the site would create, change and withdraw with the next 100,000 records that its topics hold for it: before
      its first start, after a long stop
  matricula plan my.toml --records 10000 --examples 10
      only the next ten thousand records of each site, with more ids on each line

Of records with one key the newest counts, as at the site in the end. Each batch is tried as the site would apply it,
against the site as it is now, and rolled back: nobody sees anything of it, and what it locks is let go with it. Numbers
that sequences have given out are gone, and the database's log grows as if the batch had been applied.
Exit code 0: every site answered; 1: something did not; 2: wrong usage, or no such site; 78: bad topology file.)";

constexpr std::size_t scan_messages = 1'000;

/// A batch in the making, with the bytes that its records look at.
struct gathered_batch {
  site_batch batch;
  std::deque<std::string> texts;

  void add(const topic_partition& from, const consumed_record& record) {
    batch.from = from;
    auto kept = record;
    kept.key = texts.emplace_back(record.key);
    kept.value = texts.emplace_back(record.value);
    batch.records.push_back(kept);
  }
};

/// What one site would do.
class site_plan {
 public:
  site_plan(const topology& all, const site_settings& site, const plan_options& options)
      : all_(all)
      , site_(site)
      , options_(options)
      , store_(site) {}

  result<done> run() {
    for (const auto& topic : site_.topics)
      if (const auto there = await_topic(all_.kafka, topic, options_.wait); !there)
        return there.error();
    const auto status = status_of(site_);
    if (!status)
      return status.error();
    if (const auto noted = note_newest(status->next_offsets); !noted)
      return noted.error();
    if (const auto opened = store_.open_rehearsal(); !opened)
      return opened.error();
    return try_newest(status->next_offsets);
  }

  void print(std::ostream& out) const {
    out << "site " << site_.name << ": " << read_ << " records";
    if (stopped_early_)
      out << " of at most " << ahead_;
    out << " to read" << (stopped_early_ ? " (--records)" : "");
    if (newest_.keys() < read_)
      out << ", of " << newest_.keys() << " keys";
    out << ": " << counts_.created << " to create, " << counts_.changed << " to change, "
        << counts_.withdrawn - std::min(counts_.withdrawn, never_there_) << " to withdraw, "
        << counts_.unchanged << " unchanged, " << counts_.superseded << " older than what the site holds";
    if (never_there_ > 0)
      out << ", " << never_there_ << " who have left before the site had them";
    if (counts_.held > 0)
      out << ", " << counts_.held << " withdrawals to be held back";
    out << '\n';
    if (stopped_early_)
      out << "  what comes after these records is not looked at; --records " << ahead_ << " looks at all\n";
    if (!tally_.empty())
      tally_.print(options_.examples_max, out);
    for (const auto& each : refused_)
      out << "  refused: " << each << '\n';
  }

 private:
  /// The first reading: which messages there are, and which of them are the newest of their keys.
  result<done> note_newest(const partition_offsets& from) {
    const auto scan = make_kafka_topic_scan(all_.kafka, site_.topics, from);
    for (bool more = true; more && !stopped_early_;) {
      const auto next = scan->next(scan_messages, [this](const scanned_message& message) {
        if (read_ >= options_.records_max) {
          stopped_early_ = true;
          return;
        }
        ++read_;
        newest_.note(message);
      });
      if (!next)
        return next.error();
      more = *next;
      ahead_ = scan->messages_total();
      stopped_early_ = stopped_early_ || (more && read_ >= options_.records_max);
    }
    return done{};
  }

  /// The second reading: tries those.
  result<done> try_newest(const partition_offsets& from) {
    const auto scan = make_kafka_topic_scan(all_.kafka, site_.topics, from);
    std::size_t left = newest_.keys();
    for (bool more = true; more && left > 0;) {
      const auto next = scan->next(std::min(scan_messages, options_.batch_records), [&](const scanned_message&
                                                                                            message) {
        if (!newest_.has(message))
          return;
        const auto& topic = site_.topics.at(message.topic_index);
        gathered_[{message.topic_index, message.partition}].add({topic, message.partition}, message.record);
        --left;
      });
      if (!next)
        return next.error();
      more = *next;
      for (auto& [where, gathered] : gathered_)
        if (gathered.batch.records.size() >= options_.batch_records)
          if (const auto tried = try_out(gathered); !tried)
            return tried.error();
    }
    for (auto& [where, gathered] : gathered_)
      if (const auto tried = try_out(gathered); !tried)
        return tried.error();
    return done{};
  }

  result<done> try_out(gathered_batch& gathered) {
    if (gathered.batch.records.empty())
      return done{};
    if (++batches_ % options_.batches_together == 0)
      if (const auto opened = store_.open_rehearsal(); !opened)
        return opened.error();
    const auto tried = walk(gathered.batch);
    gathered = {};
    return tried;
  }

  result<done> walk(const site_batch& batch) {
    for (batch_walk walk{batch.records.size()}; !walk.finished();) {
      const auto tried = rehearse(batch, walk);
      if (!tried && tried.error().code == error_code::row_refused && walk.refused().empty()) {
        walk.refuse(tried.error());
        continue;
      }
      if (!tried)
        return tried.error();
      counts_ += tried->counts;
      for (const auto& each : tried->changes) {
        tally_.add(each);
        if (each.kind == "enrolment" && each.effect == "note")
          ++never_there_;
      }
      for (const auto& each : walk.refused())
        refuse(batch, each);
      for (const auto& each : tried->refused)
        refuse(batch, each);
      walk.applied();
    }
    return done{};
  }

  /// Beside a site that runs, of whose sessions the database may take one back.
  result<postgres_session::rehearsed> rehearse(const site_batch& batch, const batch_walk& walk) {
    postgres_session::rehearsed outcome;
    const auto ended = do_in_portions([&]() -> result<bool> {
      auto tried = store_.rehearse(batch, walk.range(), walk.refused());
      if (!tried)
        return tried.error();
      outcome = std::move(*tried);
      return false;
    });
    if (!ended)
      return ended.error();
    return outcome;
  }

  void refuse(const site_batch& batch, const refused_record& one) {
    refused_.push_back(std::string{batch.records[one.index].key} + ": " +
                       std::string{name_of(one.reason.code)});
  }

  const topology& all_;
  const site_settings& site_;
  const plan_options& options_;
  postgres_session store_;
  newest_messages newest_;
  std::map<std::pair<std::size_t, std::int32_t>, gathered_batch> gathered_;
  plan_tally tally_;
  std::vector<std::string> refused_;
  applied_counts counts_;
  std::uint64_t never_there_ = 0;  ///< of those withdrawn: withdrawals of whom the site has not heard before
  std::uint64_t read_ = 0, ahead_ = 0;
  std::size_t batches_ = 0;
  bool stopped_early_ = false;
};

}  // namespace

int plan_sites(const std::filesystem::path& file, const plan_options& options,
               const environment_lookup& environment, std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  const auto sites = sites_named(file, *loaded, options.site, errors);
  if (!sites)
    return exit_wrong_usage;
  bool answered = true;
  for (const auto* site : *sites) {
    site_plan plan{*loaded, *site, options};
    if (const auto ran = plan.run()) {
      plan.print(out);
    } else {
      errors << ran.error().text << '\n';
      answered = false;
    }
  }
  return answered ? exit_done : exit_failed;
}

bool may_start(const topology& all, const plan_options& options, std::istream& in, std::ostream& out,
               std::ostream& errors) {
  for (const auto& site : all.sites) {
    const auto status = status_of(site);
    if (!status) {
      errors << status.error().text << '\n';
      return false;
    }
    // A start that the target has refused, as of a database that is no Moodle, leaves tables and no position.
    if (status->installed && !status->next_offsets.empty())
      continue;
    site_plan plan{all, site, options};
    if (const auto ran = plan.run(); !ran) {
      errors << ran.error().text << '\n';
      return false;
    }
    plan.print(out);
    out << "site " << site.name << " was never started. Start it? [y/N] " << std::flush;
    std::string answer;
    if (!std::getline(in, answer) || (answer != "y" && answer != "yes")) {
      out << "\nnothing was started; sources can fill the topics without sites: a [[node]] that lists only "
             "sources\n";
      return false;
    }
  }
  return true;
}

void add_plan_command(CLI::App& app, int& exit_code) {
  struct arguments {
    std::string file, wait = "30s";
    plan_options options;
  };
  auto* const command =
      app.add_subcommand("plan", "Show what the sites would do with the records that come next");
  const auto given = std::make_shared<arguments>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_option("--site", given->options.site, "Only this site");
  command->add_option("--records", given->options.records_max, "How many records of each site to look at")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  command->add_option("--examples", given->options.examples_max, "Ids on each line")->capture_default_str();
  add_wait_option(*command, given->wait, "How long to wait for Kafka to answer")->capture_default_str();
  command->footer(examples);
  command->callback([given, &exit_code] {
    given->options.wait = *config::duration_from(given->wait);
    exit_code = plan_sites(given->file, given->options, system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
