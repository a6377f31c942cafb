// SPDX-License-Identifier: Apache-2.0
#include "page_feed.hpp"

#include "itaca_simulator/life.hpp"
#include "itaca_simulator/random.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <stdexcept>
#include <string_view>
#include <utility>

namespace matricula::bench {
namespace {

constexpr int school_year = 2026;
constexpr std::uint64_t seed = 1;

std::vector<simulator::lane> lanes_from(const std::vector<std::string>& names) {
  std::vector<simulator::lane> lanes;
  for (const auto& name : names)
    lanes.push_back(simulator::lane_from(name).value());
  return lanes;
}

/// A page as it goes out, without copying its records.
struct body {
  std::string head;
  records_of_page records;

  static constexpr std::string_view tail = "]}";
  std::size_t size() const { return head.size() + records->bytes.size() + tail.size(); }
  /// The longest stretch from there on that lies in one buffer.
  std::string_view from(std::size_t offset) const {
    for (const std::string_view part : {std::string_view{head}, std::string_view{records->bytes}, tail}) {
      if (offset < part.size())
        return part.substr(offset);
      offset -= part.size();
    }
    return {};
  }
};

}  // namespace

school_records::school_records(std::uint64_t records, const std::vector<std::string>& lanes,
                               std::uint64_t page_records_max)
    : records_(records)
    , page_records_max_(page_records_max)
    , school_(seed, records, school_year, lanes_from(lanes)) {}

records_of_page school_records::written(std::uint64_t index, const simulator::event_counts& events) const {
  const auto first = index * page_records_max_;
  return std::make_shared<const simulator::record_run>(simulator::write_run(
      simulator::moment{school_, events}, first, std::min(page_records_max_, records_ - first)));
}

records_of_page school_records::changed_page(std::uint64_t index, double share) const {
  auto events = simulator::life{school_, share, 2}.at(2);
  // Of these there are always some, which page() has not.
  for (const auto each : {simulator::change::withdrawn, simulator::change::returned})
    events[static_cast<std::size_t>(each)] = 0;
  return written(index, events);
}

double school_records::share_that_changes(std::uint64_t index, std::uint64_t records) const {
  const auto before = page(index);
  double too_few = 0, enough = 1, nearest = 1;
  std::uint64_t least_distance = before->count() + records;
  for (int step = 0; step < 14; ++step) {
    const auto between = (too_few + enough) / 2;
    const auto after = changed_page(index, between);
    std::uint64_t different = 0;
    for (std::size_t i = 0; i < before->count(); ++i)
      different += before->record(i) != after->record(i) ? 1U : 0U;
    (different < records ? too_few : enough) = between;
    const auto distance = different < records ? records - different : different - records;
    if (distance < least_distance) {
      least_distance = distance;
      nearest = between;
    }
  }
  return nearest;
}

records_of_page school_records::readdressed_page(std::uint64_t index, std::uint64_t records,
                                                 std::uint64_t times, where place) const {
  const auto before = page(index);
  simulator::event_counts events{};
  events[static_cast<std::size_t>(simulator::change::pupil_email)] = times * school_.pupils().size();
  events[static_cast<std::size_t>(simulator::change::teacher_email)] = times * school_.teachers().size();
  const auto after = written(index, events);
  const simulator::shuffle places{before->count(), 0};
  auto run = *before;
  run.bytes.clear();
  for (std::size_t i = 0; i < before->count(); ++i) {
    const bool changes = (place == where::together ? i : places.place_of(i)) < records;
    if (i > 0)
      run.bytes += ',';
    run.begins[i] = static_cast<std::uint32_t>(run.bytes.size());
    run.bytes += (changes ? after : before)->record(i);
  }
  return std::make_shared<const simulator::record_run>(std::move(run));
}

records_of_page school_records::withdrawn_page(std::uint64_t index) const {
  constexpr std::string_view enrolled = R"("status":"enrolled")", withdrawn = R"("status":"withdrawn")";
  auto copy = *page(index);
  std::string bytes;
  bytes.reserve(copy.bytes.size() + copy.count());
  std::size_t done = 0;
  for (auto at = copy.bytes.find(enrolled); at != std::string::npos; at = copy.bytes.find(enrolled, done)) {
    bytes.append(copy.bytes, done, at - done).append(withdrawn);
    done = at + enrolled.size();
  }
  bytes.append(copy.bytes, done);
  copy.bytes = std::move(bytes);
  return std::make_shared<const simulator::record_run>(std::move(copy));
}

page_feed::page_feed(std::vector<records_of_page> all)
    : page_feed([all = std::move(all)](std::uint64_t index) {
      return index < all.size() ? all[index] : records_of_page{};
    }) {}

page_feed::page_feed(page_maker pages)
    : pages_(std::move(pages))
    , server_(std::make_unique<httplib::Server>()) {
  serve();
  port_ = server_->bind_to_any_port("127.0.0.1");
  if (port_ <= 0)
    throw std::runtime_error{"the feed finds no free port"};
  serving_ = std::thread{[this] { server_->listen_after_bind(); }};
}

page_feed::~page_feed() {
  server_->stop();
  serving_.join();
}

std::string page_feed::url() const { return fmt::format("http://127.0.0.1:{}/feed", port_); }

std::string page_feed::url_of(std::uint64_t index) const { return fmt::format("{}?cursor={}", url(), index); }

void page_feed::serve() {
  server_->set_tcp_nodelay(true);
  server_->set_keep_alive_max_count(1'000'000);
  server_->Get("/feed", [this](const httplib::Request& request, httplib::Response& response) {
    const auto index =
        request.has_param("cursor") ? std::stoull(request.get_param_value("cursor")) : std::uint64_t{0};
    {
      const std::lock_guard lock{mutex_};
      asked_at_.try_emplace(index, std::chrono::steady_clock::now());
    }
    asked_.notify_all();
    const auto records = pages_(index);
    if (!records) {
      response.status = 503;
      return;
    }
    const auto whole = std::make_shared<const body>(
        body{fmt::format(R"({{"page":{{"cursor":"{}","next":"{}","sweep":1,"count":{}}},"records":[)", index,
                         index + 1, records->count()),
             records});
    response.set_content_provider(whole->size(), "application/json",
                                  [whole](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
                                    const auto piece = whole->from(offset).substr(0, length);
                                    return sink.write(piece.data(), piece.size());
                                  });
  });
}

std::chrono::steady_clock::time_point page_feed::asked_at(std::uint64_t index, std::chrono::seconds wait) {
  std::unique_lock lock{mutex_};
  if (!asked_.wait_for(lock, wait, [&] { return asked_at_.count(index) != 0; }))
    throw std::runtime_error{"page " + std::to_string(index) + " of the feed was not asked for"};
  return asked_at_.at(index);
}

}  // namespace matricula::bench
