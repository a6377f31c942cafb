// SPDX-License-Identifier: Apache-2.0
#include "parts/counting.hpp"

#include <benchmark/benchmark.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>

#include <chrono>

namespace matricula::bench {
namespace {

/// From one actor to another and back, as a page goes from stage to stage: a request and its answer.
void actor_hop(benchmark::State& state) {
  caf::actor_system_config settings;
  settings.set("scheduler.policy", caf::atom("sharing"));  // as matricula does
  caf::actor_system system{settings};
  const caf::scoped_actor self{system};
  const auto echo = system.spawn(
      [](caf::event_based_actor*) -> caf::behavior { return {[](int number) { return number; }}; });
  const auto caller = system.spawn([echo](caf::event_based_actor* me) -> caf::behavior {
    return {[me, echo](std::int64_t times) {
      auto promise = me->make_response_promise();
      auto again = std::make_shared<std::function<void(std::int64_t)>>();
      *again = [me, echo, promise, again](std::int64_t left) mutable {
        if (left == 0) {
          promise.deliver(0);
          *again = {};
          return;
        }
        me->request(echo, caf::infinite, 1).then([again, left](int) { (*again)(left - 1); });
      };
      (*again)(times);
    }};
  });
  constexpr std::int64_t times = 10'000;
  for (auto _ : state)
    self->request(caller, caf::infinite, times).receive([](int) {}, [](const caf::error&) {});
  count(state, times * 2);
}
BENCHMARK(actor_hop)->Unit(benchmark::kMillisecond)->UseRealTime();

}  // namespace
}  // namespace matricula::bench
