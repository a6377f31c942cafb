// SPDX-License-Identifier: Apache-2.0
#include "connect_peer.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <fstream>
#include <httplib.h>
#include <iterator>
#include <pqxx/pqxx>
#include <stdexcept>

namespace matricula::faults {
namespace {

using nlohmann::json;

constexpr int tasks_per_sink = 2;  // as many as its topic has partitions
/// A sink that has anything to do writes more often.
constexpr double quiet_s_min = 10;

std::string text_of_file(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// Each task of every sink.
std::vector<json> tasks_in(const json& connectors) {
  std::vector<json> tasks;
  for (const auto& connector : connectors)
    for (auto task : connector.at("status").at("tasks")) {
      task["sink"] = connector.at("status").at("name");
      tasks.push_back(std::move(task));
    }
  return tasks;
}

bool runs(const json& task) { return task.at("state") == "RUNNING"; }

}  // namespace

const std::set<std::string>& connect_peer::cells() {
  static const std::set<std::string> all{"kill-sites", "zombie-site"};
  return all;
}

connect_peer::connect_peer(deployment& world, std::optional<std::int64_t> offset_flush_interval_ms)
    : world_(world)
    , offset_flush_interval_ms_(offset_flush_interval_ms)
    , group_("connect." + world.name()) {
  const auto table = text_of_file(MATRICULA_SOURCE_DIRECTORY "/scripts/kafka/connect/table.sql");
  for (const auto& site : world_.sites()) {
    pqxx::connection connection{world_.direct_url(site)};
    pqxx::nontransaction{connection}.exec(table);
  }
  world_.run_by("sites", *this);
}

std::vector<std::string> connect_peer::script(const std::string& verb,
                                              const std::vector<std::string>& options) const {
  std::vector<std::string> line{MATRICULA_SOURCE_DIRECTORY "/scripts/connect", verb};
  line.insert(line.end(), options.begin(), options.end());
  line.insert(line.end(), {"--dir", world_.on().folder().string(), "--group", group_});
  return line;
}

std::vector<std::string> connect_peer::command_of(const std::string& name) {
  std::vector<std::string> line{"--worker", name};
  if (offset_flush_interval_ms_)
    line.insert(line.end(), {"--offset-flush-interval", std::to_string(*offset_flush_interval_ms_)});
  return script("run", line);
}

std::string connect_peer::address_of(const std::string& name) const {
  auto address = text_of_file(world_.on().folder() / "connect" / group_ / (name + ".url"));
  if (!address.empty())
    address.pop_back();  // the end of the line
  return address;
}

json connect_peer::ask(const std::string& name, const std::string& path) const {
  const auto address = address_of(name);
  if (address.empty())
    return {};
  httplib::Client client{address};
  const auto answer = client.Get(path);
  return answer && answer->status == 200 ? json::parse(answer->body, nullptr, false) : json{};
}

bool connect_peer::everyone_works() const {
  const auto tasks = tasks_in(ask(*workers_.begin(), "/connectors?expand=status"));
  std::set<std::string> busy;
  for (const auto& task : tasks)
    busy.insert(task.at("worker_id").get<std::string>());
  return tasks.size() == tasks_per_sink * world_.sites().size() &&
         std::all_of(tasks.begin(), tasks.end(), runs) && busy.size() == workers_.size();
}

void connect_peer::make_sink(const lane_site& site) {
  const auto log = world_.folder() / ("sink-" + site.site + ".log");
  running_process process{
      script("sink", {site.site, "--topics", site.topic, "--tasks", std::to_string(tasks_per_sink),
                      "--database", world_.on().url_at(site.way->port()) + '/' + site.database}),
      log};
  if (process.exit_code() != 0)
    throw std::runtime_error{"scripts/connect sink failed: " + process.log()};
}

void connect_peer::when_started(const std::string& name) {
  if (!workers_.insert(name).second)
    return;
  if (!eventually([&] { return !ask(name, "/health").is_null(); }))
    throw std::runtime_error{"the worker " + name + " does not answer: " + world_.process(name).log()};
  if (workers_.size() == 1)
    for (const auto& site : world_.sites())
      make_sink(site);
  if (!eventually([&] { return everyone_works(); }))
    throw std::runtime_error{"the tasks are not shared: " +
                             ask(*workers_.begin(), "/connectors?expand=status").dump()};
}

bool connect_peer::is_relieved(const std::string& name) const {
  const auto other =
      std::find_if(workers_.begin(), workers_.end(), [&](const auto& each) { return each != name; });
  if (other == workers_.end())
    return false;
  const auto tasks = tasks_in(ask(*other, "/connectors?expand=status"));
  return tasks.size() == tasks_per_sink * world_.sites().size() &&
         std::all_of(tasks.begin(), tasks.end(), [address = address_of(name)](const auto& task) {
           return runs(task) && "http://" + task.at("worker_id").template get<std::string>() != address;
         });
}

std::vector<std::string> connect_peer::failed_tasks() const {
  std::vector<std::string> found;
  json connectors;
  for (const auto& name : workers_)
    if (connectors.is_null())
      connectors = ask(name, "/connectors?expand=status");
  if (connectors.is_null())
    found.emplace_back("no worker answers");
  for (const auto& task : tasks_in(connectors))
    if (!runs(task))
      found.push_back(fmt::format("task {}/{} {}: {}", task.at("sink").get<std::string>(),
                                  task.at("id").get<int>(), task.at("state").get<std::string>(),
                                  task.value("trace", "").substr(0, 300)));
  return found;
}

std::vector<std::string> connect_peer::busy_sites() const {
  std::vector<std::string> found;
  for (const auto& site : world_.sites()) {
    pqxx::connection connection{world_.direct_url(site)};
    const auto quiet =
        pqxx::nontransaction{connection}
            .exec(
                "select coalesce(extract(epoch from clock_timestamp() - max(at)), 0) from audit.effect")[0][0]
            .as<double>();
    if (quiet < quiet_s_min)
      found.push_back(fmt::format("{} was written {:.1f} s before the verdict", site.site, quiet));
  }
  return found;
}

}  // namespace matricula::faults
