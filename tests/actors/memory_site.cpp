// SPDX-License-Identifier: Apache-2.0
#include "tests/actors/memory_site.hpp"

#include <algorithm>
#include <stdexcept>

namespace matricula::testing {
namespace {

const failure unavailable{error_code::database_unavailable, "no connection to the site"};

std::optional<failure> take_next(std::deque<failure>& script) {
  if (script.empty())
    return std::nullopt;
  auto why = std::move(script.front());
  script.pop_front();
  return why.code == error_code::none ? std::nullopt : std::optional{std::move(why)};
}

class memory_store final : public site_store {
 public:
  explicit memory_store(memory_site& site)
      : site_(site) {}

  result<stored_position> open(const topic_partition& from) override {
    ++site_.opens;
    connected_ = false;
    if (auto why = take_next(site_.next_opens))
      return *why;
    connected_ = !site_.down;
    if (!connected_)
      return unavailable;
    from_ = {from.topic, from.partition};
    return site_.positions[from_];
  }

  result<applied> apply(const site_batch& batch, batch_range range,
                        const std::vector<refused_record>& refused, std::int64_t expected,
                        std::int64_t next) override {
    auto answer = try_apply(batch, range, refused, expected, next);
    site_.applies.push_back(
        {range.first, range.last, refused.size(), answer ? error_code::none : answer.error().code});
    return answer;
  }

  result<done> advance(std::int64_t expected, std::int64_t next) override {
    ++site_.advances;
    if (!usable())
      return unavailable;
    if (auto why = take_next(site_.next_advances))
      return *why;
    auto& position = site_.positions[from_];
    if (position.next_offset != expected)
      return lost();
    position.next_offset = next;
    return done{};
  }
  result<std::int64_t> look() override {
    if (!usable())
      return unavailable;
    return site_.positions[from_].next_offset;
  }

 private:
  bool usable() { return connected_ = connected_ && !site_.down; }

  failure lost() const { return {error_code::partition_lost, "another owner went on"}; }

  result<applied> try_apply(const site_batch& batch, batch_range range,
                            const std::vector<refused_record>& refused, std::int64_t expected,
                            std::int64_t next) {
    if (!usable())
      return unavailable;
    if (auto why = take_next(site_.next_applies)) {
      connected_ = why->code != error_code::database_unavailable;
      return *why;
    }
    auto& position = site_.positions[from_];
    const auto skipped = [&](std::size_t index) {
      return std::any_of(refused.begin(), refused.end(), [&](const auto& r) { return r.index == index; });
    };
    bool differs = !refused.empty();
    for (auto i = range.first; i < range.last; ++i) {
      if (skipped(i))
        continue;
      const std::string key{batch.records[i].key};
      if (site_.poison.count(key) > 0)
        return failure{error_code::row_refused, "SQLSTATE 22001"};
      const auto known = site_.rows.find(key);
      differs = differs || known == site_.rows.end() || known->second.value != batch.records[i].value ||
                known->second.revision < batch.records[i].revision;
    }
    auto breaks = memory_site::breaks::no;
    if (site_.applies_before_break == 0)
      breaks = std::exchange(site_.connection_breaks, memory_site::breaks::no);
    else
      --site_.applies_before_break;
    if (breaks == memory_site::breaks::before_commit) {
      connected_ = false;
      return unavailable;
    }
    applied answer;
    answer.offset_stored = differs;
    if (!differs) {
      answer.counts.unchanged = range.last - range.first;
      return answer;
    }
    if (position.next_offset != expected)
      return lost();
    for (const auto& record : refused) {
      site_.quarantined.emplace_back(batch.records[record.index].key);
      site_.add_outcome("quarantine", std::string{batch.records[record.index].key},
                        std::string{name_of(record.reason.code)});
    }
    for (auto i = range.first; i < range.last; ++i)
      if (!skipped(i))
        write(batch.records[i], answer.counts);
    position.next_offset = next;
    position.revision_applied = std::max(position.revision_applied, batch.records[range.last - 1].revision);
    if (std::exchange(site_.throws_after_commit, false))
      throw std::runtime_error{"a bug behind the commit"};
    if (breaks == memory_site::breaks::after_commit) {
      connected_ = false;
      return unavailable;
    }
    return answer;
  }

  void write(const consumed_record& record, applied_counts& counts) {
    const std::string key{record.key};
    const auto known = site_.rows.find(key);
    if (known != site_.rows.end() && known->second.revision >= record.revision)
      return static_cast<void>(++counts.superseded);
    ++(known == site_.rows.end() ? counts.created : counts.changed);
    ++site_.rows_written;
    site_.rows[key] = {std::string{record.value}, record.revision};
    site_.add_outcome("outcome", key, std::string{record.value});
  }

  memory_site& site_;
  memory_site::place from_;
  bool connected_ = false;
};

class memory_outbox final : public site_outbox {
 public:
  explicit memory_outbox(memory_site& site)
      : site_(site) {}

  result<std::vector<outbox_entry>> take(std::size_t entries_max) override {
    ++site_.takes;
    if (site_.down)
      return unavailable;
    if (auto why = take_next(site_.next_takes))
      return *why;
    const auto size = std::min(entries_max, site_.outbox.size());
    taken_.assign(site_.outbox.begin(), site_.outbox.begin() + static_cast<std::ptrdiff_t>(size));
    if (const auto happens = std::exchange(site_.after_take, nullptr))
      happens();
    return taken_;
  }

  result<done> remove_taken() override {
    if (site_.down)
      return unavailable;
    if (auto why = take_next(site_.next_removals))
      return *why;
    std::erase_if(site_.outbox, [this](const auto& entry) {
      return std::any_of(taken_.begin(), taken_.end(), [&](const auto& t) { return t.id == entry.id; });
    });
    taken_.clear();
    return done{};
  }

  void release() override {
    ++site_.releases;
    taken_.clear();
  }

 private:
  memory_site& site_;
  std::vector<outbox_entry> taken_;
};

}  // namespace

void memory_site::add_outcome(std::string kind, std::string key, std::string value) {
  outbox.push_back({++outbox_id_, std::move(kind), std::move(key), std::move(value)});
}

site_store_ptr memory_site::open_store() { return std::make_unique<memory_store>(*this); }

site_outbox_ptr memory_site::open_outbox() { return std::make_unique<memory_outbox>(*this); }

}  // namespace matricula::testing
