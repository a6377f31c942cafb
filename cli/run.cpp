// SPDX-License-Identifier: Apache-2.0
#include "actors/publish/kafka_topics.hpp"
#include "actors/supervise/outage_log.hpp"
#include "actors/supervise/real_adapters.hpp"
#include "cli/command.hpp"
#include "cli/graph_process.hpp"
#include "cli/live_board.hpp"
#include "cli/logging.hpp"
#include "cli/plan.hpp"
#include "config/durations.hpp"
#include "config/load.hpp"
#include "config/node_of.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <nlohmann/json.hpp>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <malloc.h>
#include <memory>
#include <optional>
#include <string>
#include <sys/prctl.h>
#include <unistd.h>

namespace matricula {
namespace {

using std::chrono::milliseconds;

constexpr auto examples = R"(Examples:
  matricula run demo.toml
      runs every source and site of the file in this process, until SIGTERM or Ctrl-C; both drain: what has been read is
      committed before the process ends. A second one ends it at once, which loses nothing either.
  matricula run valencia.toml --node north
      runs what [[node]] north lists. A second process with the same source waits in standby and takes over when the
      first one dies.
  matricula run demo.toml --pages 3 --report report.json
      stops when three pages are applied at every site, and writes the figures of each page
  matricula run demo.toml --plan-first
      asks before it writes into a site for the first time, and shows what it would make there: see matricula plan
  matricula run demo.toml --wait 30s
      gives up with exit code 1 if Kafka or a site's database does not answer within 30 seconds; without --wait it
      waits, says for what and since when, and goes on as soon as it can

On a terminal it shows a line per source and site; otherwise JSON lines, figures on standard output and log on standard
error. Exit code 0: stopped, or all pages applied; 1: gave up, did not drain in time, was ended by a second signal, was
not allowed to start (--plan-first), or the topics are not as the topology says; 2: wrong usage; 78: bad topology file.)";

/// One try to reach Kafka.
constexpr milliseconds topics_wait{1'000};
constexpr milliseconds retry_delay{500};

struct run_options {
  std::string file, report, level = "info", wait;
  std::optional<std::string> node;
  std::uint64_t pages = 0;
  bool plan_first = false;
};

/// Keeps the sources and sites of one node; the lanes stay, for they say where records go.
void keep_only(topology& all, const node_settings& node) {
  const auto lists = [](const std::vector<std::string>& names, const std::string& name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  std::erase_if(all.sources, [&](const auto& source) { return !lists(node.sources, source.name); });
  std::erase_if(all.sites, [&](const auto& site) { return !lists(node.sites, site.name); });
}

/// Waits for so long. SIGTERM and SIGINT are blocked for the graph's sake; before it runs they end the
/// process here.
void wait_for_signal(milliseconds delay) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  const timespec time{delay.count() / 1000, delay.count() % 1000 * 1'000'000};
  if (sigtimedwait(&signals, nullptr, &time) > 0) {
    spdlog::info("stopped before anything was started");
    std::exit(exit_done);
  }
}

/// Tries until it works, or until `deadline`; logs what it waits for, and since when.
template <class Try>
bool wait_for(std::optional<std::chrono::steady_clock::time_point> deadline, Try attempt) {
  outage_log outage;
  for (;;) {
    const auto answer = attempt();
    const auto now = std::chrono::steady_clock::now();
    if (answer) {
      if (const auto line = outage.works(now))
        spdlog::info("{}", *line);
      return true;
    }
    if (deadline && now >= *deadline) {
      spdlog::error("gave up (--wait): {}", answer.error().text);
      return false;
    }
    if (const auto line = outage.failed(answer.error(), now, std::chrono::system_clock::now()))
      spdlog::warn("{}", *line);
    wait_for_signal(retry_delay);
  }
}

/// Whether Kafka has every topic as the topology says; prints what is not, and what mends it.
bool topics_fit(const topology& all, std::optional<std::chrono::steady_clock::time_point> deadline,
                const std::string& file) {
  std::vector<topic_difference> differences;
  const bool answered = wait_for(deadline, [&]() -> result<done> {
    auto compared = compare_topics(all, file, topics_wait);
    if (!compared)
      return compared.error();
    differences = *std::move(compared);
    return done{};
  });
  for (const auto& difference : differences)
    spdlog::error("topic {}: {}; {}", difference.topic, difference.what, difference.mend);
  if (!differences.empty())
    spdlog::error("not started; matricula topics {} shows every topic", file);
  return answered && differences.empty();
}

bool sites_answer(const deployment& deployment,
                  std::optional<std::chrono::steady_clock::time_point> deadline) {
  if (!deadline)
    return true;  // the appliers wait, each for its own site
  for (const auto& site : deployment.topology.sites) {
    const auto store = deployment.adapters.open_store(site);
    if (!wait_for(deadline, [&] { return store->open({site.topics.front(), 0}); }))
      return false;
  }
  return true;
}

/// Before any other thread starts, so that all of them inherit it.
void block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int number : {SIGTERM, SIGINT, SIGUSR2})
    sigaddset(&signals, number);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
}

/// Shows what sites that were never started would do, and asks. Ctrl-C ends the process meanwhile, as usual.
bool asked_first(const topology& all) {
  sigset_t signals, before;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_UNBLOCK, &signals, &before);
  const bool may = may_start(all, {}, std::cin, std::cout, std::cerr);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return may;
}

bool write_report(const std::string& file, const std::string& figures) {
  std::ofstream out{file};
  out << nlohmann::json::parse(figures).dump(2) << '\n';
  out.close();
  if (!out)
    spdlog::error("cannot write the report to {}", file);
  return static_cast<bool>(out);
}

