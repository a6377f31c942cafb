// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/publish/kafka_client.hpp"
#include "config/load.hpp"
#include "config/topology.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

namespace matricula {

/// The brokers that KAFKA_BOOTSTRAP names, or a failure that says so.
inline std::string kafka_bootstrap() {
  const char* bootstrap = std::getenv("KAFKA_BOOTSTRAP");
  if (bootstrap == nullptr || *bootstrap == '\0')
    throw std::runtime_error{
        "KAFKA_BOOTSTRAP is not set. Run the tests by scripts/test, or start a broker with "
        "scripts/services start --dir DIR and load DIR/env"};
  return bootstrap;
}

/// A topology file of a test's own: one source, the lanes ESO-46 and FP-46, one site that reads the first.
/// Its topics have names that no other test has; those that exist at the end are removed.
class given_deployment {
 public:
  explicit given_deployment(std::string database = "postgresql://nobody@127.0.0.1:1/nowhere")
      : prefix_("test" + std::to_string(getpid()) + "x" + std::to_string(++made()))
      , file_(std::filesystem::temp_directory_path() / ("matricula_" + prefix_ + ".toml"))
      , database_(std::move(database)) {
    write();
  }

  ~given_deployment() {
    std::filesystem::remove(file_);
    remove_topics();
  }

  given_deployment(const given_deployment&) = delete;
  given_deployment& operator=(const given_deployment&) = delete;

  /// Writes the file anew. The site reads these lanes.
  void write(int partitions = 2, const std::string& topic_properties = "",
             const std::vector<std::string>& lanes = {"ESO-46"}) {
    std::string topics;
    for (const auto& each : lanes)
      topics += (topics.empty() ? "\"" : ", \"") + lane(each) + '"';
    std::ofstream{file_} << "[pipeline]\nname = \"" << prefix_
                         << "\"\nschool_year = \"2026\"\ntargets_directory = \""
                         << MATRICULA_SOURCE_DIRECTORY "/config/targets"
                         << "\"\n[kafka]\nbootstrap = \"" << kafka_bootstrap()
                         << "\"\npartitions = " << partitions << "\ntopic = \"" << prefix_
                         << "-{flavour}-{province}\"\ncursors_topic = \"" << prefix_
                         << ".cursors\"\nquarantine_topic = \"" << prefix_
                         << ".quarantine\"\noutcomes_topic = \"" << prefix_
                         << ".outcomes\"\n[kafka.topic_properties]\n"
                         << topic_properties
                         << "\n[[source]]\nname = \"itaca\"\nurl = \"http://127.0.0.1:1/\"\n"
                         << "[[lane]]\nflavour = \"ESO\"\nprovinces = [\"46\"]\n"
                         << "[[lane]]\nflavour = \"FP\"\nprovinces = [\"46\"]\n"
                         << "[[site]]\nname = \"eso46\"\ntopics = [" << topics
                         << "]\ndatabase = \"${TEST_DATABASE}\"\n"
                         << target_;
  }

  /// Writes the file anew, with another target of the site's, and what its [site.settings] say.
  void use_target(const std::string& name, const std::string& settings) {
    target_ =
        "target = \"" + name + "\"\nbase_url = \"https://aules.example/eso46\"\n[site.settings]\n" + settings;
    write();
  }

  const std::filesystem::path& file() const { return file_; }

  /// The topic of a lane.
  std::string lane(const std::string& name = "ESO-46") const { return prefix_ + '-' + name; }

  environment_lookup environment() const {
    return [database = database_](std::string_view name) -> std::optional<std::string> {
      if (name == "TEST_DATABASE")
        return database;
      return std::nullopt;
    };
  }

  topology load() const {
    const auto loaded = load_topology(file_, environment());
    if (!loaded)
      throw std::runtime_error{text_of(loaded.problems.front())};
    return *loaded.topology;
  }

 private:
  static int& made() {
    static int count = 0;
    return count;
  }

  void remove_topics() {
    kafka_settings settings;
    settings.bootstrap = kafka_bootstrap();
    auto configuration = kafka_configuration(settings, {});
    ASSERT_TRUE(configuration);
    auto client = kafka_client(RD_KAFKA_PRODUCER, *std::move(configuration));
    ASSERT_TRUE(client);
    std::vector<rd_kafka_DeleteTopic_t*> topics;
    for (const char* name : {"-ESO-46", "-FP-46", ".cursors", ".quarantine", ".outcomes"})
      topics.push_back(rd_kafka_DeleteTopic_new((prefix_ + name).c_str()));
    const kafka_handle<rd_kafka_queue_t> queue{rd_kafka_queue_new(client->get())};
    rd_kafka_DeleteTopics(client->get(), topics.data(), topics.size(), nullptr, queue.get());
    const kafka_handle<rd_kafka_event_t> event{rd_kafka_queue_poll(queue.get(), 10'000)};
    rd_kafka_DeleteTopic_destroy_array(topics.data(), topics.size());
  }

  std::string prefix_;
  std::filesystem::path file_;
  std::string database_;
  std::string target_ = "target = \"classrooms\"\nbase_url = \"https://aules.example/eso46\"\n";
};

}  // namespace matricula
