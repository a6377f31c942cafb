// SPDX-License-Identifier: Apache-2.0
#include "report.hpp"

#include "fitted_plane.hpp"
#include "goals.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <fstream>
#include <set>
#include <stdexcept>
#include <tuple>
#include <utility>

namespace matricula::bench {
namespace {

using nlohmann::json;

/// A number with thousands apart.
std::string shown(double value, int decimals) {
  const auto plain = fmt::format("{:.{}f}", value, decimals);
  const auto point = std::min(plain.find('.'), plain.size());
  std::string text;
  for (std::size_t i = 0; i < plain.size(); ++i) {
    if (i > 0 && i < point && (point - i) % 3 == 0 && plain[i - 1] != '-')
      text += ',';
    text += plain[i];
  }
  return text;
}

/// "1,234 (1,200–1,300)"
std::string shown(const spread& values, double scale, int decimals) {
  if (values.runs == 0)
    return "–";
  const auto median = shown(values.median * scale, decimals);
  if (values.least == values.greatest)
    return median;
  return fmt::format("{} ({}–{})", median, shown(values.least * scale, decimals),
                     shown(values.greatest * scale, decimals));
}

struct column {
  const char* title;
  const char* figure;
  double scale = 1;
  int decimals = 2;
};

struct section {
  const char* scenario;
  const char* title;
  const char* text;
  std::vector<column> columns;
  const char* picture = nullptr;
};

constexpr double to_mb = 1e-6;

const std::vector<section>& sections() {
  static const std::vector<section> all{
      {"page",
       "One page alone",
       R"(A page of records for two sites (ESO-46 and FP-46, two partitions each), alone: from its request until all of it
is committed in Kafka, and in PostgreSQL at both sites. Before it, one page of others has gone the same way; before the
unchanged one, another that is unchanged, during which the sites' outboxes are tidied. CPU is that of all of the time from
page to page, Java's idling included; WAL that of the whole server, whose autovacuum is off meanwhile and beside the floors.
Where it is less than 2 MB, the server's own records are left out: that of a checkpoint, and those that pg_waldump gives the
resource manager Standby, as which transactions run, which it writes every 15 s.)",
       {{"visible, ms", "applied_ms", 1, 0},
        {"in Kafka, ms", "published_ms", 1, 0},
        {"changed", "changed_records", 1, 0},
        {"CPU s, matricula", "matricula_cpu_s"},
        {"Kafka", "kafka_cpu_s"},
        {"PostgreSQL", "postgres_cpu_s"},
        {"WAL bytes", "wal_bytes", 1, 0},
        {"entries of the lanes", "lane_entries", 1, 0},
        {"other entries", "other_entries", 1, 0},
        {"peak RSS MB", "rss_peak_bytes", to_mb, 0},
        {"allowed", "rss_allowed_bytes", to_mb, 0}},
       "latency"},
      {"page",
       "Its floors",
       R"(What the libraries and servers take for the same bytes by themselves, one after the other, after each run on the
same servers; a program that does two of these at a time may be faster than their sum. libcurl reading the page, simdjson
looking for the fields of the keys, librdkafka sending the records in one transaction, of seven the median, and reading
them back, psql copying them into the staging table and running the target's own SQL in a transaction for each partition,
all at a time. Ratios: fetch, simdjson and produce against matricula's request → in Kafka; produce alone against all of
that, and against what follows the fetch, in which matricula also decodes; consume and psql against in Kafka → visible, and
psql alone against it; last, matricula's request → visible against the sum of the floors.)",
       {{"fetch, ms", "floor_fetch_ms", 1, 0},
        {"simdjson", "floor_json_ms", 1, 1},
        {"produce", "floor_produce_ms", 1, 0},
        {"consume", "floor_consume_ms", 1, 0},
        {"psql", "floor_psql_ms", 1, 0},
        {"sum", "floors_ms", 1, 0},
        {"publishing", "publish_ratio"},
        {"produce alone", "produce_ratio"},
        {"and without the fetch", "publish_alone_ratio"},
        {"applying", "apply_ratio"},
        {"psql alone", "psql_ratio"},
        {"all", "latency_ratio"}}},
      {"changes",
       "A page that has changed in part",
       R"(As above, more and more of it changed since the page before: in its first places, or in as many that lie strewn
over all of it, all people have got new addresses.)",
       {{"changed", "changed_records", 1, 0},
        {"visible, ms", "applied_ms", 1, 0},
        {"in Kafka, ms", "published_ms", 1, 0},
        {"other entries", "other_entries", 1, 0},
        {"CPU s, matricula", "matricula_cpu_s"},
        {"PostgreSQL", "postgres_cpu_s"}}},
      {"changes",
       "Its cost, as a sum",
       R"(Request → visible as so much for a page, for each changed record, and for each classroom that one of them lies in,
which is written once: the sum whose relative deviations from all medians above have the least squares, and the greatest of
those deviations. There is an outcome for each such classroom, which is what it is counted by.)",
       {{"a page, ms", "fixed_ms", 1, 1},
        {"a changed record, µs", "us_per_changed", 1, 1},
        {"a changed classroom, µs", "us_per_classroom", 1, 1},
        {"greatest deviation, %", "residual_ratio", 100, 1}}},
      {"throughput",
       "Pages back to back",
       R"(Ten pages, all new, as fast as they go, for all 24 lanes: from the request of the first until all of them are
durable at every site; at three sites, then, ten of which 1 % has changed since, and ten of which all is withdrawn.
Alone, in the same run: librdkafka sending the same records, a transaction for each page, and then reading them; after
that a psql for each of the 24 partitions, all at a time, copying at most 10,000 rows a transaction and running the
target's own steps, and once more with as many rows a transaction as matricula has had. Of the floors' sum: the time of
librdkafka and of psql, one after the other, against matricula's, which does all of it at a time. What the CPU allows: the
rate of all cores, if none ever waited, by the CPU time that a record has taken of the program, from its start to its end,
and of the servers; since the rate counts from the first request, a short run, of which starting is a large part, may
exceed it.
Allowed: 200 MB, 40 bytes a key, and what the limits allow (docs/topology.md): prefetch_bytes_max for each site,
batches_in_flight_max for each partition, pages_in_flight_max. librdkafka's memory is what it takes beside the rows
themselves, psql's that of all of them.)",
       {{"records/s", "records_per_s", 1, 0},
        {"into Kafka/s", "published_per_s", 1, 0},
        {"from Kafka/s", "read_per_s", 1, 0},
        {"records a transaction", "records_per_transaction", 1, 0},
        {"of psql alone", "psql_ratio"},
        {"of the floors' sum", "floors_ratio"},
        {"CPU allows, records/s", "cpu_bound_per_s", 1, 0},
        {"of that", "cpu_bound_ratio"},
        {"CPU s per million, program", "program_cpu_s_per_million"},
        {"Kafka", "kafka_cpu_s_per_million"},
        {"PostgreSQL", "postgres_cpu_s_per_million"},
        {"WAL MB", "wal_bytes", to_mb, 0},
        {"peak RSS MB", "rss_peak_bytes", to_mb, 0},
        {"allowed", "rss_allowed_bytes", to_mb, 0}},
       "throughput"},
      {"sweep",
       "A sweep",
       "The source only, without a pause between pages.",
       {{"records", "records", 1, 0},
        {"seconds", "seconds_s"},
        {"seconds per million", "seconds_per_million_s"},
        {"records/s", "records_per_s", 1, 0},
        {"peak RSS MB", "rss_peak_bytes", to_mb, 0}}},
      {"startup",
       "Start-up",
       "The index is rebuilt from the topics.",
       {{"rebuilt, s", "rebuilt_s"},
        {"keys/s", "keys_per_s", 1, 0},
        {"RSS, bytes a key", "rss_bytes_per_key", 1, 1},
        {"peak RSS MB", "rss_peak_bytes", to_mb, 0},
        {"allowed", "rss_allowed_bytes", to_mb, 0}}},
      {"backlog",
       "A backlog, beside Kafka Connect",
       R"(One topic of two partitions into one flat table of the same columns, new rows and then the same again.
matricula: from when its site has been given the topic until the last row is durable. Kafka Connect with the
Debezium JDBC sink, which runs already and has drained the same once, into another table (the row "just started"): from
the first byte that it writes to the last; two tasks, batches of 1,000, unnest and a record schema as its documentation
advises (scripts/kafka/connect/sink.json). Its two 64-bit headers arrive as Base64 text, from which the table computes the
numbers. Alone: librdkafka reading the topic, and a
psql for each partition copying batches of 10,000 rows and running the target's own steps, or, with the rows there,
asking which of them differ; their CPU is that of reading, and of psql. What the CPU allows: as with pages back to back.
The servers' CPU and the WAL are those from matricula's start until the last row is durable, and from Kafka Connect's order
until 4 s after its last write.
Memory is counted anew for new and for unchanged rows: matricula's from its start, Kafka Connect's from when it is given
the topic, with the heap that it has kept from that first draining; in the row of that, from its start;
librdkafka's is what it takes beside the rows themselves, psql's that of both. The server's autovacuum is off meanwhile.)",
       {{"rows/s", "rows_per_s", 1, 0},
        {"of psql alone", "psql_ratio"},
        {"CPU allows, rows/s", "cpu_bound_per_s", 1, 0},
        {"of that", "cpu_bound_ratio"},
        {"seconds", "seconds_s"},
        {"CPU s per million, program", "program_cpu_s_per_million"},
        {"Kafka", "kafka_cpu_s_per_million"},
        {"PostgreSQL", "postgres_cpu_s_per_million"},
        {"WAL MB", "wal_bytes", to_mb, 1},
        {"peak RSS MB", "rss_peak_bytes", to_mb, 0},
        {"rows/s, matricula : peer", "rate_ratio", 1, 1},
        {"memory, matricula : peer", "memory_ratio", 1, 3}},
       "backlog"},
      {"peer",
       "Kafka Connect otherwise",
       R"(The same backlog by Kafka Connect alone, started anew for each row of new records and warmed up as above: with less
memory for its heap, and with other batches, batch.size and consumer.max.poll.records.)",
       {{"rows/s", "rows_per_s", 1, 0},
        {"CPU s per million, program", "program_cpu_s_per_million"},
        {"PostgreSQL", "postgres_cpu_s_per_million"},
        {"WAL MB", "wal_bytes", to_mb, 1},
        {"peak RSS MB", "rss_peak_bytes", to_mb, 0}}},
      {"big-table",
       "A big table",
       R"(One page, all new, into a site that holds 4,000,000 rows already, and into one that holds 40,000; those of the page
before it are among them. Both have been vacuumed and analysed before that one, and the server's autovacuum is off
meanwhile. The large site holds 60,000 rows more with each run. In every other run it is the large one's turn first.)",
       {{"into the large, ms", "large_ms", 1, 0},
        {"into the small, ms", "small_ms", 1, 0},
        {"large : small", "time_ratio"}}},
      {"moodle",
       "Into Moodle's tables",
       R"(The target `moodle`, one site, into a database of Moodle's tables with all of their indexes that holds 500,000
accounts, 50,000 courses and 3,000,000 enrolments already (a page of fewer than 30,000 records: as many times fewer).
Beside it, all the time, somebody looks at a course and his own courses, and somebody else is seen in a course, changes it
and enrols a person by hand. The one keeps to people and courses of the page before, and so does the other as long as those
of a new page are not there; then he is one of those whose accounts "1 % changed" changes, in a course of theirs. Their
longest waits are told, what they wait for without a page, and for how long they waited for a lock at most, 0 if never for
50 ms.)",
       {{"visible, ms", "applied_ms", 1, 0},
        {"in Kafka, ms", "published_ms", 1, 0},
        {"changed", "changed_records", 1, 0},
        {"CPU s, matricula", "matricula_cpu_s"},
        {"PostgreSQL", "postgres_cpu_s"},
        {"longest look, ms", "reader_ms_max", 1, 0},
        {"for a lock", "reader_lock_ms_max", 1, 0},
        {"longest change, ms", "writer_ms_max", 1, 0},
        {"for a lock", "writer_lock_ms_max", 1, 0},
        {"looks", "reader_pages", 1, 0},
        {"changes", "writer_pages", 1, 0}}},
      {"idle",
       "Nothing to do",
       "Twelve sites are connected; 20 s in which nothing happens.",
       {{"CPU, % of a core", "cpu_share", 100},
        {"of librdkafka's threads", "librdkafka_cpu_share", 100},
        {"wake-ups/s", "wake_ups_per_s", 1, 1},
        {"of librdkafka's threads", "librdkafka_wake_ups_per_s", 1, 1},
        {"threads", "threads", 1, 0},
        {"RSS MB", "rss_bytes", to_mb, 0}}},
      {"parts",
       "Parts",
       R"(Google Benchmark, without Kafka and PostgreSQL, the repetitions of all parts in turns. Items are counted by the CPU time
that they take, and what is counted for `actor_hop` by the clock; ratios are those of the clock, but that of an unchanged
page with more keys is a record's.)",
       {{"ms", "real_ms", 1, 3},
        {"CPU ns an item", "ns_per_item", 1, 1},
        {"items a CPU second", "items_per_s", 1, 0},
        {"bytes a key", "bytes_per_key", 1, 1},
        {"ratio to simdjson alone", "decode_ratio"},
        {"unchanged page, 8,000,000 : 100,000 keys", "decode_keys_ratio"},
        {"look-up alone, 8,000,000 : 1,000,000", "lookup_large_ratio"},
        {"8,000,000 : 100,000", "lookup_ratio"}}},
  };
  return all;
}

