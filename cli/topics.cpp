// SPDX-License-Identifier: Apache-2.0
#include "cli/topics.hpp"

#include "actors/publish/kafka_topics.hpp"
#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/wait_option.hpp"
#include "config/durations.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <algorithm>
#include <iostream>
#include <memory>

namespace matricula {
namespace {

constexpr auto examples = R"(Examples:
  matricula topics my.toml
      a line for each topic that my.toml needs: what it is in Kafka, and what to do where it is otherwise
  matricula topics my.toml --create
      the same, after creating what is missing; run it before the first matricula run
  matricula topics my.toml --create --wait 1m
      for a script that starts Kafka and does not know how long that takes

Nothing is ever altered or removed: a topic whose partitions, replicas or settings are otherwise is for a person to
mend, and the last column says how. Exit code 0: all is as the file says; 1: it is not, or Kafka does not answer;
2: wrong usage; 78: the file must be changed first.)";

struct options {
  std::string file;
  bool create = false;
  std::string wait = "10s";
};

struct row {
  std::string topic, state, to_do;
};

void print(const std::vector<row>& rows, std::ostream& out) {
  std::size_t topic_width = 0;
  std::size_t state_width = 0;
  for (const auto& each : rows) {
    topic_width = std::max(topic_width, each.topic.size());
    state_width = std::max(state_width, each.state.size());
  }
  for (const auto& each : rows) {
    auto line = each.topic + std::string(topic_width + 2 - each.topic.size(), ' ') + each.state;
    if (!each.to_do.empty())
      line += std::string(state_width + 2 - each.state.size(), ' ') + each.to_do;
    out << line << '\n';
  }
}

std::string description_of(const planned_topic& topic) {
  return std::to_string(topic.partitions) + (topic.partitions == 1 ? " partition" : " partitions") +
         (topic.more_partitions_allowed ? " or more" : "") + ", " + std::to_string(topic.replication) +
         (topic.replication == 1 ? " replica" : " replicas");
}

}  // namespace

int compare_or_create_topics(const std::filesystem::path& file, bool create, std::chrono::milliseconds wait,
                             const environment_lookup& environment, std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  const auto& all = *loaded;
  const auto fail = [&](const failure& why) {
    errors << why.text << '\n';
    if (why.code == error_code::kafka_unavailable)
      errors << "waited " << config::text_of(wait)
             << ": is it running, and is the address right? --wait 1m waits "
             << "longer\n";
    return exit_failed;
  };

  std::vector<std::string> created;
  if (create) {
    auto answer = create_topics(all, wait);
    if (!answer)
      return fail(answer.error());
    created = *std::move(answer);
  }
  const auto differences = compare_topics(all, file.string(), wait);
  if (!differences)
    return fail(differences.error());

  std::vector<row> rows{{"TOPIC", "STATE", "WHAT TO DO"}};
  std::size_t different = 0;
  const auto planned = topics_of(all);
  for (const auto& topic : planned) {
    const auto before = rows.size();
    for (const auto& difference : *differences)
      if (difference.topic == topic.name)
        rows.push_back({topic.name, difference.what, difference.mend});
    if (rows.size() > before) {
      ++different;
      continue;
    }
    const bool is_new = std::find(created.begin(), created.end(), topic.name) != created.end();
    rows.push_back({topic.name, (is_new ? "created: " : "as it should be: ") + description_of(topic), ""});
  }
  print(rows, out);
  out << '\n' << planned.size() << " topics at " << all.kafka.bootstrap << ": ";
  if (different == 0)
    out << "all as " << file.string() << " says\n";
  else
    out << different << " not as " << file.string() << " says\n";
  return different == 0 ? exit_done : exit_failed;
}

void add_topics_command(CLI::App& app, int& exit_code) {
  auto* const command =
      app.add_subcommand("topics", "Compare Kafka's topics with a topology, create what is missing");
  const auto given = std::make_shared<options>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_flag("--create", given->create, "Create the topics that do not exist");
  add_wait_option(*command, given->wait, "How long to wait for Kafka to answer")->capture_default_str();
  command->footer(examples);
  command->callback([given, &exit_code] {
    exit_code = compare_or_create_topics(given->file, given->create, *config::duration_from(given->wait),
                                         system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
