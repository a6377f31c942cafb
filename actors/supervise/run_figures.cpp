// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/run_figures.hpp"

#include <fmt/chrono.h>
#include <nlohmann/json.hpp>

#include <sys/resource.h>

#include <algorithm>
#include <ctime>
#include <fstream>
#include <string_view>

namespace matricula {
namespace {

using json_value = nlohmann::json;

/// Times kept per partition: a page's receipt comes a few batches after its records at the most.
constexpr std::size_t reached_max = 64;

/// Pages over which the rate of reading is taken.
constexpr std::size_t rate_pages = 10;

double milliseconds_between(steady_time from, steady_time to) {
  return std::chrono::duration<double, std::milli>(to - from).count();
}

/// The same moment by the clock on the wall, UTC.
std::string time_text(steady_time at) {
  using namespace std::chrono;
  const auto ago = duration_cast<milliseconds>(steady_clock::now() - at);
  const auto wall = duration_cast<milliseconds>(system_clock::now().time_since_epoch()) - ago;
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(static_cast<std::time_t>(wall.count() / 1'000)),
                     wall.count() % 1'000);
}

double seconds_of(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

/// The most memory that this program has had, by proc(5). getrusage knows it too, but of the process: what that was
/// before it became this program counts there, so that a child of a large process seems to be large.
std::uint64_t rss_peak_bytes() {
  constexpr std::string_view name = "VmHWM:";
  std::ifstream status{"/proc/self/status"};
  for (std::string line; std::getline(status, line);)
    if (line.compare(0, name.size(), name) == 0)
      return std::stoull(line.substr(name.size())) * 1024;
  return 0;
}

/// CPU time and peak memory of this process, as the operating system counts them.
json_value process_figures() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  return {{"cpu_user_s", seconds_of(usage.ru_utime)},
          {"cpu_system_s", seconds_of(usage.ru_stime)},
          {"rss_peak_bytes", rss_peak_bytes()}};
}

}  // namespace

run_figures::run_figures(std::vector<std::string> sources, std::vector<site_topics> sites,
                         std::size_t pages_max, steady_time began)
    : pages_max_(pages_max)
    , began_(began) {
  for (auto& name : sources) {
    auto& source = sources_.emplace_back();
    source.name = std::move(name);
    source.state = "starting";
  }
  for (auto& [name, topics] : sites) {
    auto& site = sites_.emplace_back();
    site.name = std::move(name);
    site.topics = std::move(topics);
    site.state = "starting";
  }
}

run_figures::source_figures* run_figures::source_named(const std::string& name) {
  const auto found =
      std::find_if(sources_.begin(), sources_.end(), [&](const auto& s) { return s.name == name; });
  return found == sources_.end() ? nullptr : &*found;
}

run_figures::site_figures* run_figures::site_named(const std::string& name) {
  const auto found =
      std::find_if(sites_.begin(), sites_.end(), [&](const auto& s) { return s.name == name; });
  return found == sites_.end() ? nullptr : &*found;
}

bool run_figures::subscribes(const site_figures& site, const std::string& topic) const {
  return std::find(site.topics.begin(), site.topics.end(), topic) != site.topics.end();
}

void run_figures::page(const page_receipt& receipt) {
  auto& page = pages_.emplace_back();
  page.receipt = receipt;
  for (const auto& end : receipt.ends)
    for (std::size_t i = 0; i < sites_.size(); ++i)
      if (subscribes(sites_[i], end.where.topic))
        page.awaited_at.push_back({i, end.where, end.last_offset});
  if (auto* source = source_named(receipt.source)) {
    ++source->pages;
    source->last_page = receipt.number;
    source->read += receipt.read;
    source->unchanged += receipt.unchanged;
    source->changed += receipt.changed;
    source->quarantined += receipt.quarantined;
    source->last_pages.push_back({receipt.requested_at, receipt.published_at, receipt.read});
    if (source->last_pages.size() > rate_pages)
      source->last_pages.pop_front();
  }
  settle(page);
  if (pages_.size() > pages_max_)
    pages_.pop_front();
}

void run_figures::begins(const std::string& name, const source_position& position) {
  auto* const source = source_named(name);
  if (source == nullptr)
    return;
  page_receipt lost;
  lost.source = name;
  lost.sweep = position.sweep;
  lost.ends = position.ends;
  lost.requested_at = lost.published_at = std::chrono::steady_clock::now();
  for (auto last = source->last_page.value_or(position.page_number); last < position.page_number;) {
    lost.number = ++last;
    page(lost);
  }
  source->last_page = position.page_number;
}

void run_figures::applied(const std::string& name, const applied_receipt& receipt) {
  auto* site = site_named(name);
  if (site == nullptr)
    return;
  ++site->batches;
  site->records += receipt.records;
  site->created += receipt.created;
  site->changed += receipt.changed;
  site->withdrawn += receipt.withdrawn;
  site->unchanged += receipt.unchanged;
  site->superseded += receipt.superseded;
  site->held += receipt.held;
  site->quarantined += receipt.quarantined;
  site->applied_at = std::max(site->applied_at.value_or(receipt.applied_at), receipt.applied_at);
  auto& times = site->partitions[{receipt.from.topic, receipt.from.partition}];
  times.push_back({receipt.next_offset, receipt.applied_at});
  if (times.size() > reached_max)
    times.pop_front();
  for (auto& page : pages_)
    if (!page.applied_at)
      settle(page);
}

void run_figures::lag(const std::string& name, std::int64_t entries) {
  if (auto* site = site_named(name))
    site->lag = entries;
}

void run_figures::event(const stage_event& event) {
  if (!event.part.empty()) {
    auto* const site = site_named(event.stage.substr(event.stage.find(':') + 1));
    if (site != nullptr && event.what == "running")
      site->parts.erase(event.part);
    else if (site != nullptr)
      site->parts[event.part] = event.what;
    return;
  }
  const auto colon = event.stage.find(':');
  const auto name = event.stage.substr(colon == std::string::npos ? event.stage.size() : colon + 1);
  const auto note = [&](auto* figures) {
    if (figures == nullptr)
      return;
    figures->state = event.what;
    if (event.what == "restarting")
      ++figures->restarts;
  };
  if (event.stage.rfind("source:", 0) == 0)
    note(source_named(name));
  else
    note(site_named(name));
}

std::optional<steady_time> run_figures::reached_at(const awaited& what) const {
  const auto& partitions = sites_[what.site].partitions;
  const auto found = partitions.find({what.where.topic, what.where.partition});
  if (found == partitions.end() || found->second.back().next_offset <= what.last_offset)
    return std::nullopt;
  for (const auto& time : found->second)
    if (time.next_offset > what.last_offset)
      return time.at;
  return std::nullopt;
}

void run_figures::settle(page_figures& page) {
  auto applied_at = page.receipt.published_at;
  for (const auto& what : page.awaited_at) {
    const auto at = reached_at(what);
    if (!at)
      return;
    applied_at = std::max(applied_at, *at);
    auto& at_site = page.applied_at_site[sites_[what.site].name];
    at_site = std::max(at_site, *at);
  }
  page.applied_at = applied_at;
  page.awaited_at.clear();
  for (const auto& lane : page.receipt.lanes)
    for (const auto& site : sites_)
      if (subscribes(site, lane.topic))
        page.applied += lane.changed;
  if (auto* source = source_named(page.receipt.source))
    ++source->pages_applied;
}

bool run_figures::pages_applied(std::uint64_t pages) const {
  return std::all_of(sources_.begin(), sources_.end(),
                     [&](const auto& source) { return source.pages_applied >= pages; });
}

std::string run_figures::json(bool with_pages) const {
  auto pages = json_value::array();
  for (const auto& [receipt, awaited_at, applied_at, applied_at_site, applied] : pages_) {
    if (!with_pages)
      break;
    json_value entry{{"source", receipt.source},
                     {"page", receipt.number},
                     {"sweep", receipt.sweep},
                     {"read", receipt.read},
                     {"unchanged", receipt.unchanged},
                     {"changed", receipt.changed},
                     {"published", receipt.changed},
                     {"applied", applied},
                     {"quarantined", receipt.quarantined},
                     {"repeated", receipt.repeated},
                     {"bytes", receipt.bytes},
                     {"requested_ms", milliseconds_between(began_, receipt.requested_at)},
                     {"published_ms", milliseconds_between(receipt.requested_at, receipt.published_at)}};
    entry["applied_ms"] =
        applied_at ? json_value(milliseconds_between(receipt.requested_at, *applied_at)) : json_value();
    auto& by_site = entry["applied_ms_at"] = json_value::object();
    for (const auto& [site, at] : applied_at_site)
      by_site[site] = milliseconds_between(receipt.requested_at, at);
    pages.push_back(std::move(entry));
  }
  auto sources = json_value::array();
  for (const auto& source : sources_) {
    // From the first of these pages on: a page every ten seconds is that rate, however fast it was read.
    std::uint64_t records = 0;
    double seconds = 1;
    if (const auto& pages_read = source.last_pages; !pages_read.empty()) {
      for (std::size_t i = pages_read.size() > 1 ? 1 : 0; i < pages_read.size(); ++i)
        records += pages_read[i].records;
      const auto from =
          pages_read.size() > 1 ? pages_read.front().published_at : pages_read.front().requested_at;
      seconds = std::max(milliseconds_between(from, pages_read.back().published_at) / 1000.0, 1e-3);
    }
    sources.push_back({{"name", source.name},
                       {"state", source.state},
                       {"pages", source.pages},
                       {"pages_applied", source.pages_applied},
                       {"read", source.read},
                       {"unchanged", source.unchanged},
                       {"changed", source.changed},
                       {"quarantined", source.quarantined},
                       {"restarts", source.restarts},
                       {"records_per_s", static_cast<double>(records) / seconds}});
  }
  auto sites = json_value::array();
  for (const auto& site : sites_) {
    const bool waits = site.parts.count("membership") != 0;  // another process may have its partitions
    sites.push_back({{"name", site.name},
                     {"state", site.parts.empty() ? site.state : site.parts.begin()->second},
                     {"batches", site.batches},
                     {"applied", site.records},
                     {"created", site.created},
                     {"changed", site.changed},
                     {"withdrawn", site.withdrawn},
                     {"unchanged", site.unchanged},
                     {"superseded", site.superseded},
                     {"held", site.held},
                     {"quarantined", site.quarantined},
                     {"restarts", site.restarts},
                     {"applied_at", site.applied_at ? json_value(time_text(*site.applied_at)) : json_value()},
                     {"lag", waits ? json_value() : json_value(site.lag)}});
  }
  json_value figures{{"time", fmt::format("{:%FT%TZ}", fmt::gmtime(std::time(nullptr)))},
                     {"process", process_figures()},
                     {"sources", sources},
                     {"sites", sites}};
  if (with_pages)
    figures["pages"] = pages;
  return figures.dump();
}

}  // namespace matricula
