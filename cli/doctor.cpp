// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor.hpp"

#include "actors/apply/postgres_session.hpp"
#include "actors/fetch/http_source.hpp"
#include "actors/publish/kafka_topics.hpp"
#include "actors/subscribe/kafka_consumer.hpp"
#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/wait_option.hpp"
#include "config/durations.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <fmt/format.h>

#include <iostream>
#include <memory>
#include <ostream>

namespace matricula {
namespace {

constexpr auto examples = R"(Examples:
  matricula doctor my.toml
      asks Kafka for its topics, each source for a page and each site for all that a batch will need of it
  matricula doctor my.toml --site eso46
      Kafka and this site only

A line for each thing: fine; late, which arrives, but later than it could; or wrong, until when records do not arrive.
The line below says what to do. Nothing is changed: what a site's first start would make is made and rolled back.
Exit code 0: nothing is wrong; 1: something is; 2: wrong usage, or no such site; 78: the file must
be changed first.)";

struct options {
  std::string file, site;
  std::string wait = "10s";
};

/// Prints findings as they come, and counts them.
class examination {
 public:
  explicit examination(std::ostream& out)
      : out_(out) {}

  void found(const std::string& where, const finding& one) {
    constexpr const char* words[] = {"fine   ", "late   ", "wrong  "};
    const auto grade = static_cast<std::size_t>(one.how);
    ++counts_[grade];
    out_ << words[grade] << where << ": " << one.what << '\n';
    if (!one.mend.empty())
      out_ << "         " << one.mend << '\n';
    out_.flush();
  }
  void fine(const std::string& where, const std::string& what) {
    found(where, {finding::grade::fine, what, {}});
  }
  void wrong(const std::string& where, const std::string& what, const std::string& mend = {}) {
    found(where, {finding::grade::wrong, what, mend});
  }

  int sum_up() {
    out_ << '\n' << counts_[0] << " fine, " << counts_[1] << " late, " << counts_[2] << " wrong\n";
    return counts_[2] == 0 ? exit_done : exit_failed;
  }

 private:
  std::ostream& out_;
  std::size_t counts_[3] = {};
};

void examine_brokers(const topology& all, std::chrono::milliseconds wait, examination& notes) {
  const auto where = "Kafka at " + all.kafka.bootstrap;
  const auto brokers = ask_brokers(all.kafka, wait);
  if (!brokers)
    return notes.found(where, {finding::grade::late, brokers.error().text,
                               "Only the brokers' broker.session.timeout.ms is wanted of them."});
  const auto session = session_timeout_of(all.kafka);
  if (const auto problem = broker_death_problem(*brokers, session))
    notes.found(where,
                {finding::grade::late, *problem,
                 fmt::format("Set broker.session.timeout.ms={} and broker.heartbeat.interval.ms={} at the "
                             "brokers, or a longer session.timeout.ms in [kafka.properties].",
                             session.count() * 9 / 20, session.count() * 3 / 40)});
}

void examine_kafka(const topology& all, const std::string& file, std::chrono::milliseconds wait,
                   examination& notes) {
  const auto where = "Kafka at " + all.kafka.bootstrap;
  const auto differences = compare_topics(all, file, wait);
  if (!differences)
    return notes.wrong(where, differences.error().text,
                       "Is it running, and is the address right? --wait 1m waits longer.");
  for (const auto& each : *differences)
    notes.wrong(where, "topic " + each.topic + " " + each.what, each.mend);
  if (differences->empty())
    notes.fine(where, std::to_string(topics_of(all).size()) + " topics are as the file says");
  examine_brokers(all, wait, notes);
}

void examine_source(const source_settings& settings, std::size_t page_bytes_max, examination& notes) {
  const auto where = "source " + settings.name;
  const auto answer = make_http_source(settings, page_bytes_max)->read(std::nullopt, "");
  if (!answer)
    return notes.wrong(where, answer.error().text);
  notes.fine(where, "answers a page of " + std::to_string(answer->bytes.size() / 1'000) + " kB");
}

void examine_site(const site_settings& site, examination& notes) {
  const auto where = "site " + site.name;
  const auto findings = postgres_session{site}.inspect();
  if (!findings)
    return notes.wrong(where, findings.error().text);
  for (const auto& each : *findings)
    notes.found(where, each);
}

}  // namespace

int examine_deployment(const std::filesystem::path& file, const std::string& site,
                       std::chrono::milliseconds wait, const environment_lookup& environment,
                       std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  const auto sites = sites_named(file, *loaded, site, errors);
  if (!sites)
    return exit_wrong_usage;
  examination notes{out};
  examine_kafka(*loaded, file.string(), wait, notes);
  if (site.empty())
    for (const auto& each : loaded->sources)
      examine_source(each, loaded->limits.page_bytes_max, notes);
  for (const auto* each : *sites)
    examine_site(*each, notes);
  return notes.sum_up();
}

void add_doctor_command(CLI::App& app, int& exit_code) {
  auto* const command =
      app.add_subcommand("doctor", "Look whether Kafka, the sources and the sites are ready for a topology");
  const auto given = std::make_shared<options>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_option("--site", given->site, "Only Kafka and this site");
  add_wait_option(*command, given->wait, "How long to wait for Kafka to answer")->capture_default_str();
  command->footer(examples);
  command->callback([given, &exit_code] {
    exit_code = examine_deployment(given->file, given->site, *config::duration_from(given->wait),
                                   system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
