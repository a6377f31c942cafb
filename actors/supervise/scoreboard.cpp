// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/scoreboard.hpp"

namespace matricula {

scoreboard_state::~scoreboard_state() {
  if (awaiting.pending())
    awaiting.deliver(make_error(error_code::stopping));
}

void scoreboard_state::answer_if_applied() {
  if (awaiting.pending() && figures->pages_applied(pages_awaited))
    awaiting.deliver(done{});
}

scoreboard_actor::behavior_type scoreboard(scoreboard_actor::stateful_pointer<scoreboard_state> self,
                                           const deployment_ptr& deployment) {
  self->set_exception_handler(log_exception);
  std::vector<std::string> sources;
  for (const auto& source : deployment->topology.sources)
    sources.push_back(source.name);
  std::vector<run_figures::site_topics> sites;
  for (const auto& site : deployment->topology.sites)
    sites.push_back({site.name, site.topics});
  self->state.figures.emplace(std::move(sources), std::move(sites), scoreboard_state::pages_max);
  return {
      [self](const page_receipt& receipt) {
        self->state.figures->page(receipt);
        self->state.answer_if_applied();
      },
      [self](const std::string& site, const applied_receipt& receipt) {
        self->state.figures->applied(site, receipt);
        self->state.answer_if_applied();
      },
      [self](lag_atom, const std::string& site, std::int64_t entries) {
        self->state.figures->lag(site, entries);
      },
      [self](const stage_event& event) { self->state.figures->event(event); },
      [self](start_atom, const std::string& source, const source_position& position) {
        self->state.figures->begins(source, position);
        self->state.answer_if_applied();
      },
      [self](pages_atom, std::uint64_t pages) -> caf::result<done> {
        auto& state = self->state;
        state.pages_awaited = pages;
        state.awaiting = self->make_response_promise<done>();
        state.answer_if_applied();
        return caf::delegated<done>{};
      },
      [self](figures_atom, bool with_pages) { return self->state.figures->json(with_pages); },
  };
}

}  // namespace matricula