std::vector<std::string> cases_of(const result_lines& results, const std::string& scenario) {
  std::vector<std::string> cases;
  for (const auto& one : results.all())
    if (one.scenario == scenario && std::find(cases.begin(), cases.end(), one.about) == cases.end())
      cases.push_back(one.about);
  return cases;
}

bool any_value(const result_lines& results, const section& part, const std::string& about) {
  return std::any_of(part.columns.begin(), part.columns.end(), [&](const auto& each) {
    return !results.values(part.scenario, about, each.figure).empty();
  });
}

std::string table_of(const result_lines& results, const section& part) {
  std::string head = "| |", line = "|---|", rows;
  for (const auto& each : part.columns) {
    head += fmt::format(" {} |", each.title);
    line += "---|";
  }
  for (const auto& about : cases_of(results, part.scenario)) {
    if (!any_value(results, part, about))
      continue;
    rows += fmt::format("| {} |", about);
    for (const auto& each : part.columns)
      rows += fmt::format(" {} |",
                          shown(results.of(part.scenario, about, each.figure), each.scale, each.decimals));
    rows += '\n';
  }
  return head + '\n' + line + '\n' + rows;
}

std::uint64_t records_of_a_page(const result_lines& results) {
  std::uint64_t most = 0;
  for (const auto& one : results.all())
    most = std::max(most, one.records);
  return most;
}

