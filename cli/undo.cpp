// SPDX-License-Identifier: Apache-2.0
#include "cli/undo.hpp"

#include "actors/apply/postgres_session.hpp"
#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/plan_tally.hpp"
#include "cli/portions.hpp"
#include "cli/site_status.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

namespace matricula {
namespace {

using std::chrono::steady_clock;

constexpr auto examples = R"(Examples:
  matricula undo my.toml --site eso46 --since 2026-09-09T08:00
      what the site has changed since then (UTC), what of it would be put back and what cannot be; writes nothing
  matricula undo my.toml --site eso46 --since 2026-09-09T08:00 --yes
      puts it back, the newest first, 500 changes a transaction, while the site runs
  matricula undo my.toml --site eso46 --since 2026-09-09T08:00 --examples 1000
      with more ids on each line

Refused, and named by id, is what somebody has changed or worked on since. What is put back stays so until the source
sends a change of it, or until matricula replay lets the site read the same records again: correct the source first.
If it ends before it is through, the same command goes on; said twice, it finds nothing to do.
Exit code 0: shown, or all was put back; 1: something was refused, the site did not answer, or it does not remember so
long ago; 2: wrong usage; 78: bad topology file.)";

constexpr std::chrono::seconds tell_every{2};

/// What has come of the portions.
class put_back {
 public:
  void add(const postgres_session::undo_portion& portion) {
    changes_ += portion.changes.size();
    begins_ = portion.begins;
    for (const auto& [what, refused] : portion.changes)
      if (refused.empty())
        tally_.add(what);
      else
        refused_.emplace(std::pair{what.kind, what.id}, refused);
  }

  std::size_t changes() const { return changes_; }
  bool any_refused() const { return !refused_.empty(); }

  /// Whether changes since then may be unknown.
  bool is_before_the_beginning(utc_time since) const {
    const auto begins = time_from_json(begins_);
    return begins && since < *begins;
  }
  const std::string& begins() const { return begins_; }

  void print(const undo_options& options, std::ostream& out) const {
    out << "site " << options.site << ", since " << text_of(options.since)
        << (changes_ == 0 ? ": nothing to put back\n" : ":\n");
    if (!tally_.empty())
      tally_.print(options.examples_max, out, options.does ? "DONE" : "WOULD");
    for (const auto& [what, why] : refused_)
      out << "  refused: " << what.first << ' ' << what.second << ": " << why << '\n';
  }

 private:
  plan_tally tally_;
  std::map<std::pair<std::string, std::string>, std::string> refused_;  ///< why, by kind and id
  std::string begins_;
  std::size_t changes_ = 0;
};

result<done> look_back(const site_settings& site, const std::string& since, put_back& found) {
  postgres_session session{site};
  const auto all = session.look_back(since);
  if (!all)
    return all.error();
  found.add(*all);
  return done{};
}

/// What was put back before an error stays so, and is in `made`.
result<done> undo(const site_settings& site, const std::string& since, put_back& made, std::ostream& out) {
  postgres_session session{site};
  if (const auto opened = session.open({site.topics.front(), 0}); !opened)
    return opened.error();
  auto told_at = steady_clock::now();
  return do_in_portions([&]() -> result<bool> {
    const auto portion = session.undo(since);
    if (!portion)
      return portion.error();
    made.add(*portion);
    if (const auto now = steady_clock::now(); portion->again && now - told_at >= tell_every) {
      out << made.changes() << " changes so far\n" << std::flush;
      told_at = now;
    }
    return portion->again;
  });
}

}  // namespace

int undo_changes(const std::filesystem::path& file, const undo_options& options,
                 const environment_lookup& environment, std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  const auto* const site = site_named(file, *loaded, options.site, errors);
  if (site == nullptr)
    return exit_wrong_usage;
  const auto fail = [&](const std::string& why) {
    errors << why << '\n';
    return exit_failed;
  };
  const auto status = status_of(*site);
  if (!status)
    return fail(status.error().text);
  if (!status->installed) {
    out << "site " << site->name << ": not started yet\n";
    return exit_done;
  }
  put_back all;
  const auto since = text_of(options.since);
  const auto ended = options.does ? undo(*site, since, all, out) : look_back(*site, since, all);
  if (all.is_before_the_beginning(options.since))
    return fail("site " + site->name + " knows what it has changed since " + all.begins() +
                " and nothing of before; its target says how long it remembers");
  if (ended || all.changes() > 0)
    all.print(options, out);
  if (!ended)
    return fail(ended.error().text);
  if (!options.does && all.changes() > 0)
    out << "    matricula undo " << file.string() << " --site " << site->name << " --since " << since
        << " --yes puts it back\n";
  return options.does && all.any_refused() ? exit_failed : exit_done;
}

void add_undo_command(CLI::App& app, int& exit_code) {
  struct arguments {
    std::string file, since;
    undo_options options;
  };
  auto* const command =
      app.add_subcommand("undo", "Show what a site has changed since a time, or put it back");
  const auto given = std::make_shared<arguments>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_option("--site", given->options.site, "The site")->required();
  command->add_option("--since", given->since, "A time such as 2026-09-09T08:00 (UTC)")
      ->required()
      ->check([](const std::string& text) {
        return time_from_text(text) ? std::string{} : "not a time such as 2026-09-09T08:00: " + text;
      });
  command->add_flag("--yes", given->options.does, "Put it back, instead of only showing it");
  command->add_option("--examples", given->options.examples_max, "Ids on each line")->capture_default_str();
  command->footer(examples);
  command->callback([given, &exit_code] {
    given->options.since = *time_from_text(given->since);
    exit_code = undo_changes(given->file, given->options, system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
