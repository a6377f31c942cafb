// SPDX-License-Identifier: Apache-2.0
#include "feed_server.hpp"

#include "page_spoiler.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include <httplib.h>
#include <nlohmann/json.hpp>

namespace matricula::simulator {

namespace {

using httplib::Request;
using httplib::Response;
using nlohmann::json;

constexpr std::uint64_t limit_max = 30'000;
constexpr std::size_t threads = 16;
constexpr std::size_t truth_slice_records = 5'000;

constexpr std::string_view addresses = R"(itaca_simulator (docs/feed.md)
GET  /feed?limit=30000[&cursor=C]
GET  /truth?key=K  /truth?centre=CODE  /truth?all   [&format=hash] [&flavour=F] [&province=PP]
GET  /life    POST /life {"changes": 0.01}
GET  /faults  POST /faults {"kind": "cut", "count": 1}  DELETE /faults
)";

void answer(Response& response, const json& body) {
  response.set_content(body.dump(2) + '\n', "application/json");
}

void refuse(Response& response, int status, const std::string& why) {
  response.status = status;
  response.set_content(json{{"error", why}}.dump() + '\n', "application/json");
}

bool accepts_gzip(const Request& request) {
  return request.get_header_value("Accept-Encoding").find("gzip") != std::string::npos;
}

// The bytes must stay until the answer is out: `owner` keeps them.
template <class Owner, class From>
void send(Response& response, std::size_t size, std::shared_ptr<Owner> owner, From from) {
  response.set_content_provider(
      size, "application/json",
      [owner, from](std::size_t offset, std::size_t length, httplib::DataSink& sink) {
        const auto piece = from(*owner, offset).substr(0, length);
        return sink.write(piece.data(), piece.size());
      });
}

void send_body(Response& response, const std::shared_ptr<const std::string>& body) {
  send(response, body->size(), body,
       [](const std::string& all, std::size_t offset) { return std::string_view(all).substr(offset); });
}

void send_text(Response& response, std::string text) {
  send_body(response, std::make_shared<const std::string>(std::move(text)));
}

void send_page(const Request& request, Response& response, const std::shared_ptr<const feed_page>& page) {
  response.set_header("ETag", page->etag);
  response.set_header("Vary", "Accept-Encoding");
  if (request.get_header_value("If-None-Match") == page->etag) {
    response.status = 304;
    return;
  }
  if (!page->gzipped.empty() && accepts_gzip(request)) {
    response.set_header("Content-Encoding", "gzip");
    send(response, page->gzipped.size(), page, [](const feed_page& whole, std::size_t offset) {
      return std::string_view(whole.gzipped).substr(offset);
    });
    return;
  }
  send(response, page->size(), page,
       [](const feed_page& whole, std::size_t offset) { return whole.from(offset); });
}

// In the place of a page what the faults have made of it.
void send_spoiled(const Request& request, Response& response, const feed_page& page,
                  const std::shared_ptr<const std::string>& body) {
  response.set_header("ETag", '"' + hex_of(hash_of(*body)) + '"');
  if (page.gzipped.empty() || !accepts_gzip(request))
    return send_body(response, body);
  response.set_header("Content-Encoding", "gzip");
  send_text(response, gzip({*body}));
}

// Half of the page, then a closed connection.
void send_cut(Response& response, const std::shared_ptr<const feed_page>& page) {
  response.set_content_provider(
      page->size(), "application/json",
      [page, half = page->size() / 2](std::size_t offset, std::size_t, httplib::DataSink& sink) {
        if (offset >= half)
          return false;
        const auto piece = page->from(offset).substr(0, half - offset);
        return sink.write(piece.data(), piece.size());
      });
}

json described(const fault& f) {
  json d{{"kind", name_of(f.kind)}, {"after", f.after}};
  if (f.count)
    d["count"] = *f.count;
  else
    d["probability"] = f.probability;
  if (!comes_alone(f.kind))
    d["per_page"] = f.per_page;
  if (f.stays)
    d["stays"] = true;
  if (f.kind == fault_kind::unavailable_503 || f.kind == fault_kind::too_many_429)
    d["retry_after"] = f.retry_after_s;
  if (f.kind == fault_kind::hang)
    d["seconds"] = f.hang_s;
  return d;
}

// httplib's own choice is SO_REUSEPORT, which lets two servers listen on one port and share its clients.
void set_socket_options(socket_t socket) {
  const int yes = 1;
  setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
}

// Returns the problem as text, empty if there is none.
std::string read_fault(const json& told, fault& read) {
  if (!told.is_object() || !told.contains("kind") || !told["kind"].is_string())
    return R"(a fault is written {"kind": "cut", "count": 1})";
  const auto kind = fault_kind_of(told["kind"].get<std::string>());
  if (!kind)
    return "there is no fault \"" + told["kind"].get<std::string>() + "\"; there are " + fault_kind_names();
  read = fault{};
  read.kind = *kind;
  std::uint64_t count = 1;
  bool counted = false;
  const std::pair<const char*, std::uint64_t*> numbers[] = {{"count", &count},
                                                            {"after", &read.after},
                                                            {"per_page", &read.per_page},
                                                            {"retry_after", &read.retry_after_s},
                                                            {"seconds", &read.hang_s}};
  for (const auto& [name, value] : told.items()) {
    if (name == "kind")
      continue;
    if (name == "probability") {
      if (!value.is_number() || value.get<double>() < 0 || value.get<double>() > 1)
        return "probability is a number from 0 to 1";
      read.probability = value.get<double>();
      continue;
    }
    if (name == "stays") {
      if (!value.is_boolean())
        return "stays is true or false";
      read.stays = value.get<bool>();
      continue;
    }
    const auto* known = std::find_if(std::begin(numbers), std::end(numbers),
                                     [&, n = name](const auto& number) { return n == number.first; });
    if (known == std::end(numbers))
      return "a fault has no \"" + name +
             "\"; it has kind, count or probability, after, per_page, stays, retry_after, seconds";
    if (!value.is_number_unsigned())
      return name + " is a whole number";
    *known->second = value.get<std::uint64_t>();
    counted = counted || known->second == &count;
  }
  if (counted && told.contains("probability"))
    return "a fault has a count or a probability, not both";
  if (count == 0 || read.per_page == 0 || read.per_page > limit_max)
    return "count and per_page are at least 1, per_page at most 30000";
  if (read.stays && comes_alone(read.kind))
    return "only what adds records to a page can stay";
  if (!told.contains("probability"))
    read.count = count;
  return {};
}

// What of the truth is wanted, and how it is written.
struct truth_form {
  bool hashes = false;
  std::string flavour, province;  // empty: all