/// "f849f4f35740 of 2026-11-24"
std::string commit_and_day(const json& origin) {
  return fmt::format("{} of {}", origin.value("commit", "unknown"), origin.value("time", "").substr(0, 10));
}

/// What measures a scenario alone.
std::string command_of(const std::string& scenario) {
  return "scripts/bench " + (scenario == "parts" ? "--parts" : "--scenario " + scenario);
}

/// For each scenario, which of the origins its figures are of.
std::map<std::string, std::set<int>> origins_by_scenario(const result_lines& results) {
  std::map<std::string, std::set<int>> all;
  for (const auto& one : results.all())
    if (one.origin >= 0)
      all[one.scenario].insert(one.origin);
  return all;
}

/// Commits and days of a scenario's figures; empty if none are known.
std::string measured_at(const result_lines& results, const std::string& scenario) {
  auto origins = origins_by_scenario(results);
  std::vector<std::string> all;
  for (const auto origin : origins[scenario])
    if (const auto from = commit_and_day(results.origins().at(static_cast<std::size_t>(origin)));
        std::find(all.begin(), all.end(), from) == all.end())
      all.push_back(from);
  return all.empty() ? std::string{} : fmt::format("Measured at {}.", fmt::join(all, ", "));
}

/// Names and values, as they are shown, of what an origin says about its machine, build and settings.
std::map<std::string, std::string> circumstances_of(const json& origin) {
  std::map<std::string, std::string> all;
  const auto settings = origin.value("settings", json::object());
  for (const auto& [name, value] : settings.items())
    all[name] = value.is_string() ? value.get<std::string>() : value.dump();
  if (origin.contains("build"))
    all["build"] = origin.at("build").get<std::string>();
  if (!origin.contains("machine"))
    return all;
  const auto& machine = origin.at("machine");
  std::string more;
  if (machine.contains("cpu_family"))
    more = fmt::format(", family {} model {}, AVX-512 {}", machine.value("cpu_family", ""),
                       machine.value("cpu_model", ""), machine.value("avx512", false) ? "yes" : "no");
  all["machine"] = fmt::format("{}{}, {} cores, {:.0f} GiB, {}; all servers and programs on it",
                               machine.at("cpu").get<std::string>(), more, machine.at("cores").get<int>(),
                               machine.at("memory_bytes").get<double>() / (1 << 30),
                               machine.at("kernel").get<std::string>());
  return all;
}

