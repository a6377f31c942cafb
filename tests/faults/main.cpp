// SPDX-License-Identifier: Apache-2.0
#include "cells.hpp"
#include "connect_peer.hpp"
#include "results.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <future>
#include <iostream>
#include <map>
#include <mutex>
#include <optional>
#include <unistd.h>

namespace {

using namespace matricula::faults;

constexpr const char* examples = R"(
Examples:
  faults                                 every cell once, with seed 1
  faults --cell zombie-source --runs 5   five seeds of one cell
  faults --cell kill-sites --seed 17     the run that a report names
  faults --runs 20 --jobs 2 --results all.jsonl
                                         a full round; called again it goes on where it was interrupted
  faults --list                          the cells
  faults --cell zombie-site --against kafka-connect --runs 4
                                         the same fault for Kafka Connect with the Debezium JDBC sink
  faults --cell kill-sites --target moodle
                                         the same fault for sites that are Moodle's tables

Each run has topics and databases of its own; Kafka and PostgreSQL are started and removed by this program. A run that
fails keeps its folder, with the logs of every process, and prints the command that repeats it.
Exit code 0: nothing lost, twice, out of order, unseen or wrongly quarantined in any run asked for; 1: something was,
--minutes were over before the last of them, or a round had to leave a cell out; 2: wrong usage. A run that --results holds
already counts like the others.
)";

struct options {
  std::vector<std::string> cells;
  std::uint64_t runs = 1;
  run_settings settings;
  std::optional<std::uint64_t> outage_s;  ///< instead of the cell's own
  std::int64_t every_ms = 100;
  double minutes = 0;
  int jobs = 1;
  std::string results_file, folder = (std::filesystem::temp_directory_path() / "matricula-faults").string();
  std::string target = "classrooms";
  std::string against;  ///< what runs the sites in matricula's place; empty: nothing
  /// From one commit of Kafka Connect's offsets to the next (its offset.flush.interval.ms), instead of its default.
  std::optional<std::int64_t> offset_flush_interval_ms;
  std::string commit;
  bool list = false;
  bool whole_round = true;  ///< no cell was named

  run_extent extent_of(const cell& which) const {
    return {settings.records, outage_s.value_or(which.outage_s), static_cast<std::uint64_t>(every_ms)};
  }
  /// A cell's name in the results.
  std::string title(const std::string& cell) const {
    return cell + (against.empty() ? "" : " against " + against) +
           (offset_flush_interval_ms ? fmt::format(", offset.flush.interval.ms {}", *offset_flush_interval_ms)
                                     : "") +
           (target == "classrooms" ? "" : " into " + target);
  }
};

/// What differs from the truth after so long a rest is not mended any more.
constexpr std::chrono::seconds peer_settles_within{60};

std::string repeat_command(const std::string& cell, const options& wanted, const run_settings& settings) {
  const std::string preset = MATRICULA_PRESET;
  return fmt::format("scripts/faults {}--cell {}{}{}{} --seed {} --records {} --outage {}{}",
                     preset == "release" ? "" : "--preset " + preset + ' ', cell,
                     wanted.against.empty() ? "" : " --against " + wanted.against,
                     wanted.offset_flush_interval_ms
                         ? fmt::format(" --offset-flush-interval {}", *wanted.offset_flush_interval_ms)
                         : "",
                     wanted.target == "classrooms" ? "" : " --target " + wanted.target, settings.seed,
                     settings.records, settings.outage.count(),
                     wanted.every_ms == 100 ? "" : fmt::format(" --every {}", wanted.every_ms));
}

