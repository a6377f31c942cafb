// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/source_supervisor.hpp"

#include "actors/dedup/deduplicator.hpp"
#include "actors/dedup/loader.hpp"
#include "actors/fetch/elector.hpp"
#include "actors/fetch/fetcher.hpp"
#include "actors/partition/key_shares.hpp"
#include "actors/publish/publisher.hpp"
#include "actors/supervise/end_reason.hpp"
#include "actors/supervise/spawn_blocking.hpp"

#include <spdlog/spdlog.h>

#include <utility>

namespace matricula {
namespace {

using std::chrono::milliseconds;

/// Whether this says why a group ends. Who was killed with it says nothing, nor does who got no answer from one that had
/// died: the supervisor may hear of either first.
bool says_why(const caf::error& reason) {
  return reason && reason != caf::exit_reason::kill && reason != caf::sec::request_receiver_down &&
         reason != make_error(error_code::stopping);
}

}  // namespace

source_supervisor_state::~source_supervisor_state() {
  if (source)
    source->interrupt();
  for (const auto& [address, child] : group)
    caf::anon_send_exit(child, caf::exit_reason::kill);
  if (election)
    caf::anon_send_exit(election, caf::exit_reason::kill);
  if (stopped.pending())
    stopped.deliver(make_error(error_code::stopping));
}

void source_supervisor_state::tell(std::string what, std::string text) {
  spdlog::info("source:{} {}{}{}", settings.name, what, text.empty() ? "" : ": ", text);
  self->send(scoreboard, stage_event{"source:" + settings.name, std::move(what), std::move(text)});
}

template <class Handle>
Handle source_supervisor_state::adopt(Handle child, const char* kind) {
  self->monitor<caf::message_priority::high>(child);
  const auto untyped = caf::actor_cast<caf::actor>(child);
  group.emplace(caf::actor_cast<caf::actor_addr>(child), untyped);
  by_kind[kind] = untyped;
  if (doomed.erase(kind) > 0)
    die(untyped, kind);
  return child;
}

void source_supervisor_state::start_election() {
  election =
      spawn_blocking(*self, *deployment, elector, deployment, settings.name, source_supervisor_actor{self});
  self->monitor<caf::message_priority::high>(election);
  elector_restarts->works(self->clock().now());
  if (doomed.erase("elector") > 0)
    die(caf::actor_cast<caf::actor>(election), "elector");
}

/// Of a dead elector's messages some may come after the news of its death, which comes first.
bool source_supervisor_state::comes_from_the_elector() const {
  return election && self->current_sender() == caf::actor_cast<caf::strong_actor_ptr>(election);
}

void source_supervisor_state::elected() {
  if (owner || stopping)
    return;
  owner = true;
  tell("elected");
  if (group.empty())
    start_group();
}

void source_supervisor_state::revoked() {
  if (!owner)
    return;
  owner = false;
  tell("standby", "another process owns the source");
  let_go = !ending && !group.empty();
  end_group(make_error(error_code::stopping));
}

void source_supervisor_state::start_group() {
  if (!owner || stopping || !group.empty())
    return;
  ending = let_go = false;
  const auto current = ++generation;
  tell("fencing");
  publisher =
      adopt(spawn_blocking(*self, *deployment, matricula::publisher, deployment, settings.name), "publisher");
  self->request(publisher, caf::infinite, open_atom::value)
      .then(
          [this, current](done) {
            if (current == generation)
              rebuild();
          },
          [this, current](const caf::error& why) {
            if (current == generation)
              end_group(why);
          });
}

void source_supervisor_state::rebuild() {
  if (ending)
    return;
  tell("rebuilding");
  const auto current = generation;
  const milliseconds timeout{deployment->topology.limits.request_timeout_ms};
  parts.clear();
  while (parts.size() < parts_of_a_source)
    parts.push_back(adopt(self->spawn(deduplicator, publisher, timeout), "deduplicator"));
  const auto reader =
      adopt(spawn_blocking(*self, *deployment, loader, deployment, settings.name, parts), "loader");
  self->request(reader, caf::infinite, start_atom::value)
      .then(
          [this, current](const source_position& position) {
            if (current == generation)
              run(position);
          },
          [this, current](const caf::error& why) {
            if (current == generation)
              end_group(why);
          });
}

void source_supervisor_state::run(const source_position& position) {
  if (ending)
    return;
  group_restarts->works(self->clock().now());
  if (deployment->pages_max != 0 && last_page == 0)
    last_page = position.page_number + deployment->pages_max;
  self->send(scoreboard, start_atom::value, settings.name, position);
  self->request(publisher, caf::infinite, start_atom::value, position.page_number)
      .then([](done) {}, [](const caf::error&) { /* child_down sees to it */ });
  const auto dealer =
      adopt(self->spawn(partitioner, deployment, settings.name, publisher, parts), "partitioner");
  source = deployment->adapters.open_source(settings);
  fetcher = adopt(spawn_blocking(*self, *deployment, matricula::fetcher, deployment, settings, source, dealer,
                                 scoreboard, last_page),
                  "fetcher");
  self->send(fetcher, start_atom::value, position);
  tell("running", "after page " + std::to_string(position.page_number));
  if (const auto line = outage.works(self->clock().now()))
    spdlog::info("source:{} {}", settings.name, *line);
}

void source_supervisor_state::end_group(const caf::error& why) {
  if (ending || group.empty())
    return;
  ending = true;
  ++generation;
  cause = why;
  group_restarts->rests(self->clock().now());
  if (source)
    source->interrupt();
  for (const auto& [address, child] : group)
    self->send_exit(child, caf::exit_reason::kill);
}

void source_supervisor_state::child_down(const caf::down_msg& down) {
  if (election && caf::actor_cast<caf::actor_addr>(election) == down.source) {
    election = nullptr;
    if (stopping)
      return;
    const auto delay = delay_after(down.reason, *elector_restarts, self->clock().now());
    if (!delay)
      return give_up(down.reason);
    tell("restarting", "its elector died: " + text_of(down.reason));
    revoked();
    self->delayed_send(self, *delay, restart_atom::value);
    return;
  }
  const auto found = group.find(down.source);
  if (found == group.end())
    return;
  // The loader's work is done once the group runs.
  const auto loading = by_kind.find("loader");
  if (!ending && loading != by_kind.end() && found->second == loading->second &&
      down.reason == caf::exit_reason::normal) {
    by_kind.erase(loading);
    return static_cast<void>(group.erase(found));
  }
  end_group(down.reason);  // while the dead one is in it: it may be the only one
  if (!says_why(cause) && says_why(down.reason))
    cause = down.reason;
  group.erase(found);
  if (group.empty())
    group_ended();
}

void source_supervisor_state::group_ended() {
  publisher = nullptr;
  parts.clear();
  fetcher = nullptr;
  source.reset();
  by_kind.clear();
  ending = false;
  if (stopping)
    return finish_stop();
  if (!owner)
    return;
  if (let_go)
    return start_group();  // elected again before the group had ended
  const auto why = failure_of(cause);
  const auto delay = delay_after(cause, *group_restarts, self->clock().now());
  if (!delay)
    return give_up(cause);
  if (!is_outage(cause))
    tell("restarting", why.text + "; in " + std::to_string(delay->count()) + " ms");
  else if (const auto line = outage.failed(why, self->clock().now(), std::chrono::system_clock::now()))
    tell("restarting", *line);
  else
    self->send(scoreboard, stage_event{"source:" + settings.name, "restarting", {}});
  self->delayed_send(self, *delay, restart_atom::value);
}

void source_supervisor_state::give_up(const caf::error& why) {
  spdlog::error(
      "source:{} gives up: its actors died more than {} times, with less than {} ms of work in between "
      "(limits.restarts_max), at last of {}",
      settings.name, deployment->topology.limits.restarts_max, deployment->topology.limits.restart_window_ms,
      text_of(why));
  self->quit(why);
}

caf::result<done> source_supervisor_state::stop() {
  stopping = true;
  stopped = self->make_response_promise<done>();
  if (!fetcher || ending) {
    end_group(make_error(error_code::stopping));
    if (group.empty())
      finish_stop();
    return caf::delegated<done>{};
  }
  source->interrupt();
  const milliseconds timeout{deployment->topology.limits.drain_timeout_ms};
  self->request(fetcher, timeout, stop_atom::value)
      .then([this](done) { end_group(make_error(error_code::stopping)); },
            [this](const caf::error&) { end_group(make_error(error_code::stopping)); });
  return caf::delegated<done>{};
}

void source_supervisor_state::finish_stop() {
  if (!election)
    return static_cast<void>(stopped.deliver(done{}));
  self->request(election, milliseconds{deployment->topology.limits.drain_timeout_ms}, stop_atom::value)
      .then([this](done) { stopped.deliver(done{}); },
            [this](const caf::error&) { stopped.deliver(done{}); });
}

void source_supervisor_state::crash(const std::string& kind) {
  const auto found = by_kind.find(kind);
  if (kind == name)
    self->quit(caf::exit_reason::unhandled_exception);
  else if (kind == "elector" && election)
    die(caf::actor_cast<caf::actor>(election), kind);
  else if (found != by_kind.end() && !ending)
    die(found->second, kind);
  else
    doomed.insert(kind);
}

void source_supervisor_state::die(const caf::actor& which, const std::string& kind) {
  spdlog::info("source:{} its {} dies, as planned", settings.name, kind);
  self->send_exit(which, caf::exit_reason::unhandled_exception);
}

source_supervisor_actor::behavior_type
source_supervisor(source_supervisor_actor::stateful_pointer<source_supervisor_state> self,
                  deployment_ptr deployment, source_settings settings, scoreboard_actor scoreboard) {
  auto& state = self->state;
  state.self = self;
  self->set_exception_handler(log_exception);
  state.deployment = std::move(deployment);
  state.settings = std::move(settings);
  state.scoreboard = std::move(scoreboard);
  const auto& limits = state.deployment->topology.limits;
  for (auto* const restarts : {&state.elector_restarts, &state.group_restarts})
    restarts->emplace(limits.restarts_max, milliseconds{limits.restart_window_ms},
                      milliseconds{limits.retry_delay_ms_min}, milliseconds{limits.retry_delay_ms_max});
  self->set_down_handler([self](const caf::down_msg& down) { self->state.child_down(down); });
  state.start_election();
  state.tell("standby", "waiting to be elected");
  return {
      [self](elected_atom) {
        if (self->state.comes_from_the_elector())
          self->state.elected();
      },
      [self](revoked_atom) {
        if (self->state.comes_from_the_elector())
          self->state.revoked();
      },
      [self](restart_atom) {
        if (!self->state.election && !self->state.stopping)
          self->state.start_election();
        self->state.start_group();
      },
      [self](stop_atom) { return self->state.stop(); },
      [self](crash_atom, const std::string& kind) { self->state.crash(kind); },
  };
}

}  // namespace matricula
