// SPDX-License-Identifier: Apache-2.0
#include "floors.hpp"

#include "actors/apply/copy_encoder.hpp"
#include "actors/apply/postgres_bookkeeping.hpp"
#include "actors/apply/target.hpp"
#include "actors/publish/kafka_client.hpp"
#include "config/topology.hpp"
#include "messages/enrolment.hpp"
#include "messages/hashing.hpp"
#include "messages/page.hpp"
#include "parts/key_fields.hpp"
#include "process_figures.hpp"
#include "statistics.hpp"
#include "tests/faults/topic_reader.hpp"

#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <span>
#include <sstream>
#include <stdexcept>

namespace matricula::bench {
namespace {

using std::chrono::steady_clock;

constexpr int wait_ms = 30'000;
/// What the psqls wait for, so that all begin at the same time; any number.
constexpr int starting_gun = 4711;

double milliseconds_since(steady_clock::time_point began) {
  return std::chrono::duration<double, std::milli>(steady_clock::now() - began).count();
}

void check(rd_kafka_error_t* error) {
  if (error == nullptr)
    return;
  const std::string why = rd_kafka_error_string(error);
  rd_kafka_error_destroy(error);
  throw std::runtime_error{"librdkafka alone: " + why};
}

void check(rd_kafka_resp_err_t error) {
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
    throw std::runtime_error{std::string{"librdkafka alone: "} + rd_kafka_err2str(error)};
}

kafka_handle<rd_kafka_t> client_of(rd_kafka_type_t type,
                                   const std::vector<std::pair<const char*, std::string>>& properties) {
  auto* const configuration = rd_kafka_conf_new();
  char why[256];
  for (const auto& [name, value] : properties)
    if (rd_kafka_conf_set(configuration, name, value.c_str(), why, sizeof why) != RD_KAFKA_CONF_OK)
      throw std::runtime_error{why};
  auto* const client = rd_kafka_new(type, configuration, why, sizeof why);
  if (client == nullptr)
    throw std::runtime_error{why};
  return kafka_handle<rd_kafka_t>{client};
}

/// Learns where all topics live.
void ask_metadata(rd_kafka_t* client) {
  const rd_kafka_metadata_t* metadata = nullptr;
  check(rd_kafka_metadata(client, 1, nullptr, &metadata, wait_ms));
  rd_kafka_metadata_destroy(metadata);
}

std::size_t append_body(char* data, std::size_t, std::size_t size, void* body) {
  static_cast<std::string*>(body)->append(data, size);
  return size;
}

std::string fetched(CURL* handle, const std::string& url) {
  std::string body;
  curl_easy_setopt(handle, CURLOPT_URL, url.c_str());
  curl_easy_setopt(handle, CURLOPT_WRITEFUNCTION, append_body);
  curl_easy_setopt(handle, CURLOPT_WRITEDATA, &body);
  if (const auto code = curl_easy_perform(handle); code != CURLE_OK)
    throw std::runtime_error{std::string{"libcurl alone: "} + curl_easy_strerror(code)};
  return body;
}

using curl_handle = std::unique_ptr<CURL, void (*)(CURL*)>;

/// Sends records to topics that it opens once.
class lone_producer {
 public:
  lone_producer(const servers& on, const bench_deployment& into)
      : client_(client_of(RD_KAFKA_PRODUCER, {{"bootstrap.servers", on.services.bootstrap()},
                                              {"transactional.id", into.name() + "-floor"},
                                              {"linger.ms", "5"},
                                              {"batch.size", "1000000"},
                                              {"queue.buffering.max.messages", "200000"},
                                              {"queue.buffering.max.kbytes", "524288"}})) {
    check(rd_kafka_init_transactions(client_.get(), wait_ms));
    for (const auto& lane : lanes_of(into.wishes().sites))
      topics_[lane].reset(rd_kafka_topic_new(client_.get(), into.topic(lane).c_str(), nullptr));
    ask_metadata(client_.get());
  }

  double send(std::span<const sent_record> records) {
    const auto began = steady_clock::now();
    check(rd_kafka_begin_transaction(client_.get()));
    for (const auto& record : records)
      send(record);
    check(rd_kafka_commit_transaction(client_.get(), wait_ms));
    return milliseconds_since(began);
  }

