// SPDX-License-Identifier: Apache-2.0
#include "fault_run.hpp"

#include <algorithm>
#include <csignal>
#include <pqxx/pqxx>

namespace matricula::faults {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds look_every{50};
/// From one reading of all rows to the next.
constexpr milliseconds compare_every{500};
/// Beside what even a slow load takes, at so many records a second: then a run has come to a halt.
constexpr seconds load_wait{180};
constexpr std::uint64_t slow_load = 500;
constexpr seconds drain_max{10};
/// What a stopped process has sent may still take effect for so long.
constexpr milliseconds in_flight_max{500};
/// From one batch of a partition to the next, while somebody works on it.
constexpr seconds at_work_max{3};

}  // namespace

fault_run::fault_run(const services& on, const std::filesystem::path& folder, const run_settings& settings,
                     const wishes& what)
    : settings_(settings)
    , lots_(settings.seed)
    , world_(on, folder, what)
    , watcher_(world_)
    , reader_(on.bootstrap()) {}

void fault_run::note(const std::string& what) { note_ += (note_.empty() ? "" : ", ") + what; }

void fault_run::start(const std::string& name, const std::string& node,
                      const running_process::variables& more) {
  kept_[name] = {node, more};
  world_.start(name, node, more);
}

void fault_run::kill(const std::string& name) {
  world_.note_rss();
  kept_.erase(name);
  world_.process(name).kill();
}

void fault_run::terminate(const std::vector<std::string>& names) {
  world_.note_rss();
  const auto began = steady_clock::now();
  for (const auto& name : names) {
    kept_.erase(name);
    world_.process(name).signal(SIGTERM);
  }
  for (const auto& name : names) {
    const auto code = world_.process(name).exit_code();
    if (code != 0)
      problem(name + " ended with " + (code ? std::to_string(*code) : "nothing") + " after SIGTERM");
    if (steady_clock::now() - began > drain_max)
      problem(name + " took longer than " + std::to_string(drain_max.count()) + " s to drain");
  }
}

void fault_run::look_after_processes() {
  world_.note_rss();
  for (const auto& [name, how] : kept_)
    if (!world_.process(name).alive()) {
      problem(name + " ended by itself");
      world_.start(name, how.node, how.more);
    }
}

bool fault_run::wait(const std::string& what_for, seconds at_most, const std::function<bool()>& condition) {
  const auto deadline = steady_clock::now() + at_most;
  while (!condition()) {
    if (steady_clock::now() > deadline) {
      problem("not within " + std::to_string(at_most.count()) + " s: " + what_for);
      return false;
    }
    pass(look_every);
  }
  return true;
}

void fault_run::pass(milliseconds time) {
  const auto until = steady_clock::now() + time;
  do {
    look_after_processes();
    std::this_thread::sleep_for(std::min<steady_clock::duration>(look_every, until - steady_clock::now()));
  } while (steady_clock::now() < until);
}

std::uint64_t fault_run::published() {
  std::uint64_t sum = 0;
  for (const auto& site : world_.sites())
    for (const auto end : reader_.ends(site.topic))
      sum += static_cast<std::uint64_t>(end);
  return sum;
}

std::map<std::int32_t, std::int64_t> fault_run::offsets_of(const lane_site& site) const {
  std::map<std::int32_t, std::int64_t> all;
  pqxx::connection connection{world_.direct_url(site)};
  pqxx::nontransaction work{connection};
  if (!work.exec("select to_regclass('matricula.positions')")[0][0].is_null())
    for (const auto row : work.exec("select partition, next_offset from matricula.positions"))
      all[row[0].as<std::int32_t>()] = row[1].as<std::int64_t>();
  return all;
}

std::int64_t fault_run::read_of(const lane_site& site) const {
  std::int64_t sum = 0;
  for (const auto& [partition, offset] : offsets_of(site))
    sum += offset;
  return sum;
}

std::int64_t fault_run::behind(const lane_site& site) {
  std::int64_t sum = -read_of(site);
  for (const auto end : reader_.ends(site.topic))
    sum += end;
  return sum;
}

void fault_run::load(double share) {
  const auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(settings_.records));
  wait(std::to_string(wanted) + " records published", load_wait + seconds{wanted / slow_load}, [&] {
    try {
      return published() >= wanted;
    } catch (const std::exception&) {
      return false;  // Kafka is gone, which may be what is tried
    }
  });
}

