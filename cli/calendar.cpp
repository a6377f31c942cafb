// SPDX-License-Identifier: Apache-2.0
#include "cli/calendar.hpp"

#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/portions.hpp"
#include "cli/site_status.hpp"
#include "config/days.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <iostream>
#include <memory>
#include <utility>
#include <vector>

namespace matricula {
namespace {

constexpr auto examples = R"(Examples:
  matricula calendar my.toml
      does at each site what [calendar] of the topology makes due today: hides the classrooms of a school year that has
      ended, opens those of the new one, withdraws whom a blackout had kept, and tells which may be deleted
  matricula calendar my.toml --site eso46 --approve-deletion 2025 --classrooms 1100
      has Moodle delete the 1100 classrooms of that year that it has told of, a few at a time; it prints this line, and
      approves nothing where another number of them may be deleted by now
  matricula calendar my.toml --on 2027-07-31
      the same as if it were this day

For once a day, by a timer (docs/operations.md). It works while the sites run, and what was done is not done again.
Exit code 0: done, also if nothing was due; 1: a site did not answer, or had other classrooms than were approved;
2: wrong usage; 78: bad topology file.)";

struct options {
  std::string file, site;
  postgres_session::calendar_order order;
};

/// What has come of a site's calendar.
struct kept_calendar {
  std::vector<postgres_session::calendar_entry> entries;
  std::uint64_t held = 0;

  void add(const postgres_session::calendar_portion& portion) {
    held += portion.held;
    for (const auto& each : portion.entries) {
      const auto same = std::find_if(entries.begin(), entries.end(), [&](const auto& known) {
        return known.what == each.what && known.year == each.year;
      });
      if (same == entries.end())
        entries.push_back(each);
      else
        same->number += each.number;
    }
  }
};

/// All that is due at a site. What was done before an error stays done, and is in `kept`.
result<done> keep(const site_settings& site, const postgres_session::calendar_order& order,
                  kept_calendar& kept) {
  postgres_session session{site};
  if (const auto opened = session.open({site.topics.front(), 0}); !opened)
    return opened.error();
  return do_in_portions([&]() -> result<bool> {
    const auto portion = session.turn(order);
    if (!portion)
      return portion.error();
    kept.add(*portion);
    return portion->again;
  });
}

/// How an entry of a target's calendar.sql is told.
std::string told(const std::string& what) {
  constexpr std::pair<const char*, const char*> words[] = {
      {"hidden", "classrooms hidden"},
      {"opened", "classrooms opened"},
      {"released", "withdrawals that had waited for the end of a blackout"},
      {"unkept", "withdrawals of the time when the site kept everybody"},
      {"deletable", "classrooms that may be deleted"},
      {"approved", "classrooms approved for deletion"},
      {"deleting", "classrooms that wait for Moodle to delete them"},
  };
  for (const auto& [name, text] : words)
    if (what == name)
      return text;
  return what;
}

void print(const site_settings& site, const kept_calendar& kept, const std::string& file, std::ostream& out) {
  out << "site " << site.name << (kept.entries.empty() ? ": nothing is due\n" : ":\n");
  for (const auto& each : kept.entries) {
    out << "  " << told(each.what) << (each.year.empty() ? "" : ", of the year " + each.year) << ": "
        << each.number << '\n';
    if (each.what == "deletable")
      out << "    matricula calendar " << file << " --site " << site.name << " --approve-deletion "
          << each.year << " --classrooms " << each.number << " has Moodle delete them\n";
  }
  if (kept.held > 0)
    out << "  of these, held back as too many: " << kept.held << "; matricula status " << file
        << " shows them\n";
}

/// Whether classrooms were approved for deletion, where they were to be.
bool has_approved(const kept_calendar& kept, const postgres_session::calendar_order& order) {
  return order.deletion_year.empty() || std::any_of(kept.entries.begin(), kept.entries.end(),
                                                    [](const auto& each) { return each.what == "approved"; });
}

bool is_empty(const calendar_settings& calendar) {
  return calendar.hide.empty() && calendar.open.empty() && calendar.deletion.empty() &&
         calendar.blackout.empty();
}

}  // namespace

int keep_calendar(const std::filesystem::path& file, const std::string& site,
                  const postgres_session::calendar_order& order, const environment_lookup& environment,
                  std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  const auto sites = sites_named(file, *loaded, site, errors);
  if (!sites)
    return exit_wrong_usage;
  if (is_empty(loaded->calendar))
    errors << file.string() << " has no [calendar]; docs/topology.md says what it may hold\n";
  int exit_code = exit_done;
  const auto fail = [&](const std::string& why) {
    errors << why << '\n';
    exit_code = exit_failed;
  };
  for (const auto* each : *sites) {
    const auto status = status_of(*each);
    if (!status) {
      fail(status.error().text);
    } else if (!status->installed) {
      out << "site " << each->name << ": not started yet\n";
    } else {
      kept_calendar kept;
      const auto done = keep(*each, order, kept);
      if (done || !kept.entries.empty())
        print(*each, kept, file.string(), out);
      if (!done)
        fail(done.error().text);
      else if (!has_approved(kept, order))
        fail("site " + each->name + ": of the year " + order.deletion_year + " not " +
             std::to_string(order.deletion_classrooms) +
             " classrooms may be deleted now, and none was approved");
    }
  }
  return exit_code;
}

void add_calendar_command(CLI::App& app, int& exit_code) {
  auto* const command =
      app.add_subcommand("calendar", "Do what the school year's calendar makes due at the sites today");
  const auto given = std::make_shared<options>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  auto* const site = command->add_option("--site", given->site, "Only this site");
  auto* const on = command->add_option("--on", given->order.today, "As if it were this day, YYYY-MM-DD");
  on->check([](const std::string& text) {
    return config::is_date(text) ? std::string{} : "not a day such as 2027-07-31: " + text;
  });
  auto* const year =
      command
          ->add_option("--approve-deletion", given->order.deletion_year,
                       "Have the classrooms of this school year deleted that may be, as the command tells it")
          ->needs(site)
          ->excludes(on)
          ->check([](const std::string& text) {
            return config::is_date(text + "-01-01") ? std::string{} : "not a year such as 2025: " + text;
          });
  auto* const classrooms = command->add_option("--classrooms", given->order.deletion_classrooms,
                                               "So many, as the command tells it");
  classrooms->needs(year);
  year->needs(classrooms);
  command->footer(examples);
  command->callback([given, &exit_code] {
    exit_code =
        keep_calendar(given->file, given->site, given->order, system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
