// SPDX-License-Identifier: Apache-2.0
#include "cli/decide.hpp"

#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/site_status.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <iostream>
#include <memory>

namespace matricula {
namespace {

using decision = postgres_session::decision;

constexpr auto approve_examples = R"(Examples:
  matricula approve my.toml --site eso46 --centre 46012345
      the people of this centre whom matricula status names as held back leave their courses now
  matricula approve my.toml --site eso46 --all
      those of every centre
  matricula approve my.toml --site eso46 --centre 46012345 --rejected
      those of whom somebody has said reject before

It works while the site runs.
Exit code 0: done; 1: nothing is held back, or the site did not answer; 2: wrong usage; 78: bad topology file.)";

constexpr auto reject_examples = R"(Examples:
  matricula reject my.toml --site eso46 --centre 46012345
      the people of this centre who are held back stay in their courses, until the source says that they are enrolled
      again, or until somebody approves

Exit code 0: done; 1: nothing is held back, or the site did not answer; 2: wrong usage; 78: bad topology file.)";

struct options {
  std::string file, site, centre;
  bool all = false, rejected = false;
};

void add_decision(CLI::App& app, int& exit_code, decision what, const char* name, const char* description,
                  const char* examples) {
  auto* const command = app.add_subcommand(name, description);
  const auto given = std::make_shared<options>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_option("--site", given->site, "The site")->required();
  auto* const which = command->add_option_group("of whom");
  which->add_option("--centre", given->centre, "The centre's code")->check([](const std::string& text) {
    return text.empty() ? "a centre's code is not empty" : std::string{};
  });
  which->add_flag("--all", given->all, "Every centre");
  which->require_option(1);
  if (what == decision::approve)
    command->add_flag("--rejected", given->rejected, "Those that were rejected, instead of those held back");
  command->footer(examples);
  command->callback([given, what, &exit_code] {
    exit_code = decide_withdrawals(given->file, given->rejected ? decision::approve_rejected : what,
                                   given->site, given->centre, system_environment(), std::cout, std::cerr);
  });
}

}  // namespace

int decide_withdrawals(const std::filesystem::path& file, decision what, const std::string& site,
                       const std::string& centre, const environment_lookup& environment, std::ostream& out,
                       std::ostream& errors) {
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
  const auto status = status_of(*chosen);
  if (!status)
    return fail(status.error());
  bool any = false;
  for (const auto& each : status->withdrawals)
    if (!each.blackout && (centre.empty() || each.centre == centre) &&
        each.rejected == (what == decision::approve_rejected)) {
      any = true;
      out << each.centre << ": " << each.people << " people, " << each.enrolments << " enrolments\n";
    }
  if (!any) {
    errors << "site " << site << " holds nothing back" << (centre.empty() ? "" : " of " + centre)
           << "; matricula status shows what it does\n";
    return exit_failed;
  }
  postgres_session session{*chosen};
  if (const auto opened = session.open({chosen->topics.front(), 0}); !opened)
    return fail(opened.error());
  if (const auto decided = session.decide(what, centre); !decided)
    return fail(decided.error());
  out << (what == decision::reject ? "they stay\n" : "withdrawn\n");
  return exit_done;
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
