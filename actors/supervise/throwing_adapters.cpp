// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/throwing_adapters.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <type_traits>
#include <utility>

namespace matricula {
namespace {

using std::chrono::steady_clock;

struct calls_of_kind {
  std::string_view kind;
  std::vector<std::string_view> calls;
};

/// What is wrapped below.
const std::array<calls_of_kind, 7>& all_calls() {
  static const std::array<calls_of_kind, 7> all{{
      {"elector", {"poll"}},
      {"fetcher", {"read", "tail"}},
      {"loader", {"scan"}},
      {"publisher", {"open", "begin", "send", "commit", "abort"}},
      {"subscriber", {"poll", "begin", "pause", "resume", "note_applied"}},
      {"applier", {"open", "apply", "advance", "look"}},
      {"reporter", {"take", "send", "flush", "remove_taken"}},
  }};
  return all;
}

/// What is still to be thrown, for the actors of all kinds. Thread-safe.
class throws_to_come {
 public:
  explicit throws_to_come(std::vector<planned_crash> plan)
      : plan_(std::move(plan)) {}

  /// An actor of `kind` is at `when` ("before_", "after_") `call`.
  void reach(std::string_view kind, std::string_view when, std::string_view call) {
    const auto elapsed = steady_clock::now() - begun_;
    {
      const std::lock_guard lock{mutex_};
      const auto due = std::find_if(plan_.begin(), plan_.end(), [&](planned_crash& each) {
        return each.after <= elapsed && each.kind == kind && each.call.starts_with(when) &&
               std::string_view{each.call}.substr(when.size()) == call && each.passes-- == 0;
      });
      if (due == plan_.end())
        return;
      plan_.erase(due);
    }
    spdlog::info("{} throws {}{}, as planned", kind, when, call);
    throw std::logic_error{"a bug, as planned"};
  }

 private:
  const steady_clock::time_point begun_ = steady_clock::now();
  std::mutex mutex_;
  std::vector<planned_crash> plan_;
};

/// The calls of an adapter that an actor of one kind has.
class watched_calls {
 public:
  watched_calls(std::shared_ptr<throws_to_come> plan, std::string_view kind)
      : plan_(std::move(plan))
      , kind_(kind) {}

  template <class Call>
  auto operator()(std::string_view name, Call call) const {
    plan_->reach(kind_, "before_", name);
    if constexpr (std::is_void_v<decltype(call())>) {
      call();
      plan_->reach(kind_, "after_", name);
    } else {
      auto made = call();
      plan_->reach(kind_, "after_", name);
      return made;
    }
  }

 private:
  std::shared_ptr<throws_to_come> plan_;
  std::string_view kind_;
};

/// An adapter in front of the real one, which says of each call whether it is watched.
template <class Pointer>
class in_front_of : public Pointer::element_type {
 public:
  in_front_of(Pointer real, watched_calls at)
      : real_(std::move(real))
      , at_(std::move(at)) {}

 protected:
  Pointer real_;
  watched_calls at_;
};

class throwing_source : public in_front_of<page_source_ptr> {
 public:
  using in_front_of::in_front_of;

  result<source_answer> read(const std::optional<std::string>& cursor, const std::string& etag) override {
    return at_("read", [&] { return real_->read(cursor, etag); });
  }
  std::chrono::milliseconds retry_after() const override { return real_->retry_after(); }
  void interrupt() override { real_->interrupt(); }
};

class throwing_tail : public in_front_of<topic_tail_ptr> {
 public:
  using in_front_of::in_front_of;

  result<bool> poll(std::size_t messages_max, const on_message& each) override {
    return at_("tail", [&] { return real_->poll(messages_max, each); });
  }
};

class throwing_scan : public in_front_of<topic_scan_ptr> {
 public:
  using in_front_of::in_front_of;

  result<bool> next(std::size_t messages_max, const on_message& each) override {
    return at_("scan", [&] { return real_->next(messages_max, each); });
  }
  std::uint64_t messages_read() const override { return real_->messages_read(); }
  std::uint64_t messages_total() const override { return real_->messages_total(); }
};

class throwing_transactional_producer : public in_front_of<transactional_producer_ptr> {
 public:
  using in_front_of::in_front_of;

  result<done> open() override {
    return at_("open", [&] { return real_->open(); });
  }
  result<done> begin() override {
    return at_("begin", [&] { return real_->begin(); });
  }
  result<done> send(const outgoing_message& message) override {
    return at_("send", [&] { return real_->send(message); });
  }
  result<std::vector<partition_end>> commit() override {
    return at_("commit", [&] { return real_->commit(); });
  }
  result<done> abort() override {
    return at_("abort", [&] { return real_->abort(); });
  }
};

class throwing_plain_producer : public in_front_of<plain_producer_ptr> {
 public:
  using in_front_of::in_front_of;

  result<done> send(const outgoing_message& message) override {
    return at_("send", [&] { return real_->send(message); });
  }
  result<done> flush() override {
    return at_("flush", [&] { return real_->flush(); });
  }
};

class throwing_consumer : public in_front_of<group_consumer_ptr> {
 public:
  using in_front_of::in_front_of;

