// SPDX-License-Identifier: Apache-2.0
#include "cli/replay.hpp"

#include "actors/apply/postgres_connection.hpp"
#include "actors/subscribe/kafka_offsets.hpp"
#include "cli/command.hpp"
#include "cli/loaded_topology.hpp"
#include "cli/time_text.hpp"
#include "cli/wait_option.hpp"
#include "config/durations.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <fmt/format.h>
#include <pqxx/pqxx>

#include <algorithm>
#include <charconv>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>

namespace matricula {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto examples = R"(Examples:
  matricula replay my.toml --site eso46 --from beginning
      the site reads all its topics again: what differs from them is made as they say, what is equal costs nothing
  matricula replay my.toml --site eso46 --lane ESO-46 --from 2026-09-09T08:00
      only one topic, and only what was published since (UTC)
  matricula replay my.toml --site eso46 --lane ESO-46 --from 120000 --no-follow
      from an offset, the same in each partition; does not wait until the site is through

It works while the site runs, and shows how far the site is; Ctrl-C ends the showing, not the replay. A row that holds a
newer revision stays. Rows whose record is as it was are left alone too, also where somebody has changed another table
by hand. A site whose offset the topic no longer holds goes on with the first that it does, whatever --from says.
Exit code 0: the site is where it was before, goes on, or has not begun; 1: something did not answer, or no process runs
the site; 2: wrong usage; 78: bad topology file.)";

constexpr milliseconds look_every{500};
constexpr milliseconds retry_delay{200};

/// A partition's way back, or on to what its topic still holds.
struct rewind {
  topic_partition where;
  std::int64_t was = 0;   ///< where it stood
  std::int64_t to = 0;    ///< where it begins again
  std::int64_t goal = 0;  ///< where it is through: where it was, or past the first entry there is
  std::int64_t now = 0;   ///< where it was seen last
  bool stuck = false;     ///< where it was is not in the topic, which was emptied or made anew
};

rewind way_from(const partition_extent& extent, std::int64_t was, std::int64_t to, bool stuck) {
  // Nothing that is there may be passed over, and how much of it are markers nobody can tell.
  return stuck ? rewind{extent.where, was, extent.first, std::min(extent.first + 1, extent.end),
                        extent.first, true}
               : rewind{extent.where, was, to, was, to};
}

std::string name_of(const topic_partition& where) {
  return where.topic + '-' + std::to_string(where.partition);
}

std::int64_t start_in(const partition_extent& extent, const replay_from& from) {
  if (std::holds_alternative<from_time>(from))
    return extent.at_time;
  if (const auto* offset = std::get_if<from_offset>(&from))
    return std::clamp(*offset, extent.first, extent.end);
  return extent.first;
}

/// The database of a site, asked for its offsets. Errors are those of postgres_failure.
class site_positions {
 public:
  explicit site_positions(const site_settings& site)
      : site_(site) {}

  /// Where the site stands, once the database answers within `wait`.
  result<partition_offsets> stand(milliseconds wait) {
    return answered(wait, [this] {
      return guarded([this]() -> result<partition_offsets> {
        partition_offsets offsets;
        pqxx::nontransaction work{*connection_};
        if (is_begun(work))
          for (const auto& row : work.exec("select topic, partition, next_offset from matricula.positions"))
            offsets[{row[0].as<std::string>(), row[1].as<std::int32_t>()}] = row[2].as<std::int64_t>();
        return offsets;
      });
    });
  }

  /// Moves the partitions that stand after their start, or where their topic holds nothing, once the database answers within
  /// `wait`; answers those that it moved, or nothing if the site has begun none. `stood` is where they stood before Kafka was
  /// asked: who stands past the end that there was, and has not moved since, is past the end. What may have happened is not
  /// done again.
  result<std::optional<std::vector<rewind>>> move(const std::vector<partition_extent>& extents,
                                                  const partition_offsets& stood, const replay_from& from,
                                                  milliseconds wait) {
    return answered(wait, [&] { return move(extents, stood, from); });
  }

  /// Where the partitions stand now.
  result<done> look(std::vector<rewind>& partitions) {
    return guarded([&]() -> result<done> {
      pqxx::nontransaction work{*connection_};
      for (auto& each : partitions)
        each.now = work.exec_params1(
                           "select next_offset from matricula.positions where topic = $1 and partition = $2",
                           each.where.topic, each.where.partition)[0]
                       .as<std::int64_t>();
      return done{};
    });
  }

 private:
  /// Its first start makes the table.
  static bool is_begun(pqxx::transaction_base& work) {
    return !work.exec("select where to_regclass('matricula.positions') is not null").empty();
  }