  [[nodiscard]] bool wants(std::string_view key, std::string_view record) const {
    if (!province.empty() && key.substr(5, 2) != province)
      return false;
    return flavour.empty() || record.find(R"("flavour":")" + flavour + '"') != std::string_view::npos;
  }

  void append(std::string& out, std::string_view key, std::string_view record) const {
    if (!wants(key, record))
      return;
    if (hashes) {
      out += key;
      out += '\t';
      out += hex_of(hash_of(record));
    } else {
      out += record;
    }
    out += '\n';
  }
};

}  // namespace

struct feed_server::parts {
  parts(feed& of, faults& with)
      : source(of)
      , wrong(with) {}

  void serve_feed(const Request& request, Response& response);
  bool serve_fault_alone(const Request& request, Response& response, const fault& f);
  bool serve_page_that_stays(const Request& request, Response& response, std::uint64_t limit);
  bool keep(const feed_page& page, std::shared_ptr<const std::string>& body);
  std::shared_ptr<const feed_page> page_for(const Request& request, std::uint64_t limit);
  void serve_truth(const Request& request, Response& response) const;
  void serve_life(Response& response) const;
  void change_life(const Request& request, Response& response);
  void serve_faults(Response& response) const;
  void add_faults(const Request& request, Response& response);
  void hang(std::uint64_t seconds);

  feed& source;
  faults& wrong;
  httplib::Server http;
  std::mutex mutex;
  std::condition_variable stopped;
  bool stopping = false;
  // Bodies of pages with faults that stay, by cursor and limit; of those sweeps only whose cursors are known.
  std::map<std::pair<cursor, std::uint64_t>, std::shared_ptr<const std::string>> staying;
};

// -- /feed ---------------------------------------------------------------------------------------------

void feed_server::parts::serve_feed(const Request& request, Response& response) {
  std::uint64_t limit = limit_max;
  if (request.has_param("limit")) {
    const auto text = request.get_param_value("limit");
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc{} || end != text.data() + text.size() || limit == 0)
      return refuse(response, 400, "limit is a number from 1 to 30000");
    limit = std::min(limit, limit_max);
  }
  if (serve_page_that_stays(request, response, limit))
    return;
  const auto befall = wrong.next(request.has_param("cursor"), source.last_served() != nullptr);
  const bool alone = !befall.empty() && comes_alone(befall.front().kind);
  if (alone && serve_fault_alone(request, response, befall.front()))
    return;

  const auto page = page_for(request, limit);
  if (!page)
    return refuse(response, 410, "the cursor is not known (any more): start the sweep again without one");
  if (alone && befall.front().kind == fault_kind::cut)
    return send_cut(response, page);
  if (befall.empty()) {
    source.note_served(page);
    return send_page(request, response, page);
  }
  const moment when(source.school(), source.events_at(page->here.sweep));
  auto spoiled = spoil(*page, when, befall, wrong);
  auto body = std::make_shared<const std::string>(std::move(spoiled.body));
  if (!spoiled.stays || keep(*page, body))
    wrong.note(spoiled.bad);
  if (!alone)
    source.note_served(page);
  send_spoiled(request, response, *page, body);
}

