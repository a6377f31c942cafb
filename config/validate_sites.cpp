// SPDX-License-Identifier: Apache-2.0
#include "config/addresses.hpp"
#include "config/lane_topics.hpp"
#include "config/names.hpp"
#include "config/references.hpp"
#include "config/spelling.hpp"
#include "config/target_directory.hpp"
#include "config/target_folder.hpp"
#include "config/validate.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace matricula::config {
namespace {

void validate_topics(const written_site& site, const std::vector<written_lane_topic>& produced,
                     problem_list& problems) {
  if (!site.topics)
    return;
  std::vector<std::string> printable;
  for (const auto& lane : produced)
    printable.push_back(lane.literal);
  if (site.topics->empty())
    problems.add(site.topics.at, "a site without topics would never receive anything",
                 "topics = […] with any of: " + listed(printable));
  std::set<std::string> seen;
  for (const auto& topic : *site.topics) {
    if (!topic)
      continue;
    if (!seen.insert(*topic).second)
      problems.add(topic.at, "topic \"" + topic.literal + "\" stands twice in one site", "each topic once");
    else if (std::none_of(produced.begin(), produced.end(),
                          [&](const written_lane_topic& lane) { return lane.topic == *topic; }))
      problems.add(topic.at, "nobody produces topic \"" + topic.literal + "\"",
                   instead_of(topic.literal, printable) + "; or add a [[lane]] for it");
  }
}

void validate_database(const written_text& database, problem_list& problems) {
  constexpr auto reference =
      "a reference: \"${NAME}\", with NAME=postgresql://user:password@host:5432/database in the "
      "environment, or \"file:/run/secrets/name\"";
  if (database && !is_database_uri(*database))
    problems.add(database.at, "database of [[site]] is not a PostgreSQL connection URI", reference);
  if (database && holds_password(literal_part(database.literal)))
    problems.add(database.at, "database of [[site]] holds a password that anybody who sees the file can read",
                 reference);
}

/// Where the targets are, to be printed: as it stands in the file if a reference stands for it.
std::string printable(const std::filesystem::path& targets, const written_text& directory) {
  return directory && directory.literal != *directory ? directory.literal : targets.string();
}

void validate_settings(const written_site& site, const target_folder& target, problem_list& problems) {
  std::vector<std::string> known;
  for (const auto& [name, setting] : target.settings)
    known.push_back(name);
  for (const auto& [name, written] : site.settings) {
    const auto found = target.settings.find(name);
    if (found == target.settings.end())
      problems.add(written.at, "target \"" + site.target.literal + "\" has no setting \"" + name + "\"",
                   known.empty() ? "nothing: it has no settings" : instead_of(name, known));
    else if (const auto flaw = written ? found->second.flaw_of(*written) : std::string{}; !flaw.empty())
      problems.add(written.at, "\"" + name + "\" of [site.settings] has a value that it does not take", flaw);
  }
}

/// A target's flaws are reported once, for the first site that names it: `seen`.
void validate_target(const written_site& site, const std::filesystem::path& targets, const std::string& where,
                     std::map<std::string, target_folder>& seen, problem_list& problems) {
  const auto& target = site.target;
  if (!target)
    return;
  const auto known = targets_in(targets);
  if (std::find(known.begin(), known.end(), *target) == known.end()) {
    problems.add(target.at, "no target \"" + target.literal + "\" in " + where,
                 known.empty() ? "a folder with the target's SQL there, or targets_directory of [pipeline]"
                               : instead_of(*target, known));
    return;
  }
  const auto [found, is_new] = seen.try_emplace(*target);
  if (is_new) {
    found->second = read_target_folder(targets / *target);
    for (const auto& flaw : found->second.flaws)
      problems.add(target.at, "target \"" + target.literal + "\" in " + where + ": " + flaw,
                   "a folder as docs/targets.md describes it, config/targets/classrooms for example");
  }
  if (found->second.flaws.empty())
    validate_settings(site, found->second, problems);
}

void report_shared_databases(const std::vector<written_site>& sites, problem_list& problems) {
  std::map<std::string, position> first;
  for (const auto& site : sites) {
    if (!site.database)
      continue;
    const auto [found, is_new] = first.emplace(*site.database, site.database.at);
    if (!is_new)
      problems.add(site.database.at,
                   "the same database as that of the site on line " + std::to_string(found->second.line) +
                       "; their offsets would be mixed up",
                   "a database for each site, or one site with the topics of both");
  }
}

}  // namespace

void validate_sites(const written_topology& topology, const std::filesystem::path& targets,
                    problem_list& problems) {
  const auto produced = lane_topics_of(topology);
  validate_names(topology.sites, "[[site]]", problems);
  report_shared_databases(topology.sites, problems);
  std::map<std::string, target_folder> targets_seen;
  for (const auto& site : topology.sites) {
    validate_topics(site, produced, problems);
    validate_database(site.database, problems);
    validate_target(site, targets, printable(targets, topology.pipeline.targets_directory), targets_seen,
                    problems);
    if (site.base_url && (!is_http_url(*site.base_url) || has_query_or_fragment(*site.base_url)))
      problems.add(site.base_url.at, "base_url of [[site]] is not the address of a Moodle site",
                   "http or https, the host and the path, as \"https://aules.edu.gva.es/eso46\"");
  }
}

}  // namespace matricula::config
