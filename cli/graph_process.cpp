// SPDX-License-Identifier: Apache-2.0
#include "cli/graph_process.hpp"

#include "actors/supervise/node_supervisor.hpp"
#include "actors/supervise/scoreboard.hpp"
#include "cli/command.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>

#include <csignal>
#include <optional>
#include <thread>
#include <unistd.h>

namespace matricula {
namespace {

using std::chrono::milliseconds;

/// Tells `listener` of the first SIGTERM or SIGINT and ends the process at the second.
class signal_listener {
 public:
  explicit signal_listener(caf::actor listener)
      : thread_([listener = std::move(listener)] { listen(listener); }) {}

  signal_listener(const signal_listener&) = delete;
  signal_listener& operator=(const signal_listener&) = delete;

  ~signal_listener() {
    pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }

 private:
  static void listen(const caf::actor& listener) {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGUSR2})
      sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    for (bool told = false;; told = true) {
      int number = 0;
      if (sigwait(&signals, &number) != 0 || number == SIGUSR2)
        return;
      if (told)
        _exit(exit_failed);
      caf::anon_send(listener, stop_atom::value);
    }
  }

  std::thread thread_;
};

/// Sends `signal` to `listener` when `who` has answered `question`.
template <class Handle, class Signal, class... Question>
void tell_when_answered(caf::actor_system& system, Handle who, caf::actor listener, Signal signal,
                        Question... question) {
  system.spawn([=](caf::event_based_actor* self) {
    self->request(who, caf::infinite, question...)
        .then([=](done) { caf::anon_send(listener, signal); }, [](const caf::error&) {});
  });
}

}  // namespace

run_outcome graph_process::run() const {
  caf::actor_system_config config;
  // Idle workers wait on a condition instead of polling for work to steal.
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("logger.verbosity", caf::atom("quiet"));
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  const caf::actor listener = self;

  const scoreboard_actor board = system.spawn(scoreboard, deployment);
  const node_supervisor_actor root = self->spawn<caf::monitored>(node_supervisor, deployment, board);
  const auto ask_figures = [&] {
    self->request(board, milliseconds{5'000}, figures_atom::value)
        .receive([&](const std::string& json) { on_figures(json); }, [](const caf::error&) {});
  };
  if (deployment->pages_max != 0)
    tell_when_answered(system, board, listener, pages_atom::value, pages_atom::value, deployment->pages_max);

  std::optional<run_outcome> outcome;
  {
    const signal_listener signals{listener};
    const auto stop = [&](run_outcome why) {
      outcome = why;
      tell_when_answered(system, root, listener, open_atom::value, stop_atom::value);
    };
    bool drained = false;
    auto next_figures = std::chrono::steady_clock::now();
    std::optional<std::chrono::steady_clock::time_point> deadline;
    while (!drained) {
      const auto now = std::chrono::steady_clock::now();
      if (deadline && now >= *deadline) {
        outcome = run_outcome::stuck;
        break;
      }
      if (now >= next_figures) {
        ask_figures();
        next_figures = now + figures_every;
      }
      const auto begin_stop = [&](run_outcome why) {
        if (outcome)
          return;
        stop(why);
        deadline = now + milliseconds{deployment->topology.limits.drain_timeout_ms};
      };
      self->receive([&](stop_atom) { begin_stop(run_outcome::stopped); },
                    [&](pages_atom) { begin_stop(run_outcome::finished); },
                    [&](open_atom) { drained = true; },
                    [&](const caf::down_msg&) {
                      outcome = run_outcome::gave_up;
                      drained = true;
                    },
                    caf::after(std::chrono::ceil<milliseconds>(next_figures - now)) >> [] {});
    }
  }
  ask_figures();
  if (outcome == run_outcome::stuck)
    return *outcome;
  self->send_exit(root, caf::exit_reason::kill);
  self->send_exit(board, caf::exit_reason::kill);
  return *outcome;
}

}  // namespace matricula
