// SPDX-License-Identifier: Apache-2.0
#include "connect_sink.hpp"

#include "watching_session.hpp"

#include <httplib.h>

#include <fstream>
#include <stdexcept>
#include <thread>
#include <utility>

namespace matricula::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::chrono::seconds quiet_for{4}, wait{600};
constexpr std::chrono::milliseconds look_every{20};  // as at matricula's site
/// Less than this is the server's own.
constexpr std::int64_t written_bytes_min = 16'384;

std::vector<std::string> command(const servers& on, const std::string& group, const std::string& verb,
                                 const std::vector<std::string>& options) {
  std::vector<std::string> words{MATRICULA_SOURCE_DIRECTORY "/scripts/connect", verb};
  words.insert(words.end(), options.begin(), options.end());
  words.insert(words.end(), {"--dir", on.services.folder().string(), "--group", group});
  return words;
}

}  // namespace

connect_sink::connect_sink(const servers& on, const std::filesystem::path& folder, std::string group,
                           connect_settings settings)
    : on_(on)
    , folder_(folder)
    , group_(std::move(group))
    , settings_(std::move(settings))
    , worker_(
          command(on, group_, "run",
                  {"--worker", "1", "--heap", settings_.heap, "--batch", std::to_string(settings_.batch)}),
          folder / (group_ + "-connect.log")) {
  const bool answers = eventually([&] {
    const auto at = address();
    if (at.empty())
      return false;
    httplib::Client client{at};
    const auto answer = client.Get("/health");
    return answer && answer->status == 200;
  });
  if (!answers)
    throw std::runtime_error{"Kafka Connect does not answer: " + worker_.log()};
}

std::string connect_sink::address() const {
  std::ifstream in{on_.services.folder() / "connect" / group_ / "1.url"};
  std::string line;
  std::getline(in, line);
  return line;
}

growth connect_sink::drain(const std::string& name, const std::string& topic, const std::string& database_url,
                           std::uint64_t records) {
  watching_session watch{database_url};
  const auto written = [&] { return watch.number("select pg_current_wal_insert_lsn() - '0/0'"); };
  const auto first_transaction = watch.text("select pg_current_xact_id()::text");
  const auto rows_written = [&] {
    return static_cast<std::uint64_t>(watch.number(
        "select count(*) from classrooms.record where xmin::text::bigint >= " + first_transaction));
  };
  const auto began = steady_clock::now();
  auto before = written();
  auto seen = before;
  running_process sink{command(on_, group_, "sink",
                               {name, "--topics", topic, "--tasks", "2", "--batch",
                                std::to_string(settings_.batch), "--database", database_url}),
                       folder_ / (name + ".log")};
  growth found{};
  bool ordered = false;
  for (;;) {
    std::this_thread::sleep_for(look_every);
    const auto now = steady_clock::now();
    const auto bytes = written();
    if (found.first == steady_clock::time_point{} && bytes > before + written_bytes_min)
      found.first = found.last = now;
    if (bytes > seen + written_bytes_min) {
      seen = bytes;
      found.last = now;
    }
    if (!ordered && !sink.alive()) {
      if (sink.exit_code() != 0)
        throw std::runtime_error{"scripts/connect sink failed: " + sink.log()};
      ordered = true;
    }
    if (ordered && found.first != steady_clock::time_point{} && now - found.last > quiet_for) {
      const auto rows = rows_written();
      if (rows == records) {
        found.watching_cpu_s = watch.cpu_s();
        return found;
      }
      found.last = steady_clock::now();
      if (rows == 0) {  // it was somebody else
        found = {};
        before = seen = written();
      }
    }
    if (now - began > wait || !worker_.alive())
      throw std::runtime_error{"Kafka Connect does not come to an end: " + worker_.log()};
  }
}

void connect_sink::remove(const std::string& name) const {
  httplib::Client client{address()};
  const auto answer = client.Delete(("/connectors/" + name).c_str());
  if (!answer || answer->status >= 300)
    throw std::runtime_error{"Kafka Connect does not remove the sink " + name};
}

}  // namespace matricula::bench
