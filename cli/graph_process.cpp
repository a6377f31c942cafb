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
#include <spdlog/spdlog.h>

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <thread>
#include <unistd.h>
#include <utility>

namespace matricula {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds figures_timeout{5'000};
/// From one look at the deadline to the next, which a signal may have set meanwhile.
constexpr milliseconds look_every{1'000};
/// What the actors have for their end after a drain, at least.
constexpr milliseconds end_least{1'000};
/// timeout(1) sends its signal to the process and then to the process's group: that is one signal, not two.
constexpr milliseconds same_signal_within{500};

/// Tells of the first SIGTERM or SIGINT and ends the process at the second. Outlives the actors, so that a process whose
/// end takes long can still be ended.
class signal_listener {
 public:
  signal_listener()
      : thread_([this] { listen(); }) {}

  signal_listener(const signal_listener&) = delete;
  signal_listener& operator=(const signal_listener&) = delete;

  ~signal_listener() {
    pthread_kill(thread_.native_handle(), SIGUSR2);
    thread_.join();
  }

  /// From now on the first signal is a message to `listener`, also one that has come already; without a listener it
  /// only counts as the first.
  void tell(caf::actor listener) {
    const std::lock_guard lock{mutex_};
    listener_ = std::move(listener);
    if (told_ && listener_)
      caf::anon_send(listener_, stop_atom::value);
  }

 private:
  void listen() {
    sigset_t signals;
    sigemptyset(&signals);
    for (const int number : {SIGTERM, SIGINT, SIGUSR2})
      sigaddset(&signals, number);
    pthread_sigmask(SIG_BLOCK, &signals, nullptr);
    int first = 0;
    std::chrono::steady_clock::time_point first_at;
    for (;;) {
      int number = 0;
      if (sigwait(&signals, &number) != 0 || number == SIGUSR2)
        return;
      const auto now = std::chrono::steady_clock::now();
      if (first != 0) {
        if (number == first && now - first_at < same_signal_within)
          continue;
        _exit(exit_failed);
      }
      first = number;
      first_at = now;
      spdlog::info("told to stop: drains; a second signal ends it at once");
      const std::lock_guard lock{mutex_};
      told_ = true;
      if (listener_)
        caf::anon_send(listener_, stop_atom::value);
    }
  }

  std::mutex mutex_;
  caf::actor listener_;
  bool told_ = false;
  std::thread thread_;  // last: it uses the others
};

/// Calls for help if it is still there `limit` after it was started. Made before the actors it outlives them, who are
/// waited for until the last of them has returned from its call.
class end_watch {
 public:
  end_watch() = default;
  end_watch(const end_watch&) = delete;
  end_watch& operator=(const end_watch&) = delete;

  ~end_watch() {
    if (!thread_.joinable())
      return;
    {
      const std::lock_guard lock{mutex_};
      ended_ = true;
    }
    changed_.notify_one();
    thread_.join();
  }

  void start(milliseconds limit, std::function<void()> too_late) {
    thread_ = std::thread{[this, limit, too_late = std::move(too_late)] {
      std::unique_lock lock{mutex_};
      if (!changed_.wait_until(lock, std::chrono::steady_clock::now() + limit, [this] { return ended_; }))
        too_late();
    }};
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool ended_ = false;
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
  signal_listener signals;
  end_watch watch;
  caf::actor_system_config config;
  // Idle workers wait on a condition instead of polling for work to steal.
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("logger.verbosity", caf::atom("quiet"));
  caf::actor_system system{config};
  caf::scoped_actor self{system};
  const caf::actor listener = self;
  signals.tell(listener);

  const scoreboard_actor board = self->spawn<caf::monitored>(scoreboard, deployment);
  const node_supervisor_actor root = self->spawn<caf::monitored>(node_supervisor, deployment, board);
  const auto ask_figures = [&](bool with_pages) {
    self->request(board, figures_timeout, figures_atom::value, with_pages)
        .receive([&](const std::string& json) { on_figures(json); }, [](const caf::error&) {});
  };
  for (const auto& crash : crashes) {
    if (!crash.call.empty())
      continue;
    if (crash.kind == scoreboard_state::name)
      self->delayed_send(caf::actor_cast<caf::actor>(board), crash.after,
                         caf::exit_msg{self->address(), caf::exit_reason::unhandled_exception});
    else
      self->delayed_send(root, crash.after, crash_atom::value, crash.kind);
  }
  if (deployment->pages_max != 0)
    tell_when_answered(system, board, listener, pages_atom::value, pages_atom::value, deployment->pages_max);

  using clock = std::chrono::steady_clock;
  std::optional<run_outcome> outcome;
  bool drained = false, look_is_set = false;
  auto next_figures = clock::now();
  auto deadline = clock::time_point::max();
  const auto begin_stop = [&](run_outcome why) {
    if (outcome)
      return;
    outcome = why;
    deadline = clock::now() + milliseconds{deployment->topology.limits.drain_timeout_ms};
    tell_when_answered(system, root, listener, open_atom::value, stop_atom::value);
  };
  while (!drained) {
    if (clock::now() >= deadline) {
      outcome = run_outcome::stuck;
      break;
    }
    if (clock::now() >= next_figures) {
      ask_figures(false);
      next_figures = clock::now() + figures_every;
    }
    if (!std::exchange(look_is_set, true)) {
      const auto left =
          std::min<clock::duration>(std::min(next_figures, deadline) - clock::now(), look_every);
      // Not caf::after, which waits by the wall clock in a blocking actor.
      self->delayed_send(self, std::max(std::chrono::ceil<milliseconds>(left), milliseconds::zero()),
                         poll_atom::value);
    }
    self->receive([&](poll_atom) { look_is_set = false; },
                  [&](stop_atom) { begin_stop(run_outcome::stopped); },
                  [&](pages_atom) { begin_stop(run_outcome::finished); }, [&](open_atom) { drained = true; },
                  [&](const caf::down_msg&) {
                    outcome = run_outcome::gave_up;
                    drained = true;
                  });
  }
  if (outcome == run_outcome::stopped && drained)
    spdlog::info("drained");
  ask_figures(true);
  signals.tell({});
  if (outcome == run_outcome::stuck) {
    on_stuck(*outcome);
  } else {
    // Who was told to stop has what is left of its time.
    const auto left = outcome == run_outcome::gave_up
                          ? milliseconds{deployment->topology.limits.drain_timeout_ms}
                          : std::max(std::chrono::ceil<milliseconds>(deadline - clock::now()), end_least);
    watch.start(left, [this, why = *outcome] { on_stuck(why); });
  }
  self->send_exit(root, caf::exit_reason::kill);
  self->send_exit(board, caf::exit_reason::kill);
  return *outcome;
}

}  // namespace matricula