run_result run_cell(const cell& which, const options& wanted, const services& on,
                    const std::filesystem::path& folder, const run_settings& settings) {
  wishes what;
  what.seed = settings.seed;
  what.every = std::to_string(wanted.every_ms) + "ms";
  what.records = std::max<std::uint64_t>(settings.records / 5, 2'000);
  what.limits = which.limits;
  what.page_records_max = which.page_records_max;
  what.target = wanted.target;
  std::filesystem::remove_all(folder);
  try {
    fault_run run{on, folder, settings, what};
    std::optional<connect_peer> peer;
    if (!wanted.against.empty()) {
      peer.emplace(run.world(), wanted.offset_flush_interval_ms);
      run.is_against(*peer);
      run.settles_within(peer_settles_within);
    }
    which.strike(run);
    auto result = run.finish(wanted.title(which.name));
    result.extent = wanted.extent_of(which);
    result.commit = wanted.commit;
    if (!which.may_repeat && result.found.repeated > 0)
      result.problems.push_back(fmt::format("{} records published again", result.found.repeated));
    if (peer) {
      for (const auto& failed : peer->failed_tasks())
        result.problems.push_back(failed);
      if (result.found.lost + result.found.unseen > 0)
        for (const auto& busy : peer->busy_sites())
          result.problems.push_back(busy);
    }
    return result;
  } catch (const std::exception& error) {
    run_result failed;
    failed.cell = wanted.title(which.name);
    failed.seed = settings.seed;
    failed.extent = wanted.extent_of(which);
    failed.commit = wanted.commit;
    failed.problems.emplace_back(error.what());
    return failed;
  }
}

std::string resumed_text(const run_result& result) {
  return result.resumed_s ? fmt::format("resumed {:>4.1f} s ({})", *result.resumed_s, result.resumed_last)
                          : "did not resume, or is not asked to";
}

void print(const run_result& result, double seconds) {
  std::cout << fmt::format("{:<16} seed {:>3}  {:>7} records  {:>5.1f} s  {}  {:>4} MB  {}  {}\n",
                           result.cell, result.seed, result.found.records, seconds, resumed_text(result),
                           result.rss_peak_bytes / 1'000'000, result.clean() ? "clean" : "NOT CLEAN",
                           result.note)
            << std::flush;
  if (result.clean())
    return;
  std::cout << fmt::format(
      "    lost {}, twice {}, out of order {}, unseen {}, quarantined by mistake {} {}\n", result.found.lost,
      result.found.twice, result.found.out_of_order, result.found.unseen, result.found.quarantined,
      result.found.example);
  if (result.found.out_of_order > 0)
    std::cout << fmt::format("    a row was back for up to {:.1f} s\n", result.found.back_s);
  for (const auto& problem : result.problems)
    std::cout << "    " << problem << '\n';
}

/// Runs what is wanted and not done yet, so many runs at a time.
class matrix_round {
 public:
  matrix_round(const options& wanted, results& so_far)
      : wanted_(wanted)
      , so_far_(so_far) {
    for (const auto& which : cells())
      for (std::uint64_t i = 0; i < wanted.runs; ++i)
        if (std::find(wanted.cells.begin(), wanted.cells.end(), which.name) != wanted.cells.end()) {
          const auto seed = wanted.settings.seed + i;
          if (const auto* run = so_far.find(wanted.title(which.name), seed, wanted.extent_of(which))) {
            clean_ = clean_ && run->clean();
            of_other_commits_ += run->commit == wanted.commit ? 0U : 1U;
          } else {
            left_.push_back({&which, seed});
          }
        }
  }

  /// Whether every run was clean, those that the results held already, too, and a round has left none out.
  bool run_all() {
    for (const auto kind : {ground::one_broker, ground::three_brokers, ground::hosts_apart}) {
      // Threads, for the network that a process is on is that of the thread which starts it.
      std::vector<std::future<void>> workers;
      for (int job = 1; job <= wanted_.jobs; ++job)
        workers.push_back(std::async(std::launch::async, [this, kind, job] { work(kind, job); }));
      for (auto& each : workers)
        each.get();
    }
    if (!left_.empty())
      std::cout << fmt::format("\n{} runs are left: {} minutes are over\n", left_.size(), wanted_.minutes);
    if (of_other_commits_ > 0)
      std::cout << fmt::format(
          "\n{} runs that were held already are of another commit than {}: --results with a new file "
          "runs them at this one\n",
          of_other_commits_, wanted_.commit);
    for (const auto& [cell, runs] : left_out_)
      std::cout << fmt::format("\n{} runs of {} were left out, and are not in the table\n", runs, cell);
    return clean_ && left_.empty() && (left_out_.empty() || !wanted_.whole_round);
  }

 private:
  struct task {
    const cell* which;
    std::uint64_t seed;
  };

  std::optional<task> take(ground kind) {
    const std::lock_guard lock{mutex_};
    const auto next =
        std::find_if(left_.begin(), left_.end(), [&](const auto& each) { return each.which->on == kind; });
    if (next == left_.end() ||
        (wanted_.minutes > 0 && steady_clock::now() - began_ > minutes{wanted_.minutes}))
      return std::nullopt;
    const auto taken = *next;
    left_.erase(next);
    return taken;
  }

  void work(ground kind, int job) {
    std::optional<network> apart;
    std::optional<services> on;
    while (const auto next = take(kind)) {
      if (!on)
        start_services(kind, job, apart, on);
      auto settings = wanted_.settings;
      settings.seed = next->seed;
      settings.outage = std::chrono::seconds{wanted_.extent_of(*next->which).outage_s};
      run(*next->which, *on, settings);
    }
  }

  void start_services(ground kind, int job, std::optional<network>& apart,
                      std::optional<services>& on) const {
    constexpr const char* names[] = {"one-broker", "three-brokers", "hosts-apart"};
    if (kind == ground::hosts_apart && geteuid() == 0)
      apart.emplace().enter();
    on.emplace(std::filesystem::path{wanted_.folder} /
                   (names[static_cast<std::size_t>(kind)] + ('-' + std::to_string(job))),
               kind == ground::three_brokers ? 3 : 1, apart ? &*apart : nullptr);
  }

  void run(const cell& which, const services& on, const run_settings& settings) {
    const auto folder = std::filesystem::path{wanted_.folder} /
                        (which.name + wanted_.against + '-' + std::to_string(settings.seed));
    const auto began = steady_clock::now();
    const auto result = run_cell(which, wanted_, on, folder, settings);
    const std::lock_guard lock{mutex_};
    if (result.left_out) {
      std::cout << fmt::format("{:<16} seed {:>3}  {}\n", result.cell, result.seed, result.note)
                << std::flush;
      ++left_out_[result.cell];
      return;
    }
    print(result, std::chrono::duration<double>(steady_clock::now() - began).count());
    so_far_.add(result);
    if (result.clean()) {
      std::filesystem::remove_all(folder);
      return;
    }
    clean_ = false;
    std::cout << "    logs: " << folder.string()
              << "\n    again: " << repeat_command(which.name, wanted_, settings) << '\n';
  }

  using minutes = std::chrono::duration<double, std::ratio<60>>;

  const options& wanted_;
  const steady_clock::time_point began_ = steady_clock::now();
  std::mutex mutex_;
  // From here on under the mutex.
  results& so_far_;
  std::vector<task> left_;
  std::map<std::string, std::uint64_t> left_out_;  // runs, by the cell's title
  bool clean_ = true;
  std::uint64_t of_other_commits_ = 0;  // of the runs that the results held already
};

/// Beside the runs: all.jsonl, all.json. Answers where.
std::filesystem::path write_json(const results& so_far, const std::vector<results::title>& cells) {
  auto file = so_far.file();
  file.replace_extension(file.extension() == ".json" ? ".table.json" : ".json");
  std::ofstream out{file};
  out << so_far.table_json(cells);
  if (!out.flush())
    throw std::runtime_error{"cannot write " + file.string()};
  return file;
}

}  // namespace

