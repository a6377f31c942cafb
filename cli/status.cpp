// SPDX-License-Identifier: Apache-2.0
#include "cli/status.hpp"

#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/read_topics.hpp"
#include "cli/site_status.hpp"
#include "cli/wait_option.hpp"
#include "cli/withheld.hpp"
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
  matricula status my.toml
      for each site: how many entries of its topics it has still to read, and what waits for somebody's decision, with
      the line that decides on what is shown, and on nothing that comes later

Reads the databases and Kafka, not the processes: the figures of a running process are on its board and in its log.
Exit code 0: all answered; 1: something did not; 2: wrong usage, or no such site; 78: bad topology file.)";

struct options {
  std::string file, site;
  std::string wait = "30s";
};

/// Entries of the site's topics from its offsets on, Kafka's own included.
result<std::int64_t> behind(const topology& all, const site_settings& site, const site_status& status,
                            std::chrono::milliseconds wait) {
  std::int64_t sum = 0;
  for (const auto& topic : site.topics) {
    const auto extents = await_topic(all.kafka, topic, wait);
    if (!extents)
      return extents.error();
    for (const auto& each : *extents) {
      const auto at = status.next_offsets.find({each.where.topic, each.where.partition});
      sum += std::max<std::int64_t>(
          each.end - std::max(each.first, at == status.next_offsets.end() ? each.first : at->second), 0);
    }
  }
  return sum;
}

void print(const site_settings& site, const site_status& status, std::int64_t lag, const std::string& file,
           std::ostream& out) {
  out << "site " << site.name << ": ";
  if (!status.installed)
    out << "not started yet, ";
  out << lag << " entries of its topics to read";
  if (status.outbox > 0)
    out << ", " << status.outbox << " outcomes to report";
  out << '\n';
  std::size_t held = 0;
  std::string latest;
  for (const auto& each : status.withdrawals) {
    const auto is_rejected = each.state == "rejected";
    out << "  " << told_of(each.state) << ": " << each.people << " people of " << each.centre << ", "
        << each.enrolments << " enrolments, since " << each.since << " UTC\n";
    if (awaits_calendar(each.state)) {
      out << "    matricula calendar " << file << " lets them go"
          << (each.state == "blackout" ? " when it is over\n" : "\n");
      continue;
    }
    out << "    matricula approve " << file << " --site " << site.name << " --centre " << each.centre
        << (is_rejected ? " --rejected" : "") << " --until " << each.until << '\n'
        << (is_rejected ? "      lets them go all the same\n"
                        : "      lets them go; reject instead of approve keeps them\n");
    if (!is_rejected) {
      ++held;
      latest = std::max(latest, each.until);
    }
  }
  if (held > 1)
    out << "  all " << held << " centres that are held back:\n    matricula approve " << file << " --site "
        << site.name << " --all --until " << latest << '\n';
}

}  // namespace

int print_status(const std::filesystem::path& file, const std::string& site, std::chrono::milliseconds wait,
                 const environment_lookup& environment, std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  const auto sites = sites_named(file, *loaded, site, errors);
  if (!sites)
    return exit_wrong_usage;
  int exit_code = exit_done;
  for (const auto* each : *sites) {
    const auto status = status_of(*each);
    const auto lag = status ? behind(*loaded, *each, *status, wait) : result<std::int64_t>{status.error()};
    if (lag) {
      print(*each, *status, *lag, file.string(), out);
    } else {
      errors << lag.error().text << '\n';
      exit_code = exit_failed;
    }
  }
  return exit_code;
}

void add_status_command(CLI::App& app, int& exit_code) {
  auto* const command =
      app.add_subcommand("status", "Show how far each site has come, and what waits for a decision");
  const auto given = std::make_shared<options>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_option("--site", given->site, "Only this site");
  add_wait_option(*command, given->wait, "How long to wait for Kafka to answer")->capture_default_str();
  command->footer(examples);
  command->callback([given, &exit_code] {
    exit_code = print_status(given->file, given->site, *config::duration_from(given->wait),
                             system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
