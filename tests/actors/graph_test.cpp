// SPDX-License-Identifier: Apache-2.0
#include "tests/actors/graph_test.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>

namespace matricula::testing {
namespace {

bool is_of(const caf::resumable* job, std::string_view kind) {
  const auto* const actor = dynamic_cast<const caf::local_actor*>(job);
  return actor != nullptr && actor->name() == kind;
}

}  // namespace

graph_world::graph_world()
    : feed([this] { return now(); }) {
  spdlog::set_level(spdlog::level::off);
  topology.pipeline = {"demo", "2026"};
  topology.kafka.bootstrap = "nowhere:9092";
  topology.sources.emplace_back().name = "itaca";
  for (const std::string flavour : {"ESO", "FP"})
    topology.lanes.push_back({flavour, "46", "itaca", flavour + "-46"});
  for (const std::string name : {"eso", "fp"}) {
    auto& site = topology.sites.emplace_back();
    site.name = name + "46";
    site.topics = {name == "eso" ? "ESO-46" : "FP-46"};
    sites[site.name];
  }
  auto& bounds = topology.limits;
  bounds.batch_records_max = 3;
  bounds.retry_delay_ms_min = 100;
  bounds.retry_delay_ms_max = 800;
  bounds.restarts_max = 3;
  bounds.restart_window_ms = 60'000;

  config.set("scheduler.policy", caf::atom("testing"));
  system = std::make_unique<caf::actor_system>(config);
  scheduler = &dynamic_cast<caf::scheduler::test_coordinator&>(system->scheduler());
  began_ = now();
}

graph_world::~graph_world() {
  for (const auto& actor : kept_)
    caf::anon_send_exit(actor, caf::exit_reason::kill);
  run();
  kept_.clear();
  stepped = nullptr;
  system.reset();
}

site_settings& graph_world::site_settings_of(const std::string& name) {
  return *std::find_if(topology.sites.begin(), topology.sites.end(),
                       [&](const auto& site) { return site.name == name; });
}

const deployment_ptr& graph_world::deployed() {
  if (deployment_)
    return deployment_;
  auto made = std::make_shared<deployment>();
  made->topology = topology;
  made->pages_max = pages_max;
  auto& doubles = made->adapters;
  doubles.detached = false;
  doubles.open_source = [this](const source_settings&) { return feed.open(); };
  doubles.open_transactional_producer = [this](const std::string& id) {
    return kafka.open_transactional_producer(id);
  };
  doubles.open_plain_producer = [this] { return kafka.open_plain_producer(); };
  doubles.open_consumer = [this](const std::string& group) { return kafka.open_consumer(group); };
  doubles.open_scan = [this](std::vector<std::string> topics) { return kafka.open_scan(std::move(topics)); };
  doubles.open_tail = [this](const std::string& topic) { return kafka.open_tail(topic); };
  doubles.open_store = [this](const site_settings& site) { return sites[site.name].open_store(); };
  doubles.open_outbox = [this](const site_settings& site) { return sites[site.name].open_outbox(); };
  if (!planned.empty())
    doubles = throwing_adapters(doubles, topology.pipeline.name, planned);
  deployment_ = std::move(made);
  return deployment_;
}

graph_world::time_point graph_world::now() { return scheduler->clock().now(); }

milliseconds graph_world::elapsed() { return std::chrono::duration_cast<milliseconds>(now() - began_); }

void graph_world::run() { scheduler->run(); }

bool graph_world::step(std::string_view kind) {
  auto& jobs = scheduler->jobs;
  const auto next = std::find_if(jobs.begin(), jobs.end(), [&](const auto* job) { return is_of(job, kind); });
  if (next == jobs.end())
    return false;
  auto* const actor = dynamic_cast<caf::local_actor*>(*next);
  stepped = caf::actor_cast<caf::actor>(caf::strong_actor_ptr{actor->ctrl()});
  std::rotate(jobs.begin(), next, next + 1);
  scheduler->run_once();
  return true;
}

void graph_world::run_without(std::string_view kind) {
  scheduler->run_jobs_filtered([&](const auto* job) { return !is_of(job, kind); });
}

void graph_world::run_shuffled(std::mt19937& lots) {
  auto& jobs = scheduler->jobs;
  while (!jobs.empty()) {
    std::swap(jobs.front(), jobs[lots() % jobs.size()]);
    scheduler->run_once();
  }
}

void graph_world::let_pass(milliseconds duration) {
  let_pass(duration, [this] { run(); });
}

void graph_world::let_pass(milliseconds duration, const std::function<void()>& handle_messages) {
  auto& clock = scheduler->clock();
  const auto until = clock.now() + duration;
  handle_messages();
  while (clock.has_pending_timeout() && clock.schedule().begin()->first <= until) {
    const auto due = clock.schedule().begin()->first;
    clock.advance_time(std::max(due - clock.now(), time_point::duration::zero()));
    handle_messages();
  }
  clock.advance_time(std::max(until - clock.now(), time_point::duration::zero()));
  handle_messages();
}

milliseconds graph_world::next_timer() {
  auto& clock = scheduler->clock();
  return std::chrono::duration_cast<milliseconds>(clock.schedule().begin()->first - clock.now());
}

std::vector<error_code> all_error_codes() {
  std::vector<error_code> all;
  for (int number = 1; number <= static_cast<int>(error_code::stopping); ++number)
    all.push_back(static_cast<error_code>(number));
  return all;
}

void partitioner_stand_in::spawn(caf::actor_system& system) {
  actor = system.spawn([this](handle::pointer self) -> handle::behavior_type {
    return {
        [this, self](const fetched_page_ptr& page) -> caf::result<page_receipt> {
          pages.push_back({page, self->make_response_promise<page_receipt>()});
          return caf::delegated<page_receipt>{};
        },
        [](order& what) { what.carry_out(); },
    };
  });
}

void publisher_stand_in::spawn(caf::actor_system& system) {
  actor = system.spawn([this](handle::pointer self) -> handle::behavior_type {
    return {
        [](open_atom) -> caf::result<done> { return done{}; },
        [](start_atom, std::uint64_t) -> caf::result<done> { return done{}; },
        [this, self](const page_share_ptr& share) -> caf::result<page_published> {
          shares.push_back({share, self->make_response_promise<page_published>()});
          return caf::delegated<page_published>{};
        },
        [](order& what) { what.carry_out(); },
    };
  });
}

void deduplicator_stand_in::spawn(caf::actor_system& system) {
  actor = system.spawn([this](handle::pointer self) -> handle::behavior_type {
    return {
        [this](const index_chunk& chunk) -> caf::result<done> {
          ++chunks;
          loaded.insert(loaded.end(), chunk->begin(), chunk->end());
          return done{};
        },
        [this, self](const batch_ptr& batch, std::uint32_t shares_total) -> caf::result<share_receipt> {
          shares.push_back({{batch, shares_total}, self->make_response_promise<share_receipt>()});
          return caf::delegated<share_receipt>{};
        },
        [](order& what) { what.carry_out(); },
    };
  });
}

void scoreboard_stand_in::spawn(caf::actor_system& system) {
  actor = system.spawn([this](scoreboard_actor::pointer) -> scoreboard_actor::behavior_type {
    return {
        [this](const page_receipt& receipt) { pages.push_back(receipt); },
        [this](const std::string&, const applied_receipt& receipt) { applied.push_back(receipt); },
        [this](lag_atom, const std::string&, std::int64_t entries) { lag = entries; },
        [this](const stage_event& event) {
          if (event.part.empty())
            events.push_back(event.stage + ' ' + event.what);
          else
            parts.push_back(event.part + ' ' + event.what);
        },
        [this](start_atom, const std::string&, const source_position& position) {
          begun.push_back(position);
        },
        [](pages_atom, std::uint64_t) -> caf::result<done> { return done{}; },
        [](figures_atom, bool) { return std::string{}; },
    };
  });
}

std::uint64_t scoreboard_stand_in::records_applied() const {
  std::uint64_t sum = 0;
  for (const auto& receipt : applied)
    sum += receipt.records;
  return sum;
}

std::size_t scoreboard_stand_in::count(const std::string& event) const {
  return static_cast<std::size_t>(std::count(events.begin(), events.end(), event));
}

void reporter_stand_in::spawn(caf::actor_system& system) {
  actor = system.spawn([this](reporter_actor::pointer) -> reporter_actor::behavior_type {
    return {
        [this](outcome_atom) { ++outcomes; },
        [](poll_atom) {},
        [](retry_atom) {},
        [](stop_atom) -> caf::result<done> { return done{}; },
    };
  });
}

void owner_stand_in::spawn(caf::actor_system& system) {
  actor = system.spawn([this](source_supervisor_actor::pointer) -> source_supervisor_actor::behavior_type {
    return {
        [this](elected_atom) { told.emplace_back("elected"); },
        [this](revoked_atom) { told.emplace_back("revoked"); },
        [](restart_atom) {},
        [](stop_atom) -> caf::result<done> { return done{}; },
        [](crash_atom, const std::string&) {},
    };
  });
}

}  // namespace matricula::testing