void fault_run::goes_on_during(milliseconds time, const std::vector<std::string>& sites) {
  const auto half = steady_clock::now() + time / 2;
  pass(time);
  if (!resumed_after({half, true, sites}))
    problem("nothing went on for " + std::to_string(time.count()) + " ms: " + note_);
}

void fault_run::stands_still_during(milliseconds time, bool source, const std::vector<std::string>& sites) {
  const auto half = steady_clock::now() + time / 2;
  pass(time);
  if (source && watcher_.page_after(half))
    problem("pages were committed all the same: " + note_);
  for (const auto& site : sites)
    if (watcher_.write_after(site, half))
      problem(site + " was written all the same: " + note_);
}

double fault_run::pages_per_second_so_far() const {
  const auto first = watcher_.first_page();
  return first ? pages_per_second_since(*first) : 0;
}

double fault_run::pages_per_second_since(steady_clock::time_point from) const {
  const std::chrono::duration<double> time = steady_clock::now() - from;
  return static_cast<double>(watcher_.pages_since(from)) / time.count();
}

void fault_run::resumes(bool source, const std::vector<std::string>& sites) {
  expected_.push_back({steady_clock::now(), source, sites});
}

void fault_run::await_resumption() {
  for (const auto& what : expected_)
    wait("work goes on", seconds{120}, [&] { return resumed_after(what).has_value(); });
}

void fault_run::every_partition_is_read_on() {
  pass(in_flight_max);
  for (const auto& site : world_.sites()) {
    auto before = offsets_of(site);
    // Whoever was stopped may not have begun some of his.
    const auto ends = reader_.ends(site.topic);
    for (std::size_t partition = 0; partition < ends.size(); ++partition)
      if (ends[partition] > 0)
        before.try_emplace(static_cast<std::int32_t>(partition), 0);
    wait("every partition of " + site.site + " is read on", seconds{120}, [&] {
      auto now = offsets_of(site);
      return std::all_of(before.begin(), before.end(),
                         [&](const auto& each) { return now[each.first] > each.second; });
    });
  }
}

void fault_run::every_partition_resumes() {
  const auto from = steady_clock::now();
  every_partition_is_read_on();
  const auto once = steady_clock::now();
  // A commit that was under way, on a disk that is slow, may look like work that goes on.
  every_partition_is_read_on();
  const auto twice = steady_clock::now();
  resumptions_.push_back({(twice - once > at_work_max ? twice : once) - from, "partitions"});
}

std::optional<fault_run::resumption> fault_run::resumed_after(const expected& what) const {
  resumption worst;
  const auto count = [&](const std::string& name, const std::optional<steady_clock::duration>& took) {
    if (took > worst.after)
      worst = {*took, name};
    return took.has_value();
  };
  if (what.source && !count("pages", watcher_.page_after(what.from)))
    return std::nullopt;
  for (const auto& site : what.sites)
    if (!count(site, watcher_.write_after(site, what.from)))
      return std::nullopt;
  return worst;
}

run_result fault_run::finish(const std::string& cell) {
  run_result result;
  result.cell = cell;
  result.seed = settings_.seed;
  result.note = note_;
  result.left_out = left_out_;
  if (left_out_)
    return result;
  await_resumption();
  bool has_resumed = true;
  for (const auto& what : expected_) {
    if (const auto each = resumed_after(what))
      resumptions_.push_back(*each);
    else
      has_resumed = false;
  }
  const auto worst = std::max_element(resumptions_.begin(), resumptions_.end(),
                                      [](const auto& a, const auto& b) { return a.after < b.after; });
  if (has_resumed && worst != resumptions_.end()) {
    result.resumed_s = std::chrono::duration<double>(worst->after).count();
    result.resumed_last = worst->last;
  }

  const auto& simulator = world_.simulator();
  simulator.change(0);
  const auto sweeps = simulator.sweeps();
  wait("a whole sweep", load_wait, [&] { return simulator.sweeps() >= sweeps + 2; });
  wait("the sites as the truth", settle_, [&] {
    if (sites_are_as_the_truth(world_))
      return true;
    pass(compare_every);
    return false;
  });
  world_.note_rss();
  if (drains_at_end_) {
    std::vector<std::string> running;
    for (const auto& [name, how] : kept_)
      running.push_back(name);
    terminate(running);
  }
  result.found = judge(world_);
  result.rss_peak_bytes = world_.rss_peak();
  result.outage_memory = outage_memory_;
  result.problems = problems_;
  result.note = note_;
  return result;
}

}  // namespace matricula::faults
