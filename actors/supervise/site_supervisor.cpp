// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/site_supervisor.hpp"

#include "actors/report/reporter.hpp"
#include "actors/subscribe/subscriber.hpp"
#include "actors/supervise/end_reason.hpp"
#include "actors/supervise/spawn_blocking.hpp"

#include <spdlog/spdlog.h>

namespace matricula {
namespace {

using std::chrono::milliseconds;

template <class Handle>
bool came_from(const Handle& child, const caf::down_msg& down) {
  return child && caf::actor_cast<caf::actor_addr>(child) == down.source;
}

}  // namespace

site_supervisor_state::~site_supervisor_state() {
  if (subscriber)
    caf::anon_send_exit(subscriber, caf::exit_reason::kill);
  if (reporter)
    caf::anon_send_exit(reporter, caf::exit_reason::kill);
  if (stopped.pending())
    stopped.deliver(make_error(error_code::stopping));
}

void site_supervisor_state::tell(std::string what, std::string text) {
  spdlog::info("site:{} {}{}{}", site.name, what, text.empty() ? "" : ": ", text);
  note(std::move(what), std::move(text));
}

void site_supervisor_state::note(std::string what, std::string text) {
  self->send(scoreboard, stage_event{"site:" + site.name, std::move(what), std::move(text)});
}

void site_supervisor_state::start_missing() {
  timer_set = false;
  if (stopping)
    return;
  due = !reporter && subscriber;
  if (due)
    return;  // the dead reporter's subscriber is still going down
  if (!reporter) {
    reporter = spawn_blocking(*self, *deployment, matricula::reporter, deployment, site);
    self->monitor<caf::message_priority::high>(reporter);
  }
  if (!subscriber) {
    subscriber =
        spawn_blocking(*self, *deployment, matricula::subscriber, deployment, site, reporter, scoreboard);
    self->monitor<caf::message_priority::high>(subscriber);
  }
  started = self->clock().now();
  restarts->works(started);
  if (in_outage)
    note("running");
  else
    tell("running");
}

void site_supervisor_state::child_down(const caf::down_msg& down) {
  const char* kind = "subscriber";
  if (came_from(reporter, down)) {
    kind = "reporter";
    reporter = nullptr;
    if (subscriber && !stopping)
      self->send_exit(subscriber, caf::exit_reason::kill);
  } else if (came_from(subscriber, down)) {
    subscriber = nullptr;
    if (due)
      return start_missing();
  } else {
    return;
  }
  if (stopping)
    return;  // stop hears of it by its requests
  if (const auto last = given_up_for(down.reason))
    return give_up(*last);
  if (timer_set)
    return;  // the second of the two: both start again together
  const auto now = self->clock().now();
  const auto delay = delay_after(down.reason, *restarts, now);
  if (!delay)
    return give_up(down.reason);
  in_outage = is_outage(down.reason);
  if (now - started >= outage_log::repeat_after)
    outage = {};  // an earlier one has been over for as long
  if (!in_outage)
    tell("restarting", std::string{"its "} + kind + " died: " + text_of(down.reason));
  else if (const auto line = outage.failed(failure_of(down.reason), now, std::chrono::system_clock::now()))
    tell("restarting", *line);
  else
    note("restarting");
  timer_set = true;
  self->delayed_send(self, *delay, restart_atom::value, std::string{kind});
}

void site_supervisor_state::give_up(const caf::error& why) {
  const auto& limits = deployment->topology.limits;
  spdlog::error("site:{} gives up: its actors died more than {} times, with less than {} ms of work in "
                "between (limits.restarts_max), at last of {}",
                site.name, limits.restarts_max, limits.restart_window_ms, text_of(why));
  self->quit(why);
}

caf::result<done> site_supervisor_state::stop() {
  stopping = true;
  stopped = self->make_response_promise<done>();
  if (!subscriber) {
    finish_stop();
    return caf::delegated<done>{};
  }
  const milliseconds timeout{deployment->topology.limits.drain_timeout_ms};
  self->request(subscriber, timeout, stop_atom::value)
      .then([this](done) { finish_stop(); }, [this](const caf::error&) { finish_stop(); });
  return caf::delegated<done>{};
}

void site_supervisor_state::finish_stop() {
  if (!stopped.pending())
    return;
  if (!reporter)
    return static_cast<void>(stopped.deliver(done{}));
  const milliseconds timeout{deployment->topology.limits.drain_timeout_ms};
  self->request(reporter, timeout, stop_atom::value)
      .then([this](done) { stopped.deliver(done{}); },
            [this](const caf::error&) { stopped.deliver(done{}); });
}

void site_supervisor_state::crash(const std::string& kind) {
  const auto die = [&](const auto& which) {
    if (!which)
      return self->delayed_send(self, crash_again_after, crash_atom::value, kind);
    spdlog::info("site:{} its {} dies, as planned", site.name, kind);
    self->send_exit(which, caf::exit_reason::unhandled_exception);
  };
  if (kind == name)
    self->quit(caf::exit_reason::unhandled_exception);
  else if (kind == "reporter")
    die(reporter);
  else if (kind == "subscriber")
    die(subscriber);
  else if (kind == "applier" && subscriber)
    self->send(subscriber, crash_atom::value, kind);
  else if (kind == "applier")
    self->delayed_send(self, crash_again_after, crash_atom::value, kind);
}

site_supervisor_actor::behavior_type
site_supervisor(site_supervisor_actor::stateful_pointer<site_supervisor_state> self,
                deployment_ptr deployment, site_settings site, scoreboard_actor scoreboard) {
  auto& state = self->state;
  state.self = self;
  self->set_exception_handler(log_exception);
  state.deployment = std::move(deployment);
  state.site = std::move(site);
  state.scoreboard = std::move(scoreboard);
  const auto& limits = state.deployment->topology.limits;
  state.restarts.emplace(limits.restarts_max, milliseconds{limits.restart_window_ms},
                         milliseconds{limits.retry_delay_ms_min}, milliseconds{limits.retry_delay_ms_max});
  self->set_down_handler([self](const caf::down_msg& down) { self->state.child_down(down); });
  state.start_missing();
  return {
      [self](restart_atom, const std::string&) { self->state.start_missing(); },
      [self](stop_atom) { return self->state.stop(); },
      [self](crash_atom, const std::string& kind) { self->state.crash(kind); },
  };
}

}  // namespace matricula