std::string page_text(const result_lines& results) {
  auto text = shown(static_cast<double>(records_of_a_page(results)), 0) + " records";
  const auto json_bytes = results.of("page", "new", "json_bytes_per_record"),
             copy_bytes = results.of("page", "new", "copy_bytes_per_row");
  if (json_bytes.runs > 0 && copy_bytes.runs > 0)
    text += fmt::format(", a record {:.0f} bytes of JSON, {:.0f} of COPY's text", json_bytes.median,
                        copy_bytes.median);
  return text;
}

/// What is the same wherever figures come from, and then a row for each origin that has any.
std::string origins_text(const result_lines& results) {
  std::map<int, std::vector<std::string>> measured_there;  // scenarios by origin
  for (const auto& [scenario, origins] : origins_by_scenario(results))
    for (const auto origin : origins)
      measured_there[origin].push_back(scenario);
  std::map<std::string, std::set<std::string>> values;  // of all origins
  for (const auto& [origin, scenarios] : measured_there)
    for (const auto& [name, value] : circumstances_of(results.origins().at(static_cast<std::size_t>(origin))))
      values[name].insert(value);
  if (values.empty())
    return {};
  auto same = fmt::format("| | |\n|---|---|\n| page | {} |\n", page_text(results));
  std::string head = "| measured | commit | begun | command |", line = "|---|---|---|---|", rows;
  for (const auto& [name, found] : values)
    if (found.size() == 1)
      same += fmt::format("| {} | {} |\n", name, *found.begin());
    else {
      head += fmt::format(" {} |", name);
      line += "---|";
    }
  for (const auto& [place, scenarios] : measured_there) {
    const auto& origin = results.origins().at(static_cast<std::size_t>(place));
    rows +=
        fmt::format("| {} | {} | {} | {} |", fmt::join(scenarios, ", "), origin.value("commit", "unknown"),
                    origin.value("time", ""),
                    origin.contains("command") ? '`' + origin.at("command").get<std::string>() + '`' : "–");
    const auto here = circumstances_of(origin);
    for (const auto& [name, found] : values)
      if (found.size() > 1)
        rows += fmt::format(" {} |", here.count(name) == 0 ? "–" : here.at(name));
    rows += '\n';
  }
  return same + '\n' + head + '\n' + line + '\n' + rows + '\n';
}