int main(int argc, char** argv) {
  options wanted;
  std::vector<std::string> names;
  for (const auto& each : cells())
    names.push_back(each.name);
  CLI::App app{"Breaks a running matricula in every way of the matrix and judges what came of it."};
  app.footer(examples);
  app.add_option("--cell", wanted.cells, "Only this cell; may be repeated")->check(CLI::IsMember(names));
  app.add_option("--runs", wanted.runs, "Runs of each cell, each with the next seed")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--seed", wanted.settings.seed, "Of the first run")->capture_default_str();
  app.add_option("--records", wanted.settings.records, "Records to publish in each run, at least")
      ->check(CLI::Range(2'000, 100'000'000))
      ->capture_default_str();
  app.add_option("--outage", wanted.outage_s,
                 "Seconds that a database or a line is gone, in place of the cell's own")
      ->check(CLI::PositiveNumber);
  app.add_option("--every", wanted.every_ms, "Milliseconds from page to page, of which half changes")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--minutes", wanted.minutes, "Begins no run after so many minutes; 0: runs all")
      ->capture_default_str();
  app.add_option("--jobs", wanted.jobs, "Runs at a time, each on services of its own")
      ->check(CLI::Range(1, 16))
      ->capture_default_str();
  app.add_option("--results", wanted.results_file,
                 "File for a line of JSON per run; runs that it holds are not run again");
  app.add_option("--folder", wanted.folder, "For services, topologies and logs")->capture_default_str();
  app.add_option("--against", wanted.against,
                 "Runs the sites by this in matricula's place: cells kill-sites and zombie-site")
      ->check(CLI::IsMember({"kafka-connect"}));
  app.add_option(
         "--offset-flush-interval", wanted.offset_flush_interval_ms,
         "Milliseconds from one commit of Kafka Connect's offsets to the next, instead of its default")
      ->check(CLI::PositiveNumber);
  app.add_option("--target", wanted.target,
                 "What the sites are: plain tables, or Moodle's, which are judged, too")
      ->check(CLI::IsMember({"classrooms", "moodle"}))
      ->capture_default_str();
  app.add_option("--commit", wanted.commit, "Of the programs, to stand in the results");
  app.add_flag("--list", wanted.list, "Name the cells");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 2;
  }
  if (wanted.list) {
    for (const auto& each : cells())
      std::cout << fmt::format("{:<16} {}\n", each.name, each.what);
    return 0;
  }
  if (wanted.against.empty() && wanted.offset_flush_interval_ms) {
    std::cerr << "faults: --offset-flush-interval is Kafka Connect's and needs --against kafka-connect\n";
    return 2;
  }
  if (!wanted.against.empty() && wanted.target != "classrooms") {
    std::cerr << "faults: --against writes one flat table and needs --target classrooms\n";
    return 2;
  }
  wanted.whole_round = wanted.cells.empty();
  if (!wanted.against.empty()) {
    const auto& possible = connect_peer::cells();
    for (const auto& each : wanted.cells)
      if (possible.find(each) == possible.end()) {
        std::cerr << "faults: --against needs another cell than " << each << ": "
                  << fmt::format("{}\n", fmt::join(possible, ", "));
        return 2;
      }
    if (wanted.cells.empty())
      wanted.cells.assign(possible.begin(), possible.end());
  }
  if (wanted.cells.empty())
    for (const auto& each : cells())
      if (!each.only_by_name)
        wanted.cells.push_back(each.name);
  wanted.folder += '-' + std::to_string(getpid());
  try {
    results so_far{wanted.results_file.empty() ? std::filesystem::path{wanted.folder} / "results.jsonl"
                                               : std::filesystem::path{wanted.results_file}};
    const bool clean = matrix_round{wanted, so_far}.run_all();
    std::vector<results::title> titles;
    for (const auto& each : cells()) {
      titles.push_back({each.name, each.resumes_within_s});
      if (const auto title = wanted.title(each.name); title != each.name)
        titles.push_back({title, each.resumes_within_s});
    }
    std::cout << '\n'
              << so_far.table(titles) << "\nThe same as JSON: " << write_json(so_far, titles).string()
              << "\nEach run: " << so_far.file().string()
              << "; --results with this file goes on from there\n";
    return clean ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << "faults: " << error.what() << '\n';
    return 1;
  }
}
