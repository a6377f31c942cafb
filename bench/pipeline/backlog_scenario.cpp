// SPDX-License-Identifier: Apache-2.0
#include "config/topology.hpp"
#include "connect_sink.hpp"
#include "floors.hpp"
#include "page_feed.hpp"
#include "process_figures.hpp"
#include "scenario.hpp"
#include "server_setting.hpp"
#include "told.hpp"
#include "watching_session.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <thread>
#include <utility>

namespace matricula::bench {
namespace {

constexpr std::chrono::seconds wait{600};
const std::vector<bench_site> flat_site{{"flat", {"ESO-46"}}};

std::string text_of_file(const std::filesystem::path& file) {
  std::ifstream in{file};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// A database of its own with the table that Kafka Connect writes to.
class flat_database {
 public:
  flat_database(const servers& on, std::string name)
      : on_(on)
      , name_(std::move(name)) {
    execute(administration(), "create database " + name_);
    execute(url(), text_of_file(MATRICULA_SOURCE_DIRECTORY "/scripts/kafka/connect/table.sql"));
    execute(url(), "alter table classrooms.record set (autovacuum_enabled = off)");
  }
  ~flat_database() {
    try {
      execute(administration(), "drop database " + name_ + " with (force)");
    } catch (const std::exception&) {
      // It goes with the server.
    }
  }
  flat_database(const flat_database&) = delete;
  flat_database& operator=(const flat_database&) = delete;

  std::string url() const { return on_.services.postgres_url() + '/' + name_; }

 private:
  std::string administration() const { return on_.services.postgres_url() + "/postgres"; }

  const servers& on_;
  std::string name_;
};

/// A topic with so many records.
class flat_backlog : public scenario {
 protected:
  flat_backlog(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings)
      , school_((settings.quick ? 2 : 10) * settings.page, lanes_of(flat_site), settings.page)
      , records_(school_.pages() * settings.page) {}

  bench_wishes wishes() const {
    bench_wishes all;
    all.sites = flat_site;
    all.page_records_max = settings_.page;
    all.targets_directory = MATRICULA_SOURCE_DIRECTORY "/bench/pipeline/targets";
    all.target = "flat";
    return all;
  }

  std::unique_ptr<bench_deployment> published(const std::filesystem::path& folder,
                                              const std::string& name) const {
    page_feed feed{[&](std::uint64_t index) { return school_.page(index % school_.pages()); }};
    auto all = wishes();
    all.feed_url = feed.url();
    auto world = std::make_unique<bench_deployment>(on_, folder, name, all);
    auto source = world->start({"--node", "source", "--pages", std::to_string(school_.pages())});
    world->await(source, wait);
    return world;
  }

  figures figures_of(double seconds, const reading& before, const reading& after,
                     double program_cpu_s) const {
    const auto records = static_cast<double>(records_);
    auto values = cost_of(records, seconds, program_cpu_s, before, after);
    values["rows_per_s"] = records / seconds;
    return values;
  }

  figures drained_by_peer(connect_sink& peer, const std::string& sink, const bench_deployment& world,
                          const flat_database& database) const {
    const auto before = world.read();
    const auto cpu_before = cpu_seconds(peer.process());
    const auto found = peer.drain(sink, world.topic("ESO-46"), database.url(), records_);
    auto after = world.read();
    after.postgres_cpu_s -= found.watching_cpu_s;
    auto values = figures_of(found.seconds(), before, after, cpu_seconds(peer.process()) - cpu_before);
    values["rss_peak_bytes"] = static_cast<double>(rss_peak_bytes(peer.process()));
    peer.remove(sink);
    return values;
  }

  const servers& on_;
  bench_settings settings_;
  school_records school_;
  std::uint64_t records_;
};

/// None of the records is at the site; then the same again, all of which are.
class backlog_scenario final : public flat_backlog {
 public:
  backlog_scenario(const servers& on, const bench_settings& settings)
      : flat_backlog(on, settings) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    const auto deployed = published(folder / "world", fmt::format("backlog{}", number));
    auto& world = *deployed;

    // Its bursts would be taken for the peer's writing, and some would fall upon one and not upon the other.
    const server_setting no_autovacuum{on_, "autovacuum", "off"};
    std::vector<measured> all;
    const auto add = [&](const std::string& about, const figures& values) {
      all.push_back({"backlog", about, number, settings_.page, values});
    };
    const auto records = records_in(on_, world);
    const auto end = sum_of_ends(records);
    add("new", drained_by_matricula(world, end));
    execute(world.database_url("flat"), "update matricula.positions set next_offset = 0");
    add("unchanged", drained_by_matricula(world, end));
    add_floors(world, folder, number, records, all);
    add_peer(world, folder, number, all);
    return all;
  }

 private:
  /// Of all partitions, what follows their last records.
  static std::int64_t sum_of_ends(const std::vector<sent_record>& records) {
    std::map<std::pair<std::string, std::int32_t>, std::int64_t> ends;
    for (const auto& record : records)
      ends[{record.lane, record.partition}] = record.offset + 1;
    std::int64_t sum = 0;
    for (const auto& [partition, end] : ends)
      sum += end;
    return sum;
  }

  static bool has_come_to(std::int64_t sum_of_ends, watching_session& watch) {
    return watch.number("select count(*) from pg_class where oid = to_regclass('matricula.positions')") > 0 &&
           watch.number("select coalesce(sum(next_offset), 0) from matricula.positions") >= sum_of_ends;
  }

  figures drained_by_matricula(bench_deployment& world, std::int64_t sum_of_ends) const {
    watching_session watch{world.database_url("flat")};
    const auto before = world.read();
    const auto watching_before = watch.cpu_s();
    auto process = world.start({"--node", "sites"});
    const auto deadline = std::chrono::steady_clock::now() + wait;
    while (!has_come_to(sum_of_ends, watch)) {
      if (!process.alive() || std::chrono::steady_clock::now() > deadline)
        throw std::runtime_error{"matricula does not come to the topic's end: " + process.log()};
      std::this_thread::sleep_for(std::chrono::milliseconds{20});
    }
    auto after = world.read();
    after.postgres_cpu_s -= watch.cpu_s() - watching_before;
    world.end(process);
    const auto report = world.report();
    if (report.at("sites").at(0).at("applied").get<std::uint64_t>() != records_)
      throw std::runtime_error{"matricula has not applied each record once: " + report.dump()};
    const auto began = first_said(process.log(), "site:flat has partitions");
    if (!began)
      throw std::runtime_error{"matricula's log does not say when its site began"};
    const auto seconds =
        seconds_between(*began, time_from(report.at("sites").at(0).at("applied_at").get<std::string>()));
    const auto& own = report.at("process");
    auto values = figures_of(seconds, before, after,
                             own.at("cpu_user_s").get<double>() + own.at("cpu_system_s").get<double>());
    values["rss_peak_bytes"] = own.at("rss_peak_bytes").get<double>();
    return values;
  }

  /// librdkafka reading the same records, and psql with the same SQL.
  void add_floors(const bench_deployment& world, const std::filesystem::path& folder, int number,
                  const std::vector<sent_record>& records, std::vector<measured>& all) const {
    const bench_deployment floor{on_, folder / "floor", world.name() + "floor", world.wishes()};
    auto before = world.read();
    auto cpu_before = own_cpu_seconds();
    double ms = 0;
    const auto grown = growth_while([&] { ms = consume_floor_ms(on_, world, {}, records); });
    auto reading_alone = figures_of(ms / 1000, before, world.read(), own_cpu_seconds() - cpu_before);
    reading_alone["rss_peak_bytes"] = grown;
    all.push_back({"backlog", "librdkafka alone", number, settings_.page, reading_alone});
    for (const bool known : {false, true}) {
      cpu_before = ended_childrens_cpu_seconds();
      const auto found = psql_backlog_floor(floor, records, limits{}.batch_records_max, known,
                                            [&] { before = world.read(); });
      auto values =
          figures_of(found.ms / 1000, before, world.read(), ended_childrens_cpu_seconds() - cpu_before);
      values["rss_peak_bytes"] = found.rss_peak_bytes;
      for (auto& ours : all)
        if (ours.about == (known ? "unchanged" : "new"))
          ours.values["psql_ratio"] = ours.values.at("rows_per_s") / values.at("rows_per_s");
      all.push_back(
          {"backlog", known ? "unchanged, psql alone" : "new, psql alone", number, settings_.page, values});
    }
  }

  void add_peer(const bench_deployment& world, const std::filesystem::path& folder, int number,
                std::vector<measured>& all) const {
    connect_sink peer{on_, folder, world.name()};
    const auto add = [&](const std::string& about, const figures& values) {
      all.push_back({"backlog", about, number, settings_.page, values});
    };
    // It is measured at its best: with its code compiled.
    if (!settings_.quick) {
      const flat_database scratch{on_, world.name() + "_warm_up"};
      add("new, Kafka Connect just started", drained_by_peer(peer, "warm_up", world, scratch));
    }
    const flat_database database{on_, world.name() + "_connect"};
    for (const std::string rows : {"new", "unchanged"}) {
      // As matricula's, which is another process for each: what it took before does not count.
      forget_rss_peak(peer.process());
      const auto values = drained_by_peer(peer, fmt::format("{}{}", rows, number), world, database);
      for (auto& ours : all)
        if (ours.about == rows) {
          ours.values["rate_ratio"] = ours.values.at("rows_per_s") / values.at("rows_per_s");
          ours.values["memory_ratio"] = ours.values.at("rss_peak_bytes") / values.at("rss_peak_bytes");
        }
      add(rows + ", Kafka Connect", values);
    }
  }
};

/// The same by Kafka Connect alone, with less memory and with other batches: is it at its best where it is compared?
class peer_scenario final : public flat_backlog {
 public:
  peer_scenario(const servers& on, const bench_settings& settings)
      : flat_backlog(on, settings) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    const auto world = published(folder / "world", fmt::format("peer{}", number));
    const server_setting no_autovacuum{on_, "autovacuum", "off"};
    std::vector<measured> all;
    constexpr std::pair<int, int> kinds[] = {
        {512, 3'000}, {1'024, 3'000}, {2'048, 3'000}, {2'048, 1'000}, {2'048, 10'000}};
    for (const auto& [heap_mb, batch] : kinds) {
      const auto name = fmt::format("{}_{}_{}", world->name(), heap_mb, batch);
      connect_sink peer{on_, folder, name, {fmt::format("{}m", heap_mb), batch}};
      {
        const flat_database scratch{on_, name + "_warm_up"};
        drained_by_peer(peer, fmt::format("warm_up_{}_{}", heap_mb, batch), *world, scratch);
      }
      const flat_database database{on_, name};
      for (const std::string rows : {"new", "unchanged"}) {
        forget_rss_peak(peer.process());
        all.push_back(
            {"peer", fmt::format("{}, heap of {} MiB, batches of {}", rows, heap_mb, batch), number,
             settings_.page,
             drained_by_peer(peer, fmt::format("{}_{}_{}", rows, heap_mb, batch), *world, database)});
      }
    }
    return all;
  }
};

}  // namespace

scenario_ptr make_peer_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<peer_scenario>(on, settings);
}

scenario_ptr make_backlog_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<backlog_scenario>(on, settings);
}

}  // namespace matricula::bench