/// A page is 20 MB and more, and the next one comes in a moment: the memory of the last one is kept for it. Given back
/// and taken anew, it costs a fifth of what reading the page does.
void keep_memory() {
  constexpr int greatest_kept_bytes = 32 << 20, top_kept_bytes = 256 << 20;
  mallopt(M_MMAP_THRESHOLD, greatest_kept_bytes);
  mallopt(M_TRIM_THRESHOLD, top_kept_bytes);
}

/// librdkafka before 2.4 (its issue 4684) cuts its wait for a timer to whole milliseconds, and spins until that is due:
/// three times a second in every client, most of what an idle process costs. A wait that may end a millisecond late ends
/// behind the timer. Before any other thread starts, so that all of them inherit it.
void let_waits_end_late() {
  constexpr unsigned long slack_ns_max = 1'000'000;
  prctl(PR_SET_TIMERSLACK, slack_ns_max);
}

int run_topology(const run_options& options) {
  block_signals();
  let_waits_end_late();
  keep_memory();
  const bool terminal = isatty(STDOUT_FILENO) == 1;
  const auto board = std::make_shared<live_board>();
  if (terminal)
    log_to_board(board, options.level);
  else
    log_to_json(options.level);

  if (!options.report.empty() && !std::ofstream{options.report, std::ios::app}) {
    std::cerr << "--report " << options.report << ": cannot be written; does its folder exist?\n";
    return exit_wrong_usage;
  }
  const auto* const bugs = std::getenv("MATRICULA_CRASH");
  auto crashes = planned_crashes(bugs == nullptr ? "" : bugs);
  if (!crashes) {
    std::cerr << "MATRICULA_CRASH=" << bugs
              << " is not understood. It is for tests: KIND@MILLISECONDS, as applier@1500; with "
                 ":CALL it throws at a call of its adapters, as fetcher@2000:before_read\n";
    return exit_wrong_usage;
  }
  auto loaded = load_topology(options.file);
  if (!loaded) {
    for (const auto& problem : loaded.problems)
      std::cerr << text_of(problem) << '\n';
    return exit_bad_configuration;
  }
  const auto node = node_of(*loaded.topology, options.node);
  if (!node) {
    std::cerr << unknown_node(*loaded.topology, *options.node) << '\n';
    return exit_wrong_usage;
  }
  std::optional<std::chrono::steady_clock::time_point> deadline;
  if (!options.wait.empty())
    deadline = std::chrono::steady_clock::now() + *config::duration_from(options.wait);
  if (!topics_fit(*loaded.topology, deadline, options.file))
    return exit_failed;

  keep_only(*loaded.topology, *node);
  if (options.pages != 0 && loaded.topology->sources.empty()) {
    std::cerr << "--pages counts a source's pages, and node " << node->name << " runs no source\n";
    return exit_wrong_usage;
  }
  if (options.plan_first && !asked_first(*loaded.topology))
    return exit_failed;
  auto made = std::make_shared<deployment>();
  made->adapters = real_adapters(*loaded.topology);
  made->topology = *std::move(loaded.topology);
  made->pages_max = options.pages;
  if (!sites_answer(*made, deadline))
    return exit_failed;

  graph_process process;
  process.crashes = *std::move(crashes);
  if (!process.crashes.empty())
    made->adapters = throwing_adapters(made->adapters, made->topology.pipeline.name, process.crashes);
  std::string figures;
  process.deployment = made;
  process.figures_every = terminal ? milliseconds{500} : milliseconds{10'000};
  process.on_figures = [&](const std::string& json) {
    figures = json;
    if (terminal)
      board->show(board_lines(json));
    else
      std::cout << json << std::endl;
  };
  const auto report = [&] { return options.report.empty() || write_report(options.report, figures); };
  const auto tell_if_it_gave_up = [](run_outcome outcome) {
    if (outcome == run_outcome::gave_up)
      spdlog::error("ended because a supervisor gave up or died; nothing committed is lost, and it may "
                    "be started again");
  };
  process.on_stuck = [&](run_outcome outcome) {
    report();
    tell_if_it_gave_up(outcome);
    spdlog::error("{} within {} ms (limits.drain_timeout_ms); ends now, nothing committed is lost",
                  outcome == run_outcome::stuck ? "did not drain" : "an actor has not returned from a call",
                  made->topology.limits.drain_timeout_ms);
    std::cout.flush();
    _exit(exit_failed);
  };
  const auto outcome = process.run();
  tell_if_it_gave_up(outcome);
  const bool reported = report();
  return reported && outcome != run_outcome::gave_up ? exit_done : exit_failed;
}

}  // namespace

void add_run_command(CLI::App& app, int& exit_code) {
  auto* const command = app.add_subcommand("run", "Run a topology, or one node of it");
  const auto options = std::make_shared<run_options>();
  command->add_option("topology", options->file, "The topology file (TOML)")->required();
  command->add_option("--node", options->node, "Run only what this [[node]] lists");
  command
      ->add_option(
          "--pages", options->pages,
          "Stop when each source has read this many pages, those of retries counted, and they are applied")
      ->check(CLI::PositiveNumber);
  command->add_flag("--plan-first", options->plan_first,
                    "Show what sites that were never started would do, and ask before their first write");
  command->add_option("--report", options->report, "Write the run's figures to this file, as JSON");
  command
      ->add_option("--wait", options->wait,
                   "Give up if Kafka or a database does not answer within this time, as 30s")
      ->check([](const std::string& text) {
        return config::duration_from(text) ? std::string{}
                                           : "'" + text + "' is no duration; write it as 30s or 500ms";
      });
  command->add_option("--log-level", options->level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
      ->capture_default_str();
  command->footer(examples);
  command->callback([options, &exit_code] { exit_code = run_topology(*options); });
}

}  // namespace matricula