/// As many as a figure's, or so many more as it takes to tell its value from a bound that it misses or keeps.
int decimals_beside(double bound, double value, int decimals) {
  constexpr int decimals_max = 6;
  while (value != bound && decimals < decimals_max && shown(value, decimals) == shown(bound, decimals))
    ++decimals;
  return decimals;
}

std::string bound_text(const goal& each) {
  const auto bound = each.bound * each.scale;
  return shown(bound, bound == std::round(bound) ? 0 : 1);
}

std::string goals_table(const result_lines& results) {
  std::string text = "| what | goal | measured | runs | reached |\n|---|---|---|---|---|\n";
  for (const auto& each : goals()) {
    const auto found = results.of(each.scenario, each.about, each.figure);
    const auto decimals =
        decimals_beside(each.bound * each.scale, each.judged(found) * each.scale, each.decimals);
    text += fmt::format("| {}{} | {} {} {} | {} {} | {} | {} |\n", each.what,
                        each.judged_by == goal::worst ? ", in any run" : "",
                        each.side == goal::at_least ? "≥" : "≤", bound_text(each), each.unit,
                        shown(found, each.scale, decimals), found.runs == 0 ? "" : each.unit, found.runs,
                        found.runs == 0          ? "not measured"
                        : each.reached_by(found) ? "yes"
                                                 : "**no**");
  }
  return text;
}

