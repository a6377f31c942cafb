// SPDX-License-Identifier: Apache-2.0
#include "floors.hpp"
#include "lone_pages.hpp"
#include "server_setting.hpp"

#include <utility>

namespace matricula::bench {
namespace {

/// The pages of two sites.
class page_scenario final : public scenario {
 public:
  page_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings)
      , school_(2 * settings.page, lanes_of(two_sites()), settings.page) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    page_feed feed{{school_.page(0), school_.page(1), school_.page(1), school_.page(1),
                    page_with_changes(school_, settings_.page), school_.withdrawn_page(1), school_.page(1)}};
    const auto wishes = wishes_for_two_sites(settings_, feed);
    bench_deployment world{on_, folder / "world", "page" + std::to_string(number), wishes};
    // What it writes of its own accord would be taken for an unchanged page's.
    const server_setting no_autovacuum{on_, "autovacuum", "off"};
    lone_pages pages{on_, world, feed, settings_.every_s};
    // The reporters tidy their outboxes seconds after a page (reporter.cpp), which would be taken for the next one's.
    auto all = pages.run("page", {"new", lone_pages::settling, "unchanged", "1 % changed", "withdrawn"},
                         number, settings_.page);
    const auto page_bytes = all.front().values.at("bytes");
    for (auto& each : all)
      note_rss(each.values, each.values.at("rss_peak_bytes"),
               rss_allowed_bytes(wishes, static_cast<double>(2 * settings_.page),
                                 page_bytes / static_cast<double>(settings_.page), page_bytes));
    add_floors(folder, feed, world, pages.looks(), wishes, all.front().values);
    return all;
  }

 private:
  /// The floors of the page that is all new.
  void add_floors(const std::filesystem::path& folder, const page_feed& feed, const bench_deployment& world,
                  const std::vector<between_pages>& after, const bench_wishes& wishes,
                  figures& values) const {
    std::vector<sent_record> warm_up, records;
    for (auto& record : records_in(on_, world)) {
      const auto partition = static_cast<std::size_t>(record.partition);
      if (record.offset < after[0].ends.at(record.lane).at(partition))
        warm_up.push_back(std::move(record));
      else if (record.offset < after[1].ends.at(record.lane).at(partition))
        records.push_back(std::move(record));
    }
    const bench_deployment floor{on_, folder / "floor", world.name() + "floor", wishes};
    const auto fetch = values["floor_fetch_ms"] = fetch_floor_ms(feed.url_of(1));
    const auto json = values["floor_json_ms"] = json_floor_ms(feed.url_of(1));
    // Before Kafka has all that for the disk.
    const auto psql = values["floor_psql_ms"] = psql_floor_ms(floor, warm_up, records);
    const auto produce = values["floor_produce_ms"] = produce_floor_ms(on_, floor, warm_up, records);
    transactions before{warm_up};
    before.insert(before.end(), produce_floor_times - 1, records);
    const auto consume = values["floor_consume_ms"] = consume_floor_ms(on_, floor, before, records);
    std::size_t json_bytes = 0;
    for (const auto& record : records)
      json_bytes += record.value.size();
    values["json_bytes_per_record"] = static_cast<double>(json_bytes) / static_cast<double>(records.size());
    values["copy_bytes_per_row"] = copy_bytes_per_row(records);
    const auto sum = values["floors_ms"] = fetch + json + produce + consume + psql;
    values["publish_ratio"] = (fetch + json + produce) / values["published_ms"];
    values["produce_ratio"] = produce / values["published_ms"];
    values["publish_alone_ratio"] = produce / (values["published_ms"] - fetch);
    values["psql_ratio"] = psql / (values["applied_ms"] - values["published_ms"]);
    values["apply_ratio"] = (consume + psql) / (values["applied_ms"] - values["published_ms"]);
    values["latency_ratio"] = values["applied_ms"] / sum;
  }

  const servers& on_;
  bench_settings settings_;
  school_records school_;
};

}  // namespace

scenario_ptr make_page_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<page_scenario>(on, settings);
}

}  // namespace matricula::bench
