// SPDX-License-Identifier: Apache-2.0
#include "cli/decide.hpp"

#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/portions.hpp"
#include "cli/site_status.hpp"
#include "cli/time_text.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>
#include <map>
#include <memory>
#include <vector>

namespace matricula {
namespace {

using decision = postgres_session::decision;

constexpr auto approve_examples = R"(Examples:
  matricula approve my.toml --site eso46 --centre 46012345 --until 2026-11-24T09:14:33.123456Z
      the people of this centre whom matricula status has shown as held back leave their courses now; status prints this
      line, and its time, so that nobody is among them who was held back after somebody had looked
  matricula approve my.toml --site eso46 --all --until 2026-11-24T09:14:33.123456Z
      those of every centre
  matricula approve my.toml --site eso46 --centre 46012345 --rejected --until 2026-11-25T10:00Z
      those of whom somebody has said reject before

It works while the site runs, and in portions of 500 people: what was done before it was interrupted stays done, and
the same line goes on with the rest.
Exit code 0: done; 1: nobody was held back by then, or the site did not answer; 2: wrong usage; 78: bad topology file.)";

constexpr auto reject_examples = R"(Examples:
  matricula reject my.toml --site eso46 --centre 46012345 --until 2026-11-24T09:14:33.123456Z
      the people of this centre whom matricula status has shown as held back stay in their courses, until the source
      says that they are enrolled again, or until somebody approves; status prints the time

Exit code 0: done; 1: nobody was held back by then, or the site did not answer; 2: wrong usage; 78: bad topology file.)";

struct options {
  std::string file, site;
  postgres_session::decision_order order;
  bool all = false, rejected = false;
};

void add_decision(CLI::App& app, int& exit_code, decision what, const char* name, const char* description,
                  const char* examples) {
  auto* const command = app.add_subcommand(name, description);
  const auto given = std::make_shared<options>();
  given->order.what = what;
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_option("--site", given->site, "The site")->required();
  auto* const which = command->add_option_group("of whom");
  which->add_option("--centre", given->order.centre, "The centre's code")->check([](const std::string& text) {
    return text.empty() ? "a centre's code is not empty" : std::string{};
  });
  which->add_flag("--all", given->all, "Every centre");
  which->require_option(1);
  command
      ->add_option("--until", given->order.until, "Only who was held back by this time, as status prints it")
      ->required()
      ->check([](const std::string& text) {
        return time_from_json(text) ? std::string{} : "not a time such as 2026-11-24T09:14:33Z: " + text;
      });
  if (what == decision::approve)
    command->add_flag("--rejected", given->rejected, "Those that were rejected, instead of those held back");
  command->footer(examples);
  command->callback([given, &exit_code] {
    if (given->rejected)
      given->order.what = decision::approve_rejected;
    exit_code = decide_withdrawals(given->file, given->site, given->order, system_environment(), std::cout,
                                   std::cerr);
  });
}

/// What a decision has come to, by centre.
using decided_centres = std::map<std::string, postgres_session::decided_centre>;

/// Decides portion by portion. What was done before an error stays done, and is in `decided`.
result<done> decide(const site_settings& site, const postgres_session::decision_order& order,
                    decided_centres& decided) {
  postgres_session session{site};
  if (const auto opened = session.open({site.topics.front(), 0}); !opened)
    return opened.error();
  return do_in_portions([&]() -> result<bool> {
    const auto portion = session.decide(order);
    if (!portion)
      return portion.error();
    for (const auto& each : portion->centres) {
      auto& sum = decided[each.centre];
      sum.people += each.people;
      sum.enrolments += each.enrolments;
    }
    return portion->again;
  });
}

/// The withdrawals that a site holds back, of those that the order may be about.
std::vector<site_status::held> waiting(const site_status& status,
                                       const postgres_session::decision_order& order) {
  std::vector<site_status::held> all;
  for (const auto& each : status.withdrawals)
    if (each.state == (order.what == decision::approve_rejected ? "rejected" : "held") &&
        (order.centre.empty() || each.centre == order.centre))
      all.push_back(each);
  return all;
}

std::string counted(std::uint64_t people, std::uint64_t enrolments) {
  return std::to_string(people) + " people, " + std::to_string(enrolments) + " enrolments";
}

}  // namespace

int decide_withdrawals(const std::filesystem::path& file, const std::string& site,
                       const postgres_session::decision_order& order, const environment_lookup& environment,
                       std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  const auto* const chosen = site_named(file, *loaded, site, errors);
  if (chosen == nullptr)
    return exit_wrong_usage;
  const auto fail = [&](const failure& why) {
    errors << why.text << '\n';
    return exit_failed;
  };
  auto status = status_of(*chosen);
  if (!status)
    return fail(status.error());
  decided_centres decided;
  if (!waiting(*status, order).empty()) {
    const auto outcome = decide(*chosen, order, decided);
    for (const auto& [centre, sum] : decided)
      out << centre << ": " << counted(sum.people, sum.enrolments)
          << (order.what == decision::reject ? " stay\n" : " withdrawn\n");
    if (!outcome)
      return fail(outcome.error());
    status = status_of(*chosen);
    if (!status)
      return fail(status.error());
  }
  const auto later = waiting(*status, order);
  for (const auto& each : later)
    out << each.centre << ": " << counted(each.people, each.enrolments) << " have come since " << order.until
        << " and still wait; matricula status " << file.string() << " shows them\n";
  if (!decided.empty())
    return exit_done;
  errors << "site " << site << " holds nothing back" << (order.centre.empty() ? "" : " of " + order.centre)
         << (later.empty() ? "; matricula status shows what it does\n"
                           : " from before " + order.until + '\n');
  return exit_failed;
}

void add_approve_command(CLI::App& app, int& exit_code) {
  add_decision(app, exit_code, decision::approve, "approve", "Let withdrawals happen that a site holds back",
               approve_examples);
}

void add_reject_command(CLI::App& app, int& exit_code) {
  add_decision(app, exit_code, decision::reject, "reject", "Refuse withdrawals that a site holds back",
               reject_examples);
}

}  // namespace matricula
