// SPDX-License-Identifier: Apache-2.0
#include "bench_deployment.hpp"

#include "process_figures.hpp"
#include "tests/faults/topic_reader.hpp"

#include <fmt/format.h>
#include <librdkafka/rdkafka.h>
#include <pqxx/pqxx>

#include <csignal>
#include <fstream>
#include <memory>
#include <stdexcept>
#include <thread>
#include <utility>

namespace matricula::bench {
namespace {

constexpr int kafka_wait_ms = 20'000;
constexpr std::chrono::seconds drained_within{60};

const std::vector<std::string>& provinces() {
  static const std::vector<std::string> all{"03", "12", "46"};
  return all;
}

const std::vector<std::string>& flavours() {
  static const std::vector<std::string> all{"Infantil", "Primaria", "ESO",    "Batxillerat",
                                            "FP",       "FPA",      "ISEACV", "Especials"};
  return all;
}

}  // namespace

servers::servers(const faults::services& on)
    : services(on)
    , broker(broker_of(on))
    , postmaster(postmaster_of(on)) {}

std::vector<bench_site> sites_for_all_lanes(int count) {
  std::vector<bench_site> sites;
  const std::size_t provinces_each = count == 1 ? 3 : 1, flavours_each = count == 12 ? 2 : 8;
  for (std::size_t p = 0; p < provinces().size(); p += provinces_each)
    for (std::size_t f = 0; f < flavours().size(); f += flavours_each) {
      auto& site = sites.emplace_back();
      site.name = "site" + std::to_string(sites.size());
      for (auto province = p; province < p + provinces_each; ++province)
        for (auto flavour = f; flavour < f + flavours_each; ++flavour)
          site.lanes.push_back(flavours()[flavour] + '-' + provinces()[province]);
    }
  return sites;
}

std::vector<std::string> lanes_of(const std::vector<bench_site>& sites) {
  std::vector<std::string> lanes;
  for (const auto& site : sites)
    lanes.insert(lanes.end(), site.lanes.begin(), site.lanes.end());
  return lanes;
}

void execute(const std::string& database_url, const std::string& sql) {
  pqxx::connection connection{database_url};
  pqxx::nontransaction{connection}.exec(sql);
}

std::string value_of(const std::string& database_url, const std::string& sql) {
  pqxx::connection connection{database_url};
  return pqxx::nontransaction{connection}.exec1(sql)[0].c_str();
}

bench_deployment::bench_deployment(const servers& on, std::filesystem::path folder, std::string name,
                                   bench_wishes wishes)
    : on_(on)
    , folder_(std::move(folder))
    , name_(std::move(name))
    , wishes_(std::move(wishes)) {
  std::filesystem::create_directories(folder_);
  for (const auto& site : wishes_.sites)
    execute(on_.services.postgres_url() + "/postgres",
            fmt::format("create database {}_{} template {}", name_, site.name, wishes_.database_template));
  write_topology();
  running_process process{{MATRICULA_PROGRAM, "topics", (folder_ / "topology.toml").string(), "--create"},
                          folder_ / "topics.log"};
  await(process, std::chrono::seconds{60});
}

bench_deployment::~bench_deployment() {
  try {
    for (const auto& site : wishes_.sites)
      execute(on_.services.postgres_url() + "/postgres",
              "drop database if exists " + name_ + '_' + site.name + " with (force)");
    remove_topics();
  } catch (const std::exception&) {
    // They go with the servers.
  }
}

std::string bench_deployment::database_url(const std::string& site) const {
  return on_.services.postgres_url() + '/' + name_ + '_' + site;
}

std::vector<std::string> bench_deployment::other_topics() const {
  return {name_ + "-cursors", name_ + "-quarantine", name_ + "-outcomes"};
}

void bench_deployment::set_every(std::string every) {
  wishes_.every = std::move(every);
  write_topology();
}

void bench_deployment::write_topology() const {
  // The databases' addresses are references, since they hold a password.
  std::ofstream out{folder_ / "topology.toml"};
  out << fmt::format(R"([pipeline]
name = "{0}"
school_year = "2026"
targets_directory = "{1}"
[kafka]
bootstrap = "{2}"
partitions = {3}
topic = "{0}-{{flavour}}-{{province}}"
cursors_topic = "{0}-cursors"
quarantine_topic = "{0}-quarantine"
outcomes_topic = "{0}-outcomes"
[[source]]
name = "itaca"
url = "{4}"
every = "{5}"
page_records_max = {6}
)",
                     name_, wishes_.targets_directory, on_.services.bootstrap(), wishes_.partitions,
                     wishes_.feed_url, wishes_.every, wishes_.page_records_max);
  for (const auto& lane : lanes_of(wishes_.sites)) {
    const auto dash = lane.rfind('-');
    out << fmt::format("[[lane]]\nflavour = \"{}\"\nprovinces = [\"{}\"]\n", lane.substr(0, dash),
                       lane.substr(dash + 1));
  }
  std::string all_sites;
  for (const auto& site : wishes_.sites) {
    std::string topics;
    for (const auto& lane : site.lanes)
      topics += '"' + topic(lane) + "\", ";
    const auto secret = folder_ / (site.name + ".url");
    std::ofstream{secret} << database_url(site.name) << '\n';
    std::filesystem::permissions(secret,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
    out << fmt::format("[[site]]\nname = \"{0}\"\ntopics = [{1}]\ndatabase = \"file:{0}.url\"\n"
                       "target = \"{2}\"\nbase_url = \"https://aules.example/{0}\"\n",
                       site.name, topics, wishes_.target);
    all_sites += "\"site:" + site.name + "\", ";
  }
  out << "[[node]]\nname = \"source\"\nruns = [\"source:itaca\"]\n"
      << "[[node]]\nname = \"sites\"\nruns = [" << all_sites << "]\n";
}

running_process bench_deployment::start(const std::vector<std::string>& options) {
  std::vector<std::string> command{MATRICULA_PROGRAM, "run", (folder_ / "topology.toml").string()};
  command.insert(command.end(), options.begin(), options.end());
  command.insert(command.end(), {"--report", report_file().string()});
  return {command, folder_ / fmt::format("run-{}.log", ++started_)};
}

void bench_deployment::await(running_process& process, std::chrono::seconds wait) const {
  const auto deadline = std::chrono::steady_clock::now() + wait;
  while (process.alive()) {
    if (std::chrono::steady_clock::now() > deadline)
      throw std::runtime_error{
          fmt::format("matricula has not ended within {} s; see {}", wait.count(), folder_.string())};
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
  if (const auto code = process.exit_code(); code != 0)
    throw std::runtime_error{
        fmt::format("matricula ended with exit code {}: {}", code.value_or(-1), process.log())};
}

void bench_deployment::end(running_process& process) const {
  process.signal(SIGTERM);
  await(process, drained_within);
}

nlohmann::json bench_deployment::report() const {
  std::ifstream in{report_file()};
  return nlohmann::json::parse(in);
}

reading bench_deployment::read() const {
  reading now;
  now.kafka_cpu_s = cpu_seconds(on_.broker);
  now.postgres_cpu_s = cpu_seconds_of_family(on_.postmaster);
  now.wal_bytes = std::stoull(
      value_of(on_.services.postgres_url() + "/postgres", "select pg_current_wal_insert_lsn() - '0/0'"));
  return now;
}

reading bench_deployment::read(const running_process& process) const {
  auto now = read();
  now.matricula_cpu_s = cpu_seconds(process.id());
  return now;
}

std::map<std::string, std::vector<std::int64_t>> bench_deployment::ends() const {
  faults::topic_reader reader{on_.services.bootstrap()};
  std::map<std::string, std::vector<std::int64_t>> all;
  for (const auto& lane : lanes_of(wishes_.sites))
    all[lane] = reader.ends(topic(lane));
  return all;
}

std::int64_t bench_deployment::other_entries() const {
  faults::topic_reader reader{on_.services.bootstrap()};
  std::int64_t sum = 0;
  for (const auto& topic : other_topics())
    for (const auto end : reader.ends(topic))
      sum += end;
  return sum;
}

void bench_deployment::remove_topics() const {
  auto* const configuration = rd_kafka_conf_new();
  char why[256];
  rd_kafka_conf_set(configuration, "bootstrap.servers", on_.services.bootstrap().c_str(), why, sizeof why);
  const std::unique_ptr<rd_kafka_t, void (*)(rd_kafka_t*)> client{
      rd_kafka_new(RD_KAFKA_PRODUCER, configuration, why, sizeof why), rd_kafka_destroy};
  if (!client)
    return rd_kafka_conf_destroy(configuration);
  std::vector<rd_kafka_DeleteTopic_t*> all;
  for (const auto& lane : lanes_of(wishes_.sites))
    all.push_back(rd_kafka_DeleteTopic_new(topic(lane).c_str()));
  for (const auto& topic : other_topics())
    all.push_back(rd_kafka_DeleteTopic_new(topic.c_str()));
  const std::unique_ptr<rd_kafka_queue_t, void (*)(rd_kafka_queue_t*)> queue{rd_kafka_queue_new(client.get()),
                                                                             rd_kafka_queue_destroy};
  rd_kafka_DeleteTopics(client.get(), all.data(), all.size(), nullptr, queue.get());
  rd_kafka_event_destroy(rd_kafka_queue_poll(queue.get(), kafka_wait_ms));
  rd_kafka_DeleteTopic_destroy_array(all.data(), all.size());
}

}  // namespace matricula::bench