// False if no fault that stays has struck the page, or its cursor is too old.
bool feed_server::parts::serve_page_that_stays(const Request& request, Response& response,
                                               std::uint64_t limit) {
  const auto at = cursor::parse(request.get_param_value("cursor"));
  if (!at)
    return false;
  std::shared_ptr<const std::string> body;
  {
    const std::lock_guard lock(mutex);
    if (const auto found = staying.find({*at, limit}); found != staying.end())
      body = found->second;
  }
  const auto page = body ? source.page_at(*at, limit) : nullptr;
  if (!page)
    return false;
  wrong.pass_over();
  source.note_served(page);
  send_spoiled(request, response, *page, body);
  return true;
}

// Keeps the body for whoever asks for this page again. False if another request was faster: then that one's is it.
bool feed_server::parts::keep(const feed_page& page, std::shared_ptr<const std::string>& body) {
  const std::lock_guard lock(mutex);
  while (!staying.empty() && !source.knows(staying.begin()->first.first.sweep))
    staying.erase(staying.begin());
  const auto [kept, is_first] = staying.try_emplace({page.here, page.limit}, body);
  body = kept->second;
  return is_first;
}

std::shared_ptr<const feed_page> feed_server::parts::page_for(const Request& request, std::uint64_t limit) {
  if (!request.has_param("cursor"))
    return source.begin_sweep(limit);
  const auto at = cursor::parse(request.get_param_value("cursor"));
  return at ? source.page_at(*at, limit) : nullptr;
}

// False if the fault needs the page that was asked for.
bool feed_server::parts::serve_fault_alone(const Request& request, Response& response, const fault& f) {
  switch (f.kind) {
  case fault_kind::error_500:
    refuse(response, 500, "injected");
    return true;
  case fault_kind::unavailable_503:
  case fault_kind::too_many_429:
    response.set_header("Retry-After", std::to_string(f.retry_after_s));
    refuse(response, f.kind == fault_kind::unavailable_503 ? 503 : 429, "injected");
    return true;
  case fault_kind::gone_410:
    refuse(response, 410, "injected: start the sweep again without a cursor");
    return true;
  case fault_kind::hang:
    hang(f.hang_s);
    response.set_content_provider(1, "application/json",
                                  [](std::size_t, std::size_t, httplib::DataSink&) { return false; });
    return true;
  case fault_kind::repeat:
    send_page(request, response, source.last_served());
    return true;
  default:
    return false;
  }
}

