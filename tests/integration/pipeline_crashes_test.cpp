// SPDX-License-Identifier: Apache-2.0
#include "actors/supervise/node_supervisor.hpp"
#include "actors/supervise/real_adapters.hpp"
#include "actors/supervise/scoreboard.hpp"
#include "pipeline_deployment.hpp"

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <spdlog/spdlog.h>

#include <memory>
#include <random>
#include <thread>

namespace matricula {
namespace {

/// The graph of a deployment within the test.
class graph_at_work {
 public:
  explicit graph_at_work(const pipeline_deployment& pipeline)
      : system_(settings_)
      , self_(system_) {
    const auto made = std::make_shared<deployment>();
    made->topology = pipeline.load();
    made->adapters = real_adapters(made->topology);
    board_ = system_.spawn(scoreboard, made);
    root_ = self_->spawn<caf::monitored>(node_supervisor, made, board_);
  }

  ~graph_at_work() {
    self_->request(root_, std::chrono::seconds{60}, stop_atom::value)
        .receive([](done) {}, [](const caf::error& why) { ADD_FAILURE() << caf::to_string(why); });
    self_->send_exit(root_, caf::exit_reason::kill);
    self_->send_exit(board_, caf::exit_reason::kill);
  }

  graph_at_work(const graph_at_work&) = delete;
  graph_at_work& operator=(const graph_at_work&) = delete;

  void crash(const std::string& kind) { self_->send(root_, crash_atom::value, kind); }

  nlohmann::json figures() {
    nlohmann::json answer;
    self_->request(board_, std::chrono::seconds{10}, figures_atom::value, true)
        .receive([&](const std::string& text) { answer = nlohmann::json::parse(text); },
                 [](const caf::error& why) { ADD_FAILURE() << caf::to_string(why); });
    return answer;
  }
  nlohmann::json source() { return figures()["sources"][0]; }

 private:
  // As in matricula's own start, before there are threads: ThreadSanitizer does not see into the library that makes it.
  const std::shared_ptr<spdlog::logger> log_{spdlog::default_logger()};
  caf::actor_system_config settings_;
  caf::actor_system system_;
  caf::scoped_actor self_;
  scoreboard_actor board_;
  node_supervisor_actor root_;
};

class pipeline_crashes : public pipeline_test {};

TEST_F(pipeline_crashes, whichever_actor_crashes_the_end_is_the_same) {
  pipeline_wishes wishes;
  wishes.every = "20ms";
  wishes.limits = "restarts_max = 1000\n";
  wishes.simulator_options = {"--changes", "0.05"};
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  graph_at_work graph{*pipeline};

  std::mt19937 lots{46};
  for (const std::string kind : {"elector", "publisher", "deduplicator", "partitioner", "loader", "fetcher",
                                 "subscriber", "applier", "reporter"}) {
    SCOPED_TRACE(kind);
    ASSERT_TRUE(pages_flow());
    std::this_thread::sleep_for(std::chrono::milliseconds{lots() % 100});  // anywhere in a page
    if (kind == "loader") {  // which lives while the lanes are read
      const auto before = graph.source()["restarts"].get<int>();
      graph.crash("publisher");
      ASSERT_TRUE(eventually([&] {
        const auto source = graph.source();  // a test that is slow finds it running again
        return source["restarts"].get<int>() > before &&
               (source["state"] == "rebuilding" || source["state"] == "running");
      }));
    }
    graph.crash(kind);
  }
  ASSERT_TRUE(pages_flow(4));
  pipeline->simulator().change(0);
  ASSERT_TRUE(pipeline->simulator().passes_a_sweep());
  ASSERT_NO_FATAL_FAILURE(pipeline->expect_truth());
  const auto figures = graph.figures();
  EXPECT_GE(figures["sources"][0]["restarts"], 6) << figures["sources"].dump();
  for (const auto& site : figures["sites"])
    EXPECT_GE(site["restarts"], 2) << site.dump();
}

}  // namespace
}  // namespace matricula
