// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"
#include "actors/supervise/throwing_adapters.hpp"
#include "tests/actors/memory_kafka.hpp"
#include "tests/actors/memory_site.hpp"
#include "tests/actors/scripted_feed.hpp"

#include <caf/all.hpp>
#include <caf/scheduler/test_coordinator.hpp>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace matricula::testing {

/// Something that a stand-in is to do as if it had thought of it itself.
struct order {
  std::function<void()> carry_out;
};
using obeys = caf::reacts_to<order>;

/// The answer to a question, once there is one.
template <class T>
struct reply {
  std::optional<T> value;
  std::optional<caf::error> why;

  bool pending() const { return !value && !why; }
  error_code code() const { return why ? failure_of(*why).code : error_code::none; }
};
template <class T>
using reply_ptr = std::shared_ptr<reply<T>>;

}  // namespace matricula::testing

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(matricula::testing::order)

namespace matricula::testing {

using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace std::chrono_literals;

/// Runs actors one message at a time in virtual time, with Kafka, feed and sites in memory. Two lanes, ESO-46
/// and FP-46, and two sites, eso46 and fp46, unless a test says otherwise before `deployed` is first called.
class graph_world {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  graph_world();
  virtual ~graph_world();
  graph_world(const graph_world&) = delete;
  graph_world& operator=(const graph_world&) = delete;

  // ---- given
  struct limits& limits() {
    return topology.limits;
  }
  const deployment_ptr& deployed();
  source_settings& source() { return topology.sources.front(); }
  site_settings& site_settings_of(const std::string& name);

  // ---- time
  time_point now();
  /// Since the test began.
  milliseconds elapsed();
  /// Handles messages until there is none.
  void run();
  /// Handles one message of an actor of this kind, "applier"; false if none has any.
  bool step(std::string_view kind);
  /// The actor whose message `step` handled last.
  caf::actor stepped;
  /// Handles messages of all but the actors of this kind, which hang.
  void run_without(std::string_view kind);
  /// Likewise, but the actor whose turn it is is drawn by lot.
  void run_shuffled(std::mt19937& lots);
  /// Lets time pass; every timer on the way is served at its own moment.
  void let_pass(milliseconds duration);
  void let_pass(milliseconds duration, const std::function<void()>& handle_messages);
  /// Time passes while a handler is at work, as where the process is stopped; for what a double calls.
  void stand_still_for(milliseconds duration) { scheduler->clock().current_time += duration; }
  /// Time to the next timer.
  milliseconds next_timer();

  // ---- actors
  /// Ends the actor when the test is over.
  template <class Handle>
  Handle keep(Handle actor) {
    kept_.push_back(caf::actor_cast<caf::actor>(actor));
    return actor;
  }

  /// Sends a request and remembers the answer, once messages are handled.
  template <class T, class Handle, class... Ts>
  reply_ptr<T> request(const Handle& to, Ts... what) {
    auto answer = std::make_shared<reply<T>>();
    keep(system->spawn([=](caf::event_based_actor* self) {
      self->request(to, caf::infinite, what...)
          .then([answer](const T& value) { answer->value = value; },
                [answer](const caf::error& why) { answer->why = why; });
    }));
    return answer;
  }

  /// The same, and handles messages until there is none.
  template <class T, class Handle, class... Ts>
  reply_ptr<T> ask(const Handle& to, Ts... what) {
    auto answer = request<T>(to, std::move(what)...);
    run();
    return answer;
  }

  template <class Handle, class... Ts>
  void tell(const Handle& to, Ts... what) {
    caf::anon_send(to, std::move(what)...);
    run();
  }

  /// Why the actor ended, once it has.
  template <class Handle>
  std::shared_ptr<std::optional<caf::error>> watch(const Handle& actor) {
    auto reason = std::make_shared<std::optional<caf::error>>();
    keep(system->spawn([=](caf::event_based_actor* self) -> caf::behavior {
      self->set_down_handler([reason](const caf::down_msg& down) { *reason = down.reason; });
      self->monitor(actor);
      return {[](order& what) { what.carry_out(); }};
    }));
    run();
    return reason;
  }

