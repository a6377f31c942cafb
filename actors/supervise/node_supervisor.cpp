// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/node_supervisor.hpp"

#include "actors/supervise/site_supervisor.hpp"
#include "actors/supervise/source_supervisor.hpp"

namespace matricula {

node_supervisor_state::~node_supervisor_state() {
  for (const auto& source : sources)
    caf::anon_send_exit(source, caf::exit_reason::kill);
  for (const auto& site : sites)
    caf::anon_send_exit(site, caf::exit_reason::kill);
  if (stopped.pending())
    stopped.deliver(make_error(error_code::stopping));
}

template <class Children>
void node_supervisor_state::stop_all(const Children& children, void (node_supervisor_state::*then)()) {
  unanswered = children.size();
  if (unanswered == 0)
    return (this->*then)();
  const auto answered = [this, then] {
    if (--unanswered == 0)
      (this->*then)();
  };
  for (const auto& child : children)
    self->request(child, caf::infinite, stop_atom::value)
        .then([answered](done) { answered(); }, [answered](const caf::error&) { answered(); });
}

caf::result<done> node_supervisor_state::stop() {
  stopping = true;
  stopped = self->make_response_promise<done>();
  stop_all(sources, &node_supervisor_state::stop_sites);
  return caf::delegated<done>{};
}

void node_supervisor_state::stop_sites() { stop_all(sites, &node_supervisor_state::finish_stop); }

void node_supervisor_state::finish_stop() { stopped.deliver(done{}); }

void node_supervisor_state::crash(const std::string& kind) {
  if (kind == name)
    return self->quit(caf::exit_reason::unhandled_exception);
  for (const auto& source : sources)
    self->send(source, crash_atom::value, kind);
  for (const auto& site : sites)
    self->send(site, crash_atom::value, kind);
}

void node_supervisor_state::child_down(const caf::down_msg& down) {
  if (!stopping)
    self->quit(down.reason);
}

node_supervisor_actor::behavior_type
node_supervisor(node_supervisor_actor::stateful_pointer<node_supervisor_state> self,
                deployment_ptr deployment, const scoreboard_actor& scoreboard) {
  auto& state = self->state;
  state.self = self;
  self->set_exception_handler(log_exception);
  state.deployment = std::move(deployment);
  self->set_down_handler([self](const caf::down_msg& down) { self->state.child_down(down); });
  for (const auto& site : state.deployment->topology.sites)
    state.sites.push_back(self->spawn<caf::monitored>(site_supervisor, state.deployment, site, scoreboard));
  for (const auto& source : state.deployment->topology.sources)
    state.sources.push_back(
        self->spawn<caf::monitored>(source_supervisor, state.deployment, source, scoreboard));
  return {
      [self](stop_atom) { return self->state.stop(); },
      [self](crash_atom, const std::string& kind) { self->state.crash(kind); },
  };
}

}  // namespace matricula