  void on_ready(std::function<void()> ready) override { real_->on_ready(std::move(ready)); }
  result<done> subscribe(const std::vector<std::string>& topics) override { return real_->subscribe(topics); }
  consumer_event poll() override {
    return at_("poll", [&] { return real_->poll(); });
  }
  result<done> begin(const topic_partition& from, std::int64_t offset) override {
    return at_("begin", [&] { return real_->begin(from, offset); });
  }
  void pause(const topic_partition& from) override {
    at_("pause", [&] { real_->pause(from); });
  }
  void resume(const topic_partition& from) override {
    at_("resume", [&] { real_->resume(from); });
  }
  std::int64_t behind(const topic_partition& from, std::int64_t next_offset) const override {
    return real_->behind(from, next_offset);
  }
  void ask_end(const topic_partition& from) override { real_->ask_end(from); }
  void note_applied(const topic_partition& from, std::int64_t next_offset) override {
    at_("note_applied", [&] { real_->note_applied(from, next_offset); });
  }
  void leave() override { real_->leave(); }
};

class throwing_store : public in_front_of<site_store_ptr> {
 public:
  using in_front_of::in_front_of;

  result<stored_position> open(const topic_partition& from) override {
    return at_("open", [&] { return real_->open(from); });
  }
  result<applied> apply(const site_batch& batch, batch_range range,
                        const std::vector<refused_record>& refused, std::int64_t expected,
                        std::int64_t next) override {
    return at_("apply", [&] { return real_->apply(batch, range, refused, expected, next); });
  }
  result<done> advance(std::int64_t expected, std::int64_t next) override {
    return at_("advance", [&] { return real_->advance(expected, next); });
  }
  result<std::int64_t> look() override {
    return at_("look", [&] { return real_->look(); });
  }
};

class throwing_outbox : public in_front_of<site_outbox_ptr> {
 public:
  using in_front_of::in_front_of;

  result<std::vector<outbox_entry>> take(std::size_t entries_max) override {
    return at_("take", [&] { return real_->take(entries_max); });
  }
  result<done> remove_taken() override {
    return at_("remove_taken", [&] { return real_->remove_taken(); });
  }
  void release() override { real_->release(); }
};

/// Whether the adapters of actors of this kind have such a call.
bool has_call(std::string_view kind, std::string_view call) {
  const auto of_kind = std::find_if(all_calls().begin(), all_calls().end(),
                                    [&](const auto& each) { return each.kind == kind; });
  return of_kind != all_calls().end() &&
         std::any_of(of_kind->calls.begin(), of_kind->calls.end(), [&](std::string_view each) {
           return call == "before_" + std::string{each} || call == "after_" + std::string{each};
         });
}

/// A whole number from 0; nothing if it is none.
std::optional<std::uint64_t> number_from(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional{number} : std::nullopt;
}

/// Reads "publisher@0:after_send+9".
std::optional<planned_crash> planned_crash_from(std::string_view text) {
  const auto at = text.find('@');
  if (at == 0 || at == text.npos)
    return std::nullopt;
  const auto colon = std::min(text.find(':', at), text.size());
  const auto ms = number_from(text.substr(at + 1, colon - at - 1));
  if (!ms)
    return std::nullopt;
  planned_crash crash{std::string{text.substr(0, at)}, std::chrono::milliseconds{*ms}};
  if (colon == text.size())
    return crash;
  const auto plus = std::min(text.find('+', colon), text.size());
  crash.call = text.substr(colon + 1, plus - colon - 1);
  const auto passes = plus == text.size() ? 0 : number_from(text.substr(plus + 1));
  if (!passes || !has_call(crash.kind, crash.call))
    return std::nullopt;
  crash.passes = *passes;
  return crash;
}

}  // namespace

std::optional<std::vector<planned_crash>> planned_crashes(std::string_view text) {
  std::vector<planned_crash> all;
  while (!text.empty()) {
    const auto item = text.substr(0, text.find(','));
    text.remove_prefix(std::min(text.size(), item.size() + 1));
    auto crash = planned_crash_from(item);
    if (!crash)
      return std::nullopt;
    all.push_back(*std::move(crash));
  }
  return all;
}

adapters throwing_adapters(const adapters& real, const std::string& pipeline,
                           std::vector<planned_crash> plan) {
  const auto to_come = std::make_shared<throws_to_come>(std::move(plan));
  const auto calls_of = [to_come](std::string_view kind) { return watched_calls{to_come, kind}; };
  adapters wrapped = real;
  wrapped.open_source = [open = real.open_source, calls_of](const source_settings& source) {
    return std::make_shared<throwing_source>(open(source), calls_of("fetcher"));
  };
  wrapped.open_tail = [open = real.open_tail, calls_of](const std::string& topic) {
    return std::make_unique<throwing_tail>(open(topic), calls_of("fetcher"));
  };
  wrapped.open_scan = [open = real.open_scan, calls_of](std::vector<std::string> topics) {
    return std::make_unique<throwing_scan>(open(std::move(topics)), calls_of("loader"));
  };
  wrapped.open_transactional_producer = [open = real.open_transactional_producer,
                                         calls_of](const std::string& id) {
    return std::make_unique<throwing_transactional_producer>(open(id), calls_of("publisher"));
  };
  wrapped.open_plain_producer = [open = real.open_plain_producer, calls_of] {
    return std::make_unique<throwing_plain_producer>(open(), calls_of("reporter"));
  };
  wrapped.open_consumer = [open = real.open_consumer, calls_of,
                           sources = "matricula." + pipeline + ".source."](const std::string& group) {
    const auto* const kind = group.starts_with(sources) ? "elector" : "subscriber";
    return std::make_unique<throwing_consumer>(open(group), calls_of(kind));
  };
  wrapped.open_store = [open = real.open_store, calls_of](const site_settings& site) {
    return std::make_unique<throwing_store>(open(site), calls_of("applier"));
  };
  wrapped.open_outbox = [open = real.open_outbox, calls_of](const site_settings& site) {
    return std::make_unique<throwing_outbox>(open(site), calls_of("reporter"));
  };
  return wrapped;
}

}  // namespace matricula