  result<std::optional<std::vector<rewind>>> move(const std::vector<partition_extent>& extents,
                                                  const partition_offsets& stood, const replay_from& from) {
    return guarded([&]() -> result<std::optional<std::vector<rewind>>> {
      std::optional<std::vector<rewind>> moved;
      pqxx::transaction<> work{*connection_};
      if (!is_begun(work))
        return moved;
      for (const auto& extent : extents) {
        const auto rows = work.exec_params("select next_offset from matricula.positions where topic = $1 and "
                                           "partition = $2 for update",
                                           extent.where.topic, extent.where.partition);
        if (rows.empty())
          continue;  // it begins at the start anyway
        if (!moved)
          moved.emplace();
        const auto was = rows[0][0].as<std::int64_t>();
        const auto before = stood.find(extent.where);
        const bool past_the_end = was > extent.end && before != stood.end() && before->second == was;
        const auto way = way_from(extent, was, start_in(extent, from), was < extent.first || past_the_end);
        if (!way.stuck && way.was <= way.to)
          continue;
        work.exec_params(
            "update matricula.positions set next_offset = $3 where topic = $1 and partition = $2",
            extent.where.topic, extent.where.partition, way.to);
        moved->push_back(way);
      }
      in_doubt_ = true;
      work.commit();
      in_doubt_ = false;
      return moved;
    });
  }

  template <class Try>
  auto answered(milliseconds wait, Try attempt) -> decltype(attempt()) {
    const auto deadline = steady_clock::now() + wait;
    auto answer = attempt();
    while (!answer && !in_doubt_ && answer.error().code == error_code::database_unavailable &&
           steady_clock::now() + retry_delay <= deadline) {
      std::this_thread::sleep_for(retry_delay);
      answer = attempt();
    }
    return answer;
  }

  template <class Body>
  auto guarded(Body body) -> decltype(body()) {
    const auto address = postgres_address::read(site_.database.reveal(), "matricula replay " + site_.name);
    if (!address)
      return address.error();
    try {
      if (!connection_) {
        connection_ = std::make_unique<postgres_connection>(*address);
        // Who is stopped between two statements keeps no site from its offsets.
        pqxx::nontransaction{*connection_}.exec("set idle_in_transaction_session_timeout = '5s'");
      }
      return body();
    } catch (...) {
      auto why = postgres_failure(connection_.get(), address->printable + ", site " + site_.name);
      connection_.reset();
      return why;
    }
  }

  const site_settings& site_;
  std::unique_ptr<postgres_connection> connection_;
  bool in_doubt_ = false;  // a COMMIT has not been answered
};

/// Entries that lie between where the partitions began again and where they were.
std::int64_t entries(const std::vector<rewind>& partitions, std::int64_t rewind::*until) {
  std::int64_t sum = 0;
  for (const auto& each : partitions)
    sum += std::clamp(each.*until - each.to, std::int64_t{0}, each.goal - each.to);
  return sum;
}

bool are_where(const std::vector<rewind>& now, const std::vector<rewind>& before) {
  return std::equal(now.begin(), now.end(), before.begin(), before.end(),
                    [](const rewind& one, const rewind& other) { return one.now == other.now; });
}

/// Shows how far the site is until it is through; false if nothing moves for `wait`. A site that somebody has sent back
/// still further moves too, on its way to where it begins to count.
result<bool> follow(site_positions& positions, std::vector<rewind> partitions, milliseconds wait,
                    std::ostream& out) {
  const auto total = entries(partitions, &rewind::goal);
  auto last = std::int64_t{-1};
  for (auto moved_at = steady_clock::now();;) {
    const auto before = partitions;
    if (const auto looked = positions.look(partitions); !looked && steady_clock::now() - moved_at > wait)
      return looked.error();
    const auto through = entries(partitions, &rewind::now);
    if (through != last)
      out << through << " of " << total << " entries\n" << std::flush;
    if (through != last || !are_where(partitions, before))
      moved_at = steady_clock::now();
    last = through;
    if (through == total)
      return true;
    if (steady_clock::now() - moved_at > wait)
      return false;
    std::this_thread::sleep_for(look_every);
  }
}

/// Whether a name stands for this topic: the topic's own, or its lane's, as ESO-46.
bool is_lane(const topology& all, const std::string& name, const std::string& topic) {
  return name == topic || std::any_of(all.lanes.begin(), all.lanes.end(), [&](const auto& lane) {
           return lane.topic == topic && name == lane.flavour + '-' + lane.province;
         });
}

}  // namespace