void feed_server::parts::hang(std::uint64_t seconds) {
  std::unique_lock lock(mutex);
  stopped.wait_for(lock, std::chrono::seconds(std::min<std::uint64_t>(seconds, 86'400)),
                   [this] { return stopping; });
}

// -- /truth --------------------------------------------------------------------------------------------

void feed_server::parts::serve_truth(const Request& request, Response& response) const {
  truth_form form;
  form.hashes = request.get_param_value("format") == "hash";
  if (request.has_param("format") && !form.hashes)
    return refuse(response, 400, "format is hash, or left out");
  form.flavour = request.get_param_value("flavour");
  form.province = request.get_param_value("province");

  if (request.has_param("key")) {
    const auto key = request.get_param_value("key");
    const auto record = source.truth_of(key);
    if (!record)
      return refuse(response, 404, "no record with this key has been served");
    std::string text;
    form.append(text, key, *record);
    return send_text(response, std::move(text));
  }
  if (request.has_param("centre")) {
    std::string text;
    source.truth_of_centre(request.get_param_value("centre"),
                           [&](std::string_view key, std::string_view record) {
                             form.append(text, key, record);
                             return true;
                           });
    response.set_content(text, "application/x-ndjson");
    return;
  }
  if (!request.has_param("all"))
    return refuse(response, 400, "ask for key=, centre= or all");
  response.set_chunked_content_provider(
      "application/x-ndjson",
      [form, walk = std::make_shared<feed::truth_walk>(source)](std::size_t, httplib::DataSink& sink) {
        std::string text;
        const bool more = walk->next(truth_slice_records, [&](std::string_view key, std::string_view record) {
          form.append(text, key, record);
          return true;
        });
        if (!text.empty() && !sink.write(text.data(), text.size()))
          return false;
        if (!more)
          sink.done();
        return true;
      });
}

// -- /life ---------------------------------------------------------------------------------------------

void feed_server::parts::serve_life(Response& response) const {
  const auto begun = source.sweeps_begun();
  json events;
  const auto counts = source.events_at(begun);
  const auto at_start = source.events_at(0);
  for (std::size_t k = 0; k < changes; ++k)
    events[std::string(name_of(static_cast<change>(k)))] = counts[k] - at_start[k];
  const auto& school = source.school();
  answer(response, {{"seed", school.seed()},
                    {"records", school.records()},
                    {"year", school.year()},
                    {"centres", school.centres().size()},
                    {"groups", school.groups().size()},
                    {"sweeps_begun", begun},
                    {"changes", source.rate_at(begun)},
                    {"changes_next_sweep", source.rate_at(begun + 1)},
                    {"events", events}});
}

void feed_server::parts::change_life(const Request& request, Response& response) {
  const auto told = json::parse(request.body, nullptr, false);
  if (!told.is_object() || !told.contains("changes") || !told["changes"].is_number() || told["changes"] < 0 ||
      told["changes"] > 1)
    return refuse(response, 400, R"(write {"changes": 0.01}, a share from 0 to 1)");
  const auto rate = told["changes"].get<double>();
  answer(response, {{"changes", rate}, {"from_sweep", source.change_rate(rate)}});
}

// -- /faults -------------------------------------------------------------------------------------------

void feed_server::parts::serve_faults(Response& response) const {
  const auto state = wrong.state();
  json due = json::array(), injected = json::object(), bad = json::array();
  for (const auto& f : state.due)
    due.push_back(described(f));
  for (std::size_t k = 0; k < fault_kinds; ++k)
    injected[std::string(name_of(static_cast<fault_kind>(k)))] = state.injected[k];
  for (const auto& b : state.bad)
    bad.push_back({{"cursor", b.cursor},
                   {"position", b.position},
                   {"kind", name_of(b.kind)},
                   {"key", b.key},
                   {"bytes", b.bytes},
                   {"hash", hex_of(b.hash)},
                   {"stays", b.stays}});
  answer(response, {{"due", due},
                    {"requests", state.requests},
                    {"injected", injected},
                    {"bad_records", bad},
                    {"bad_records_not_listed", state.bad_not_listed}});
}

void feed_server::parts::add_faults(const Request& request, Response& response) {
  const auto told = json::parse(request.body, nullptr, false);
  if (told.is_discarded())
    return refuse(response, 400, R"(write {"kind": "cut", "count": 1}, or a list of such)");
  std::vector<fault> read;
  for (const auto& one : told.is_array() ? told : json::array({told})) {
    fault f;
    if (const auto problem = read_fault(one, f); !problem.empty())
      return refuse(response, 400, problem);
    read.push_back(f);
  }
  for (const auto& f : read)
    wrong.add(f);
  serve_faults(response);
}

// ------------------------------------------------------------------------------------------------------

feed_server::feed_server(feed& source, faults& wrong)
    : parts_(std::make_unique<parts>(source, wrong)) {
  auto& http = parts_->http;
  http.new_task_queue = [] { return new httplib::ThreadPool(threads); };
  http.set_keep_alive_max_count(1'000'000'000);
  http.set_keep_alive_timeout(5);
  http.set_write_timeout(60);
  http.set_tcp_nodelay(true);
  http.set_socket_options(set_socket_options);
  auto* const p = parts_.get();
  http.Get("/",
           [](const auto&, auto& response) { response.set_content(std::string(addresses), "text/plain"); });
  http.Get("/feed", [p](const auto& request, auto& response) { p->serve_feed(request, response); });
  http.Get("/truth", [p](const auto& request, auto& response) { p->serve_truth(request, response); });
  http.Get("/life", [p](const auto&, auto& response) { p->serve_life(response); });
  http.Post("/life", [p](const auto& request, auto& response) { p->change_life(request, response); });
  http.Get("/faults", [p](const auto&, auto& response) { p->serve_faults(response); });
  http.Post("/faults", [p](const auto& request, auto& response) { p->add_faults(request, response); });
  http.Delete("/faults", [p](const auto&, auto& response) {
    p->wrong.clear();
    p->serve_faults(response);
  });
}

feed_server::~feed_server() = default;

int feed_server::bind(const std::string& address, int port) {
  if (port == 0)
    return std::max(0, parts_->http.bind_to_any_port(address));
  return parts_->http.bind_to_port(address, port) ? port : 0;
}

void feed_server::run() { parts_->http.listen_after_bind(); }

void feed_server::stop() {
  {
    const std::lock_guard lock(parts_->mutex);
    parts_->stopping = true;
  }
  parts_->stopped.notify_all();
  parts_->http.stop();
}

}  // namespace matricula::simulator