/// The same for a program, without a scale: null where there is no figure.
json goals_json(const result_lines& results) {
  auto all = json::array();
  for (const auto& each : goals()) {
    const auto found = results.of(each.scenario, each.about, each.figure);
    const bool known = found.runs > 0;
    all.push_back({{"what", each.what},
                   {"scenario", each.scenario},
                   {"about", each.about},
                   {"figure", each.figure},
                   {"side", each.side == goal::at_least ? "at_least" : "at_most"},
                   {"bound", each.bound},
                   {"judged_by", each.judged_by == goal::median ? "median" : "worst"},
                   {"measured", known ? json(each.judged(found)) : json()},
                   {"reached", known ? json(each.reached_by(found)) : json()}});
  }
  return all;
}

/// Where the peer's median is the better one.
std::string peers_advantages(const result_lines& results) {
  const std::pair<const char*, const char*> less_is_better[] = {
      {"seconds_s", "seconds"},
      {"program_cpu_s_per_million", "CPU of the program"},
      {"kafka_cpu_s_per_million", "CPU of Kafka"},
      {"postgres_cpu_s_per_million", "CPU of PostgreSQL"},
      {"wal_bytes", "WAL bytes"},
      {"rss_peak_bytes", "peak RSS"}};
  std::string text;
  for (const std::string rows : {"new", "unchanged"})
    for (const auto& [figure, title] : less_is_better) {
      const auto ours = results.of("backlog", rows, figure);
      const auto theirs = results.of("backlog", rows + ", Kafka Connect", figure);
      if (ours.runs > 0 && theirs.runs > 0 && theirs.median < ours.median)
        text += fmt::format("- {} rows, {}: {} against {} of matricula\n", rows, title,
                            shown(theirs.median, 2), shown(ours.median, 2));
    }
  if (results.values("backlog", "new, Kafka Connect", "seconds_s").empty())
    return {};
  return text.empty() ? "Kafka Connect is better in none of these.\n\n"
                      : "**Kafka Connect is better in these:**\n\n" + text + '\n';
}

}  // namespace

std::vector<measured> parts_in(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in)
    throw std::runtime_error{"cannot read " + file.string()};
  std::vector<measured> all;
  std::map<int, figures> times, item_times, derived;  // by run
  std::map<int, double> bytes_per_key;                // at the emptiest of all sizes
  auto lines = json::parse(in).at("benchmarks").get<std::vector<json>>();
  // They have come in turns.
  const auto place = [](const json& line) {
    return std::pair{line.value("family_index", 0), line.value("per_family_instance_index", 0)};
  };
  std::stable_sort(lines.begin(), lines.end(),
                   [&](const auto& one, const auto& other) { return place(one) < place(other); });
  for (const auto& line : lines) {
    if (line.value("run_type", "") != "iteration" || line.value("error_occurred", false))
      continue;
    const auto unit = line.at("time_unit").get<std::string>();
    const auto to_ms = unit == "ns" ? 1e-6 : unit == "us" ? 1e-3 : unit == "ms" ? 1 : 1e3;
    auto name = line.at("run_name").get<std::string>();
    for (const std::string mark : {"/real_time", "/iterations:1"})
      if (const auto at = name.find(mark); at != name.npos)
        name.erase(at, mark.size());
    auto& one = all.emplace_back();
    one.scenario = "parts";
    one.about = name;
    one.run = line.value("repetition_index", 0) + 1;
    one.values["real_ms"] = line.at("real_time").get<double>() * to_ms;
    if (line.contains("items_per_second"))
      item_times[one.run][name] = one.values["ns_per_item"] =
          1e9 / (one.values["items_per_s"] = line.at("items_per_second").get<double>());
    if (line.contains("bytes_per_key")) {
      const auto bytes = one.values["bytes_per_key"] = line.at("bytes_per_key").get<double>();
      bytes_per_key[one.run] = std::max(bytes_per_key[one.run], bytes);
    }
    times[one.run][name] = one.values["real_ms"];
  }
  for (const auto& [run, bytes] : bytes_per_key)
    derived[run]["bytes_per_key"] = bytes;
  const auto derive = [&](const char* ratio, const std::map<int, figures>& from, const std::string& above,
                          const std::string& below) {
    for (const auto& [run, by_name] : from)
      if (by_name.count(above) != 0 && by_name.count(below) != 0)
        derived[run][ratio] = by_name.at(above) / by_name.at(below);
  };
  const std::string unchanged = "decode_and_dedup_of_an_unchanged_page", lookup = "index_lookup_of_unchanged";
  derive("decode_ratio", times, "floor_key_fields_by_simdjson", unchanged + "/1000000");
  derive("decode_keys_ratio", item_times, unchanged + "/8000000",
         unchanged + "/100000");  // of 100,000, one page is short
  derive("lookup_large_ratio", times, lookup + "/8000000", lookup + "/1000000");
  derive("lookup_ratio", times, lookup + "/8000000", lookup + "/100000");
  for (auto& [run, values] : derived)
    all.push_back({"parts", "derived", run, 0, std::move(values)});
  return all;
}