 private:
  void send(const sent_record& record) {
    static const std::string source = "itaca";
    const big_endian content_hash{record.content_hash}, revision{record.revision};
    auto* const headers = rd_kafka_headers_new(3);
    rd_kafka_header_add(headers, content_hash_header, -1, content_hash.bytes, sizeof content_hash.bytes);
    rd_kafka_header_add(headers, revision_header, -1, revision.bytes, sizeof revision.bytes);
    rd_kafka_header_add(headers, source_header, -1, source.data(), static_cast<ssize_t>(source.size()));
    rd_kafka_vu_t parts[5]{};
    parts[0].vtype = RD_KAFKA_VTYPE_RKT;
    parts[0].u.rkt = topics_.at(record.lane).get();
    parts[1].vtype = RD_KAFKA_VTYPE_PARTITION;
    parts[1].u.i32 = record.partition;
    parts[2].vtype = RD_KAFKA_VTYPE_KEY;
    parts[2].u.mem = {const_cast<char*>(record.key.data()), record.key.size()};
    parts[3].vtype = RD_KAFKA_VTYPE_VALUE;
    parts[3].u.mem = {const_cast<char*>(record.value.data()), record.value.size()};
    parts[4].vtype = RD_KAFKA_VTYPE_HEADERS;
    parts[4].u.headers = headers;
    check(rd_kafka_produceva(client_.get(), parts, 5));
  }