  /// The stand-in carries this out; then messages are handled until there is none.
  template <class Handle>
  void have(const Handle& stand_in, std::function<void()> what) {
    tell(stand_in, order{std::move(what)});
  }

  template <class Handle>
  void crash(const Handle& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::unhandled_exception);
    run();
  }

  /// The actor ends now, without a word.
  template <class Handle>
  void kill(const Handle& actor) {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
    run();
  }

  struct topology topology;
  std::uint64_t pages_max = 0;
  std::vector<planned_crash> planned;  ///< at calls of Kafka's, the feed's and the sites'

  // The world outlives the actors.
  memory_kafka kafka{1};
  scripted_feed feed;
  std::map<std::string, memory_site> sites;

  caf::actor_system_config config;
  std::unique_ptr<caf::actor_system> system;
  caf::scheduler::test_coordinator* scheduler = nullptr;

 private:
  std::vector<caf::actor> kept_;
  deployment_ptr deployment_;
  time_point began_;
};

/// A test with a world of its own.
class graph_test : public ::testing::Test, protected graph_world {};

/// A failure as an outage of this code.
inline failure because(error_code code) { return {code, std::string{name_of(code)}}; }

/// Every code but `none`.
std::vector<error_code> all_error_codes();

// ---------------------------------------------------------------- stand-ins for peers

/// A request that a stand-in holds until the test answers it.
template <class Request, class Reply>
struct held {
  Request request;
  caf::typed_response_promise<Reply> promise;
};

/// Stands in for the partitioner: keeps pages until the test answers them.
struct partitioner_stand_in {
  using handle = partitioner_actor::extend<obeys>;

  std::vector<held<fetched_page_ptr, page_receipt>> pages;
  handle actor;

  void spawn(caf::actor_system& system);
};

/// Stands in for the publisher: keeps shares until the test answers them.
struct publisher_stand_in {
  using handle = publisher_actor::extend<obeys>;

  std::vector<held<page_share_ptr, page_published>> shares;
  handle actor;

  void spawn(caf::actor_system& system);
};

/// Stands in for a deduplicator: keeps shares until the test answers them, and remembers what was loaded.
struct deduplicator_stand_in {
  using handle = deduplicator_actor::extend<obeys>;

  struct share {
    batch_ptr batch;
    std::uint32_t shares_total = 0;
  };
  std::vector<held<share, share_receipt>> shares;
  std::vector<index_entry> loaded;
  std::size_t chunks = 0;
  handle actor;

  void spawn(caf::actor_system& system);
};

/// Stands in for the scoreboard: remembers what it was told.
struct scoreboard_stand_in {
  std::vector<page_receipt> pages;
  std::vector<applied_receipt> applied;
  std::vector<source_position> begun;
  std::vector<std::string> events;  ///< "source:itaca running", …
  std::vector<std::string> parts;   ///< of a site: "membership waiting", "ESO-46-0 database_unavailable", …
  std::int64_t lag = 0;             ///< the last one told
  scoreboard_actor actor;

  void spawn(caf::actor_system& system);
  /// Records applied at sites, in all receipts.
  std::uint64_t records_applied() const;
  std::size_t count(const std::string& event) const;
};

/// Stands in for the reporter: counts what it was told.
struct reporter_stand_in {
  std::size_t outcomes = 0;
  reporter_actor actor;

  void spawn(caf::actor_system& system);
};

/// Stands in for the source's supervisor: remembers who was said to own the source.
struct owner_stand_in {
  std::vector<std::string> told;  ///< "elected", "revoked"
  source_supervisor_actor actor;

  void spawn(caf::actor_system& system);
};

}  // namespace matricula::testing