json parts_origin_in(const std::filesystem::path& file) {
  std::ifstream in{file};
  const auto context = json::parse(in).value("context", json::object());
  json origin{{"commit", context.value("commit", "unknown")}, {"time", context.value("date", "")}};
  if (context.contains("command"))
    origin["command"] = context.at("command");
  return origin;
}

std::vector<measured> sum_of_changes(const result_lines& results) {
  constexpr double cursors_entries =
      2;  // its message, and the mark that ends the transaction; the rest are outcomes
  constexpr std::size_t cases_min = 4;
  std::vector<plane_point> points;  // records, classrooms, milliseconds
  for (const auto& about : cases_of(results, "changes")) {
    const auto records = results.of("changes", about, "changed_records");
    const auto entries = results.of("changes", about, "other_entries");
    const auto took = results.of("changes", about, "applied_ms");
    if (records.runs > 0 && entries.runs > 0 && took.median > 0)
      points.push_back({records.median, entries.median - cursors_entries, took.median});
  }
  const auto plane = points.size() < cases_min ? std::nullopt : plane_through(points);
  if (!plane)
    return {};
  return {{"changes",
           "sum",
           1,
           0,
           {{"fixed_ms", plane->fixed},
            {"us_per_changed", plane->per_x * 1'000},
            {"us_per_classroom", plane->per_y * 1'000},
            {"residual_ratio", plane->deviation_ratio}}}};
}

std::string report_text(const result_lines& results, const std::vector<std::string>& pictures) {
  std::string text =
      "# Performance\n\nWritten by `scripts/bench`; the medians of all runs, and in brackets "
      "the least and the greatest. "
      "Ratios are taken inside each run. The figures themselves: performance.json. How it is "
      "measured is told as of when this page was written, the figures are of the commits below.\n\n";
  text += origins_text(results) + "## What was to be reached\n\n" + goals_table(results) +
          "\n[what_takes_the_time.md](what_takes_the_time.md) says what stands in the way of the rest.\n\n";
  for (const auto& part : sections()) {
    const auto cases = cases_of(results, part.scenario);
    if (std::none_of(cases.begin(), cases.end(),
                     [&](const auto& about) { return any_value(results, part, about); }))
      continue;
    text += fmt::format("## {}\n\n{}\n\n`{}`\n\n", part.title, part.text, command_of(part.scenario));
    if (part.picture != nullptr)
      for (const auto& picture : pictures)
        if (picture == std::string{part.picture} + ".svg")
          text += fmt::format("![{}](performance/{})\n\n", part.title, picture);
    if (const auto from = measured_at(results, part.scenario); results.origins().size() > 1 && !from.empty())
      text += from + "\n\n";
    text += table_of(results, part) + '\n';
    if (std::string{part.scenario} == "backlog" && results.origin().contains("peer"))
      text += "The peer: " + results.origin().at("peer").get<std::string>() + ".\n\n";
    if (std::string{part.scenario} == "backlog")
      text += peers_advantages(results);
  }
  text.pop_back();
  return text;
}

std::vector<measured> bounds_by_cpu(const result_lines& results) {
  std::vector<measured> all;
  for (const auto& one : results.all()) {
    double cpu_s_per_million = 0, rate = 0;
    for (const auto& [name, value] : one.values) {
      cpu_s_per_million += name.ends_with("_cpu_s_per_million") ? value : 0;
      rate = name == "records_per_s" || name == "rows_per_s" ? value : rate;
    }
    if (cpu_s_per_million == 0 || rate == 0 || one.origin < 0)
      continue;
    const auto cores =
        results.origins().at(static_cast<std::size_t>(one.origin)).at("machine").at("cores").get<double>();
    const auto bound = cores * 1e6 / cpu_s_per_million;
    all.push_back({one.scenario,
                   one.about,
                   one.run,
                   one.records,
                   {{"cpu_bound_per_s", bound}, {"cpu_bound_ratio", rate / bound}},
                   one.origin});
  }
  return all;
}

json report_json(const result_lines& results) {
  auto entries = json::array();
  std::set<std::tuple<std::string, std::string, std::string>> names;
  for (const auto& one : results.all())
    for (const auto& [figure, value] : one.values)
      if (names.emplace(one.scenario, one.about, figure).second) {
        const auto found = results.of(one.scenario, one.about, figure);
        entries.push_back({{"scenario", one.scenario},
                           {"about", one.about},
                           {"figure", figure},
                           {"median", found.median},
                           {"least", found.least},
                           {"greatest", found.greatest},
                           {"runs", found.runs}});
      }
  const auto head =
      results.origin().is_null() ? "" : fmt::format("Measured at {}.", commit_and_day(results.origin()));
  const auto by_scenario = origins_by_scenario(results);
  auto others = json::object();
  for (const auto& [scenario, origins] : by_scenario)
    if (const auto from = measured_at(results, scenario); from != head)
      others[scenario] = from;
  return {
      {"origin", results.origin()}, {"origins", results.origins()},          {"origins_of", by_scenario},
      {"other_origins", others},    {"records", records_of_a_page(results)}, {"goals", goals_json(results)},
      {"figures", entries}};
}

std::vector<comparison> compared_with(const json& earlier, const result_lines& results) {
  std::vector<comparison> all;
  for (const auto& each : goals())
    for (const auto& scenario : {std::string{each.scenario}, std::string{each.scenario} + quick_mark}) {
      const auto now = results.of(scenario, each.about, each.figure);
      if (now.runs == 0)
        continue;
      auto& one = all.emplace_back();
      one.text = fmt::format("{}{}: {} {}, ", each.what, scenario == each.scenario ? "" : quick_mark,
                             shown(now, each.scale, each.decimals), each.unit);
      const auto& known = earlier.at("figures");
      const auto same = std::find_if(known.begin(), known.end(), [&](const auto& figure) {
        return figure.at("scenario") == scenario && figure.at("about") == each.about &&
               figure.at("figure") == each.figure;
      });
      if (same == known.end()) {
        one.verdict = comparison::unknown;
        one.text += "there is no earlier figure";
        continue;
      }
      const spread before{same->at("median").template get<double>(), same->at("least").template get<double>(),
                          same->at("greatest").template get<double>(),
                          same->at("runs").template get<std::size_t>()};
      one.verdict = !each.of_any_machine()    ? comparison::a_time
                    : each.worse(before, now) ? comparison::worse
                                              : comparison::as_good;
      one.text += "was " + shown(before, each.scale, each.decimals);
    }
  return all;
}

std::vector<std::string> origins_of(const json& earlier, const result_lines& results) {
  std::vector<std::string> all{earlier.at("origin").is_null() ? "unknown"
                                                              : commit_and_day(earlier.at("origin"))};
  const auto others = earlier.value("other_origins", json::object());
  for (const auto& [scenario, measured_at] : others.items())
    if (!cases_of(results, scenario).empty())
      all.push_back(scenario + ": " + measured_at.get<std::string>());
  return all;
}

}  // namespace matricula::bench
