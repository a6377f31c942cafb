// SPDX-License-Identifier: Apache-2.0
#include "feed.hpp"

#include <algorithm>
#include <stdexcept>

#include <zlib.h>

namespace matricula::simulator {

std::string_view feed_page::from(std::size_t offset) const {
  if (offset < head.size())
    return std::string_view(head).substr(offset);
  offset -= head.size();
  if (offset < records->bytes.size())
    return std::string_view(records->bytes).substr(offset);
  return tail.substr(offset - records->bytes.size());
}

std::string envelope(const cursor& here, const std::optional<cursor>& next, std::size_t count) {
  std::string head = R"({"page":{"cursor":")" + here.text() + '"';
  if (next)
    head += R"(,"next":")" + next->text() + '"';
  head += R"(,"sweep":)" + std::to_string(here.sweep) + R"(,"count":)" + std::to_string(count) +
          R"(},"records":[)";
  return head;
}

std::string gzip(std::initializer_list<std::string_view> parts) {
  z_stream stream{};
  if (deflateInit2(&stream, 1, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
    throw std::runtime_error("zlib cannot start");
  std::string out;
  std::size_t remaining = parts.size();
  for (const auto part : parts) {
    --remaining;
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(part.data()));  // zlib does not write there
    stream.avail_in = static_cast<uInt>(part.size());
    do {
      const auto used = out.size();
      out.resize(used + part.size() / 8 + 4096);
      stream.next_out = reinterpret_cast<Bytef*>(out.data() + used);
      stream.avail_out = static_cast<uInt>(out.size() - used);
      deflate(&stream, remaining == 0 ? Z_FINISH : Z_NO_FLUSH);
      out.resize(out.size() - stream.avail_out);
    } while (stream.avail_out == 0);
  }
  deflateEnd(&stream);
  return out;
}

feed::feed(const school_system& school, double rate, std::uint64_t first_changed, feed_limits limits)
    : school_(school)
    , limits_(limits)
    , life_(school, rate, first_changed) {
  writer_ = std::thread([this] { write_ahead(); });
}

feed::~feed() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  writer_.join();
}

// -- pages ---------------------------------------------------------------------------------------------

std::shared_ptr<const feed_page> feed::begin_sweep(std::uint64_t limit) {
  cursor first;
  {
    const std::lock_guard lock(mutex_);
    first.sweep = ++begun_;
  }
  return ready_or_written(first, limit);
}

bool feed::knows(std::uint64_t sweep) const {
  const std::lock_guard lock(mutex_);
  return sweep > 0 && sweep <= begun_ && sweep + limits_.sweeps_kept > begun_;
}

std::shared_ptr<const feed_page> feed::page_at(const cursor& at, std::uint64_t limit) {
  if (!knows(at.sweep))
    return nullptr;
  auto page = ready_or_written(at, limit);
  // A cursor past the sweep's end was never given out.
  return page->records->count() == 0 ? nullptr : page;
}

std::shared_ptr<const feed_page> feed::ready_or_written(const cursor& at, std::uint64_t limit) {
  {
    const std::lock_guard lock(mutex_);
    reader_ = page_name{at, limit};
    if (const auto found = pages_.find(*reader_); found != pages_.end()) {
      changed_.notify_all();
      return found->second;
    }
  }
  auto page = write(at, limit);
  const std::lock_guard lock(mutex_);
  keep(page);
  changed_.notify_all();
  return page;
}

std::shared_ptr<const feed_page> feed::write(const cursor& at, std::uint64_t limit) const {
  event_counts events;
  std::shared_ptr<const record_run> run;
  {
    const std::lock_guard lock(mutex_);
    events = life_.at(at.sweep);
    run = run_like(at, limit);
  }
  if (!run)
    run = std::make_shared<const record_run>(write_run(moment(school_, events), at.slot, limit));
  auto page = std::make_shared<feed_page>();
  page->here = at;
  page->limit = limit;
  if (!run->last)
    page->next = cursor{at.sweep, run->next_slot, 0};
  page->head = envelope(at, page->next, run->count());
  page->records = run;
  page->etag = '"' + hex_of(hash_of(page->head) ^ run->hash) + '"';
  if (limits_.gzip)
    page->gzipped = gzip({page->head, run->bytes, feed_page::tail});
  return page;
}

// The same records may have been written already: when nothing changed since the last sweep.
std::shared_ptr<const record_run> feed::run_like(const cursor& at, std::uint64_t limit) const {
  const auto events = life_.at(at.sweep);
  for (const auto& [name, page] : pages_)
    if (name.first.slot == at.slot && name.second == limit && life_.at(name.first.sweep) == events)
      return page->records;
  return nullptr;
}

// Pages behind the reader go first, but for the last one; then the ones furthest ahead.
void feed::keep(std::shared_ptr<const feed_page> page) {
  const page_name name{page->here, page->limit};
  pages_.insert_or_assign(name, std::move(page));
  while (pages_.size() > limits_.pages_ready + 2)
    pages_.erase(reader_ && pages_.begin()->first < *reader_ ? pages_.begin() : std::prev(pages_.end()));
}