  kafka_handle<rd_kafka_t> client_;
  std::map<std::string, kafka_handle<rd_kafka_topic_t>> topics_;
};

/// What the target has matricula stage, too: its session.sql sets matricula.unread_lists, or does not.
staged_lists lists_of(const target& steps) {
  const auto& session = steps.session.sql;
  const auto begin = session.find("matricula.unread_lists");
  const auto unread = begin == session.npos ? "" : session.substr(begin, session.find('\n', begin) - begin);
  return {.teachers = unread.find("teachers") == unread.npos,
          .timetable = unread.find("timetable") == unread.npos};
}

/// The rows of COPY's text format for the records that `is_wanted` chooses.
template <class Wanted>
std::string rows_of(const std::vector<sent_record>& records, staged_lists lists, Wanted is_wanted) {
  copy_encoder encoder{lists};
  enrolment_reader reader;
  enrolment read;
  std::int32_t ordinal = 0;
  for (const auto& record : records) {
    if (!is_wanted(record) || reader.read(record.value, read))
      continue;
    const auto last_two = record.key.rfind('/', record.key.rfind('/') - 1);
    encoder.append({.ordinal = ++ordinal,
                    .key = record.key,
                    .classroom = std::string_view{record.key}.substr(0, last_two),
                    .key_hash = key_hash_of(record.key),
                    .content_hash = record.content_hash,
                    .revision = record.revision,
                    .record = read});
  }
  return std::string{encoder.rows()};
}

/// One transaction of psql.
std::string transaction(const target& steps, const std::filesystem::path& rows) {
  auto text = fmt::format("begin;\n\\copy batch ({}) from '{}'\n", copy_encoder::columns, rows.string());
  for (const auto& step : steps.steps)
    text += step.sql + "\n;\n";
  return text + steps.outcomes.sql + "\n;\ncommit;\n";
}

/// What one psql does before and after all of them begin.
struct psql_work {
  std::string before, after;
};

std::string script(const target& steps, const psql_work& work) {
  constexpr const char* now = "select 'time', extract(epoch from clock_timestamp());\n";
  return fmt::format(
      "\\set ON_ERROR_STOP on\n\\set QUIET on\n\\pset format unaligned\n\\pset tuples_only on\n"
      "set client_min_messages = warning;\nset jit = off;\nset work_mem = '32MB';\n"
      "set temp_buffers = '64MB';\nset datestyle = 'ISO, YMD';\nset timezone = 'UTC';\n"
      "select set_config('matricula.site', 'floor', false), "
      "set_config('matricula.base_url', 'https://aules.example', false);\n"
      "{}\n{}\n{}select pg_advisory_lock_shared({});\n{}{}{}{}",
      staging_tables_sql(), steps.session.sql, work.before, starting_gun, now, work.after, now,
      "\\! exec grep VmHWM: /proc/$PPID/status\n");
}

/// What the script has printed.
struct script_figures {
  double began = 0, ended = 0, rss_peak_bytes = 0;
};

script_figures figures_in(const std::string& log) {
  const std::string time = "time|", peak = "VmHWM:";
  std::vector<double> times;
  double rss_peak_bytes = 0;
  std::istringstream in{log};
  for (std::string line; std::getline(in, line);)
    if (line.rfind(time, 0) == 0)
      times.push_back(std::stod(line.substr(time.size())));
    else if (line.rfind(peak, 0) == 0)
      rss_peak_bytes = std::stod(line.substr(peak.size())) * 1024;
  if (times.size() != 2 || rss_peak_bytes == 0)
    throw std::runtime_error{"psql alone: " + log};
  return {times[0], times[1], rss_peak_bytes};
}

target target_of(const bench_deployment& into) {
  auto steps = target::load(std::filesystem::path{into.wishes().targets_directory} / into.wishes().target);
  if (!steps)
    throw std::runtime_error{steps.error().text};
  return *steps;
}

/// Asks which of these records differ from what the table holds, as the applier does.
std::string question(const std::vector<sent_record>& batch) {
  std::string keys, key_hashes, content_hashes, revisions;
  const auto add = [](std::string& to, std::uint64_t number) {
    to += fmt::format("{}{}", to.empty() ? "" : ",", static_cast<std::int64_t>(number));
  };
  for (const auto& record : batch) {
    if (record.key.find_first_of("\"\\'") != std::string::npos)
      throw std::runtime_error{"psql alone: a key that would have to be quoted"};
    keys += fmt::format("{}\"{}\"", keys.empty() ? "" : ",", record.key);
    add(key_hashes, key_hash_of(record.key));
    add(content_hashes, record.content_hash);
    add(revisions, record.revision);
  }
  return fmt::format("begin;\nexecute differs ('{{{}}}', '{{{}}}', '{{{}}}', '{{{}}}');\ncommit;\n", keys,
                     key_hashes, content_hashes, revisions);
}

/// One psql for each partition, all at a time: from when the first begins until the last has ended.
template <class Work>
psqls_cost psqls(const bench_deployment& into, const target& steps, Work work_of,
                 const std::function<void()>& ready = {}) {
  std::vector<running_process> processes;
  std::vector<std::unique_ptr<pqxx::connection>> guns;
  int number = 0;
  for (const auto& site : into.wishes().sites) {
    guns.push_back(std::make_unique<pqxx::connection>(into.database_url(site.name)));
    std::string doing;
    install_schemas(*guns.back(), steps, doing);
    pqxx::nontransaction{*guns.back()}.exec(fmt::format("select pg_advisory_lock({})", starting_gun));
    for (const auto& lane : site.lanes)
      for (int partition = 0; partition < into.wishes().partitions; ++partition) {
        const auto stem = into.folder() / fmt::format("psql-{}", ++number);
        const std::filesystem::path file{stem.string() + ".sql"};
        std::ofstream{file, std::ios::binary} << script(steps, work_of(lane, partition, stem));
        processes.push_back(running_process{{std::string{postgres_programs} + "psql", "-X", "-q", "-f",
                                             file.string(), into.database_url(site.name)},
                                            stem.string() + ".log"});
      }
  }
  // Until all of them wait for the gun.
  const bool all_wait = eventually([&] {
    return std::stoull(
               value_of(into.database_url(into.wishes().sites.front().name),
                        "select count(*) from pg_locks where locktype = 'advisory' and not granted")) ==
           processes.size();
  });
  if (!all_wait)
    throw std::runtime_error{"psql alone: not ready; see " + into.folder().string()};
  if (ready)
    ready();
  guns.clear();
  script_figures all;
  for (auto& process : processes) {
    into.await(process, std::chrono::seconds{120});
    const auto one = figures_in(process.log());
    all.began = all.began == 0 ? one.began : std::min(all.began, one.began);
    all.ended = std::max(all.ended, one.ended);
    all.rss_peak_bytes += one.rss_peak_bytes;
  }
  return {(all.ended - all.began) * 1000, all.rss_peak_bytes};
}

}  // namespace

std::vector<sent_record> records_in(const servers& on, const bench_deployment& world) {
  faults::topic_reader reader{on.services.bootstrap()};
  std::vector<sent_record> all;
  for (const auto& lane : lanes_of(world.wishes().sites))
    reader.read_all(world.topic(lane), [&](const faults::read_message& message) {
      all.push_back({lane, std::string{message.key}, std::string{message.value}, message.partition,
                     message.offset, message.content_hash, message.revision});
    });
  return all;
}

double copy_bytes_per_row(const std::vector<sent_record>& records) {
  const auto rows = rows_of(records, {}, [](const sent_record&) { return true; });
  return static_cast<double>(rows.size()) / static_cast<double>(records.size());
}

double fetch_floor_ms(const std::string& url) {
  const curl_handle handle{curl_easy_init(), curl_easy_cleanup};
  fetched(handle.get(), url);
  const auto began = steady_clock::now();
  fetched(handle.get(), url);
  return milliseconds_since(began);
}

double json_floor_ms(const std::string& url) {
  const curl_handle handle{curl_easy_init(), curl_easy_cleanup};
  const simdjson::padded_string bytes{fetched(handle.get(), url)};
  simdjson::ondemand::parser parser;
  lengths_of_key_fields(parser, bytes);
  const auto began = steady_clock::now();
  lengths_of_key_fields(parser, bytes);
  return milliseconds_since(began);
}

double produce_floor_ms(const servers& on, const bench_deployment& into,
                        const std::vector<sent_record>& warm_up, const std::vector<sent_record>& records) {
  lone_producer producer{on, into};
  producer.send(warm_up);
  std::vector<double> ms;
  for (std::size_t i = 0; i < produce_floor_times; ++i)
    ms.push_back(producer.send(records));
  return spread_of(ms).median;
}

double produce_pages_floor_ms(const servers& on, const bench_deployment& into,
                              const std::vector<sent_record>& records) {
  lone_producer producer{on, into};
  const auto began = steady_clock::now();
  for (auto page = records.begin(); page != records.end();) {
    const auto end = std::find_if(page, records.end(), [&](const auto& record) {
      return page_number_of(record.revision) != page_number_of(page->revision);
    });
    producer.send({page, end});
    page = end;
  }
  return milliseconds_since(began);
}

double consume_floor_ms(const servers& on, const bench_deployment& from, const transactions& before,
                        const std::vector<sent_record>& records) {
  const auto client = client_of(RD_KAFKA_CONSUMER, {{"bootstrap.servers", on.services.bootstrap()},
                                                    {"group.id", from.name() + "-floor"},
                                                    {"isolation.level", "read_committed"},
                                                    {"enable.auto.commit", "false"},
                                                    {"enable.auto.offset.store", "false"},
                                                    {"fetch.message.max.bytes", "8388608"},
                                                    {"queued.min.messages", "60000"}});
  rd_kafka_poll_set_consumer(client.get());
  ask_metadata(client.get());
  const auto begins = offsets_after(before);
  const kafka_handle<rd_kafka_topic_partition_list_t> partitions{rd_kafka_topic_partition_list_new(8)};
  std::set<std::pair<std::string, std::int32_t>> known;
  for (const auto& record : records)
    if (known.insert({record.lane, record.partition}).second) {
      const auto begin = begins.find({record.lane, record.partition});
      rd_kafka_topic_partition_list_add(partitions.get(), from.topic(record.lane).c_str(), record.partition)
          ->offset = begin == begins.end() ? 0 : begin->second;
    }
  const kafka_handle<rd_kafka_queue_t> queue{rd_kafka_queue_get_consumer(client.get())};
  std::vector<rd_kafka_message_t*> messages(10'000);
  std::size_t read = 0;
  const auto began = steady_clock::now();
  check(rd_kafka_assign(client.get(), partitions.get()));
  while (read < records.size()) {
    const auto count = rd_kafka_consume_batch_queue(queue.get(), 10, messages.data(), messages.size());
    if (count < 0 || milliseconds_since(began) > wait_ms)
      throw std::runtime_error{
          fmt::format("librdkafka alone: has read {} of {} records", read, records.size())};
    for (std::size_t i = 0; i < static_cast<std::size_t>(count); ++i) {
      read += messages[i]->err == RD_KAFKA_RESP_ERR_NO_ERROR ? 1U : 0U;
      rd_kafka_message_destroy(messages[i]);
    }
  }
  return milliseconds_since(began);
}

double psql_floor_ms(const bench_deployment& into, const std::vector<sent_record>& warm_up,
                     const std::vector<sent_record>& records) {
  const auto steps = target_of(into);
  return psqls(into, steps,
               [&](const std::string& lane, std::int32_t partition, const std::filesystem::path& stem) {
                 const auto wanted = [&](const sent_record& record) {
                   return record.lane == lane && record.partition == partition;
                 };
                 const auto part = [&](const char* what, const std::vector<sent_record>& of) {
                   const std::filesystem::path file{stem.string() + what};
                   std::ofstream{file, std::ios::binary} << rows_of(of, lists_of(steps), wanted);
                   return transaction(steps, file);
                 };
                 return psql_work{part(".warm", warm_up), part(".rows", records)};
               })
      .ms;
}

psqls_cost psql_backlog_floor(const bench_deployment& into, const std::vector<sent_record>& records,
                              std::size_t batch_records_max, bool known, const std::function<void()>& ready) {
  const auto steps = target_of(into);
  return psqls(
      into, steps,
      [&](const std::string& lane, std::int32_t partition, const std::filesystem::path& stem) {
        psql_work work;
        if (known)
          work.before = "prepare differs as " + steps.differs.sql + "\n;\n";
        std::vector<sent_record> batch;
        int number = 0;
        const auto end_batch = [&] {
          const std::filesystem::path file{fmt::format("{}.{}", stem.string(), ++number)};
          if (!known)
            std::ofstream{file, std::ios::binary}
                << rows_of(batch, lists_of(steps), [](const sent_record&) { return true; });
          work.after += known ? question(batch) : transaction(steps, file);
          batch.clear();
        };
        for (const auto& record : records)
          if (record.lane == lane && record.partition == partition) {
            batch.push_back(record);
            if (batch.size() == batch_records_max)
              end_batch();
          }
        if (!batch.empty())
          end_batch();
        return work;
      },
      ready);
}

}  // namespace matricula::bench