std::optional<replay_from> replay_from_text(std::string_view text) {
  if (text == "beginning")
    return from_beginning{};
  from_offset offset = 0;
  if (const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), offset);
      error == std::errc{} && end == text.data() + text.size())
    return offset < 0 ? std::nullopt : std::optional<replay_from>{offset};
  const auto time = time_from_text(text);
  return time ? std::optional<replay_from>{*time} : std::nullopt;
}

int replay_site(const std::filesystem::path& file, const replay_options& options,
                const environment_lookup& environment, std::ostream& out, std::ostream& errors) {
  const auto loaded = load_or_explain(file, environment, errors);
  if (!loaded)
    return exit_bad_configuration;
  const auto& all = *loaded;
  const auto* const site = site_named(file, all, options.site, errors);
  if (site == nullptr)
    return exit_wrong_usage;
  std::vector<std::string> topics = site->topics;
  if (!options.lane.empty())
    std::erase_if(topics, [&](const auto& topic) { return !is_lane(all, options.lane, topic); });
  if (topics.empty()) {
    errors << "site " << site->name << " does not read the lane \"" << options.lane << "\"; it reads "
           << fmt::format("{}\n", fmt::join(site->topics, ", "));
    return exit_wrong_usage;
  }
  if (std::holds_alternative<from_offset>(options.from) && topics.size() > 1) {
    errors << "an offset is one of a topic: name its lane with --lane\n";
    return exit_wrong_usage;
  }
  const auto fail = [&](const failure& why) {
    errors << why.text << '\n';
    return exit_failed;
  };

  site_positions positions{*site};
  const auto stood = positions.stand(options.wait);
  if (!stood)
    return fail(stood.error());
  const auto* const time = std::get_if<from_time>(&options.from);
  std::vector<partition_extent> extents;
  for (const auto& topic : topics) {
    const auto found =
        ask_extents(all.kafka, topic, time == nullptr ? std::nullopt : std::optional{*time}, options.wait);
    if (!found)
      return fail(found.error());
    extents.insert(extents.end(), found->begin(), found->end());
  }
  const auto answer = positions.move(extents, *stood, options.from, options.wait);
  if (!answer)
    return fail(answer.error());
  if (!*answer) {
    out << "site " << site->name << " has not begun: it reads "
        << (options.lane.empty() ? "its topics" : "the lane") << " from the start\n";
    return exit_done;
  }
  const auto& moved = **answer;
  for (const auto& each : moved)
    out << name_of(each.where) << ": from " << each.was
        << (each.stuck ? ", which the topic no longer holds," : "")
        << (each.was < each.to ? " on to " : " back to ") << each.to << '\n';
  if (moved.empty())
    out << "site " << site->name << " stands before that already: nothing to read again\n";
  if (moved.empty() || !options.follow)
    return exit_done;
  const auto through = follow(positions, moved, options.wait, out);
  if (!through)
    return fail(through.error());
  if (!*through) {
    errors << "nothing has moved for " << config::text_of(options.wait) << ": does a process run the site "
           << site->name << "? It reads from there as soon as one does\n";
    return exit_failed;
  }
  return exit_done;
}

void add_replay_command(CLI::App& app, int& exit_code) {
  struct arguments {
    std::string file, from, wait = "30s";
    bool no_follow = false;
    replay_options options;
  };
  auto* const command = app.add_subcommand("replay", "Let a site read its topics again");
  const auto given = std::make_shared<arguments>();
  command->add_option("topology", given->file, "The topology file (TOML)")->required();
  command->add_option("--site", given->options.site, "The site")->required();
  command->add_option("--lane,--topic", given->options.lane,
                      "Only this lane of the site's, as ESO-46, or its topic");
  command->add_option("--from", given->from, "beginning, a time such as 2026-09-09T08:00 (UTC), or an offset")
      ->required()
      ->check([](const std::string& text) {
        return replay_from_text(text)
                   ? std::string{}
                   : "not beginning, a time such as 2026-09-09T08:00 or an offset: " + text;
      });
  command->add_flag("--no-follow", given->no_follow, "Do not wait until the site is through");
  add_wait_option(*command, given->wait, "How long to wait for Kafka, the database, and for the site to move")
      ->capture_default_str();
  command->footer(examples);
  command->callback([given, &exit_code] {
    given->options.from = *replay_from_text(given->from);
    given->options.follow = !given->no_follow;
    given->options.wait = *config::duration_from(given->wait);
    exit_code = replay_site(given->file, given->options, system_environment(), std::cout, std::cerr);
  });
}

}  // namespace matricula