// The first page within reach of the reader that is not ready. Requires the lock.
std::optional<feed::page_name> feed::next_to_write() const {
  if (!reader_)
    return limits_.pages_ready > 0 && pages_.empty() ? std::optional(page_name{cursor{1, 0, 0}, 30'000})
                                                     : std::nullopt;
  auto at = *reader_;
  for (std::size_t i = 0; i < limits_.pages_ready; ++i) {
    const auto found = pages_.find(at);
    if (found == pages_.end())
      return i == 0 ? std::nullopt : std::optional(at);  // the reader writes the page it asks for
    const auto& page = *found->second;
    at.first = page.next ? *page.next : cursor{page.here.sweep + 1, 0, 0};
  }
  return pages_.count(at) == 0 ? std::optional(at) : std::nullopt;
}

void feed::write_ahead() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    const auto wanted = next_to_write();
    if (!wanted) {
      changed_.wait(lock);
      continue;
    }
    const auto version = life_version_;
    lock.unlock();
    auto page = write(wanted->first, wanted->second);
    lock.lock();
    if (version == life_version_)
      keep(std::move(page));
  }
}

std::shared_ptr<const feed_page> feed::last_served() const {
  const std::lock_guard lock(mutex_);
  return last_served_;
}

void feed::note_served(const std::shared_ptr<const feed_page>& page) {
  const std::lock_guard lock(mutex_);
  last_served_ = page;
  const auto& run = *page->records;
  served_.add(run.first_slot, run.last ? school_.slots_end() : run.next_slot, page->here.sweep);
}

std::uint64_t feed::change_rate(double rate) {
  const std::lock_guard lock(mutex_);
  const auto from = std::max<std::uint64_t>(begun_ + 1, 2);
  life_.change_rate(rate, from);
  ++life_version_;
  for (auto entry = pages_.begin(); entry != pages_.end();)
    entry = entry->first.first.sweep > begun_ ? pages_.erase(entry) : std::next(entry);
  changed_.notify_all();
  return from;
}

std::uint64_t feed::sweeps_begun() const {
  const std::lock_guard lock(mutex_);
  return begun_;
}

double feed::rate_at(std::uint64_t sweep) const {
  const std::lock_guard lock(mutex_);
  return life_.rate_at(sweep);
}

event_counts feed::events_at(std::uint64_t sweep) const {
  const std::lock_guard lock(mutex_);
  return life_.at(sweep);
}

// -- truth ---------------------------------------------------------------------------------------------

void feed::visit_group(std::uint32_t g, const served_slots& served, const record_visitor& see,
                       std::string_view only_key) const {
  std::string key, record;
  struct then {
    moment at;
    record_writer writer;
  };
  std::map<std::uint64_t, then> times;
  bool wanted = true;
  school_.for_each_of_group(g, [&](std::uint64_t slot, const place& p) {
    const auto sweep = served.sweep_of(slot);
    if (!wanted || sweep == 0)
      return;
    auto found = times.find(sweep);
    if (found == times.end()) {
      const moment at(school_, events_at(sweep));
      found = times.emplace(sweep, then{at, record_writer(at)}).first;
    }
    if (!found->second.at.in_use(slot, p.part))
      return;
    key.clear();
    found->second.writer.append_key(key, p);
    if (!only_key.empty() && key != only_key)
      return;
    record.clear();
    found->second.writer.append(record, p, slot);
    wanted = see(key, record);
  });
}

std::optional<std::string> feed::truth_of(std::string_view key) const {
  served_slots served;
  {
    const std::lock_guard lock(mutex_);
    served = served_;
  }
  std::string_view parts[7];
  std::size_t count = 0;
  for (std::size_t at = 0; count < 7; ++count) {
    const auto end = std::min(key.find('/', at), key.size());
    parts[count] = key.substr(at, end - at);
    if (end == key.size()) {
      ++count;
      break;
    }
    at = end + 1;
  }
  if (count != 7)
    return std::nullopt;
  std::optional<std::string> found;
  for (const auto& c : school_.centres()) {
    if (std::to_string(100'000'000 + c.code).substr(1) != parts[1])
      continue;
    for (auto g = c.first_group; g < c.first_group + c.groups && !found; ++g) {
      auto code = school_.code_of(school_.groups()[g]);
      if (const auto slash = code.find('/'); slash != std::string::npos)
        code.replace(slash, 1, "~1");
      if (code == parts[4])
        visit_group(
            g, served,
            [&](std::string_view, std::string_view record) {
              found = record;
              return false;
            },
            key);
    }
  }
  return found;
}

void feed::truth_of_centre(std::string_view code, const record_visitor& see) const {
  served_slots served;
  {
    const std::lock_guard lock(mutex_);
    served = served_;
  }
  for (const auto& c : school_.centres())
    if (std::to_string(100'000'000 + c.code).substr(1) == code)
      for (auto g = c.first_group; g < c.first_group + c.groups; ++g)
        visit_group(g, served, see, {});
}

feed::truth_walk::truth_walk(const feed& of)
    : feed_(of) {
  const std::lock_guard lock(of.mutex_);
  runs_ = of.served_.runs();
  for (const auto& run : runs_)
    events_.emplace(run.sweep, of.life_.at(run.sweep));
}

bool feed::truth_walk::next(std::size_t limit, const record_visitor& see) {
  while (run_ < runs_.size() && limit > 0) {
    const auto& run = runs_[run_];
    slot_ = std::max(slot_, run.begin);
    const moment at(feed_.school_, events_.at(run.sweep));
    record_writer writer(at);
    slot_walk walk(at, slot_);
    for (; !walk.done() && walk.slot() < run.end && limit > 0; walk.advance(), --limit) {
      key_.clear();
      record_.clear();
      writer.append_key(key_, walk.here());
      writer.append(record_, walk.here(), walk.slot());
      slot_ = walk.slot() + 1;
      if (!see(key_, record_))
        return false;
    }
    if (walk.done() || walk.slot() >= run.end)
      ++run_;
  }
  return run_ < runs_.size();
}

}  // namespace matricula::simulator
