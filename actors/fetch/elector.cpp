// SPDX-License-Identifier: Apache-2.0
#include "actors/fetch/elector.hpp"

#include "actors/subscribe/wake_up.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace matricula {
namespace {

/// Whether these partitions hold the one that stands for owning the source.
bool hold_ownership(const std::vector<topic_partition>& partitions) {
  return std::any_of(partitions.begin(), partitions.end(),
                     [](const auto& where) { return where.partition == 0; });
}

}  // namespace

void elector_state::poll() {
  for (;;) {
    const auto event = consumer->poll();
    if (std::holds_alternative<std::monostate>(event))
      return;
    if (const auto* given = std::get_if<partitions_assigned>(&event)) {
      if (hold_ownership(given->partitions))
        self->send(owner, elected_atom::value);
    } else if (const auto* taken = std::get_if<partitions_revoked>(&event)) {
      if (hold_ownership(taken->partitions))
        self->send(owner, revoked_atom::value);
    } else if (const auto* problem = std::get_if<consumer_problem>(&event)) {
      spdlog::warn("source:{} election: {}", source, problem->reason.text);
      if (problem->reason.code == error_code::partition_lost)
        return self->quit(make_error(problem->reason));  // it takes another consumer to be elected again
    }
  }
}

elector_actor::behavior_type elector(elector_actor::stateful_pointer<elector_state> self,
                                     deployment_ptr deployment, std::string source,
                                     source_supervisor_actor owner) {
  auto& state = self->state;
  state.self = self;
  self->set_exception_handler(log_exception);
  state.deployment = std::move(deployment);
  state.source = std::move(source);
  state.owner = std::move(owner);
  const auto& topology = state.deployment->topology;
  state.consumer = state.deployment->adapters.open_consumer("matricula." + topology.pipeline.name +
                                                            ".source." + state.source);
  state.consumer->on_ready(wake_up(elector_actor{self}));
  if (const auto subscribed = state.consumer->subscribe({topology.kafka.cursors_topic}); !subscribed)
    self->quit(make_error(subscribed.error()));
  self->delayed_send(self, poll_interval_max, poll_atom::value);
  return {
      [self](poll_atom) {
        self->state.poll();
        // Wake-ups from the consumer come without a sender; only our own timer sets the next one.
        if (self->current_sender() == self->ctrl())
          self->delayed_send(self, poll_interval_max, poll_atom::value);
      },
      [self](stop_atom) -> caf::result<done> {
        self->state.consumer->leave();
        return done{};
      },
  };
}

}  // namespace matricula
