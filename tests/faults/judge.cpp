// SPDX-License-Identifier: Apache-2.0
#include "judge.hpp"

#include "topic_reader.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>

namespace matricula::faults {
namespace {

struct site_row {
  std::string content_hash;
  std::uint64_t revision = 0;
};

std::map<std::string, site_row> rows_of(const std::string& url) {
  pqxx::connection connection{url};
  pqxx::nontransaction work{connection};
  std::map<std::string, site_row> rows;
  if (work.exec("select to_regclass('classrooms.record')")[0][0].is_null())
    return rows;
  for (const auto& row :
       work.exec("select key, lpad(to_hex(content_hash), 16, '0'), revision from classrooms.record"))
    rows[row[0].c_str()] = {row[1].c_str(), row[2].as<std::uint64_t>()};
  return rows;
}

/// Counts, and keeps the first key of a kind.
class finding {
 public:
  finding(verdict& into, std::uint64_t& count, const char* kind)
      : into_(into)
      , count_(count)
      , kind_(kind) {}
  void operator()(const std::string& key) {
    if (count_++ == 0)
      into_.example += std::string{into_.example.empty() ? "" : "; "} + kind_ + ' ' + key;
  }

 private:
  verdict& into_;
  std::uint64_t& count_;
  const char* kind_;
};

void judge_site(const deployment& what, const lane_site& site, const std::map<std::string, site_row>& rows,
                verdict& found) {
  finding lost{found, found.lost, "lost"}, unseen{found, found.unseen, "unseen"};
  const auto truth = what.simulator().hashes(site.lane);
  for (const auto& [key, hash] : truth)
    if (const auto at = rows.find(key); at == rows.end() || at->second.content_hash != hash)
      lost(key);
  for (const auto& [key, row] : rows)
    if (truth.find(key) == truth.end())
      lost(key);

  topic_reader reader{what.on().bootstrap()};
  std::map<std::string, site_row> newest;
  reader.read_all(site.topic, [&](const read_message& message) {
    ++found.records;
    auto& known = newest[std::string{message.key}];
    if (message.revision >= known.revision)
      known = {fmt::format("{:016x}", message.content_hash), message.revision};
  });
  // The same content published again, as after a loss of the topic, changes nothing at the site.
  for (const auto& [key, last] : newest)
    if (const auto at = rows.find(key); at == rows.end() || (at->second.revision < last.revision &&
                                                             at->second.content_hash != last.content_hash))
      unseen(key);
}

/// One row per write that breaks a rule; rows are named as "table key".
void judge_trail(const std::string& url, verdict& found) {
  finding twice{found, found.twice, "twice"}, back{found, found.out_of_order, "out of order"};
  pqxx::connection connection{url};
  pqxx::nontransaction work{connection};
  for (const auto& row :
       work.exec("select written || ' ' || row_key, revision is null or revision < before from ("
                 " select *, max(revision) over (partition by written, row_key order by id"
                 "                               rows between unbounded preceding and 1 preceding) as before"
                 " from audit.effect) e where revision is null or revision <= before order by id"))
    (row[1].as<bool>() ? back : twice)(row[0].c_str());
  // A period begins with each write that takes the row on, and what takes it back falls into one.
  found.back_s = std::max(
      found.back_s,
      work.exec("with trail as (select *, max(revision) over (partition by written, row_key order by id rows "
                "between"
                " unbounded preceding and 1 preceding) as before from audit.effect),"
                " judged as (select *, revision is null or revision < coalesce(before, revision) as back "
                "from trail),"
                " counted as (select *, count(*) filter (where not back) over (partition by written, row_key"
                " order by id) as period from judged),"
                " periods as (select min(at) filter (where back) as began, lead(min(at) filter (where not "
                "back))"
                " over (partition by written, row_key order by period) as ended"
                " from counted group by written, row_key, period)"
                " select coalesce(max(extract(epoch from coalesce(ended, clock_timestamp()) - began)), 0)"
                " from periods")[0][0]
          .as<double>());
}

/// The reason that a bad record of the simulator is to have.
const std::map<std::string, std::string>& reasons() {
  static const std::map<std::string, std::string> all{{"no-centre", "field_missing"},
                                                      {"unknown-flavour", "lane_unknown"},
                                                      {"wrong-type", "field_type"},
                                                      {"oversize", "record_too_large"}};
  return all;
}

void judge_quarantine(const deployment& what, verdict& found) {
  finding wrong{found, found.quarantined, "quarantine"};
  std::map<std::string, std::string> wanted;  // key, reason
  const auto faults = what.simulator().faults();
  for (const auto& record : faults.at("bad_records"))
    if (const auto reason = reasons().find(record.at("kind")); reason != reasons().end())
      wanted["source/itaca/" + record.at("hash").get<std::string>()] = reason->second;
  // The topic is compacted: the same bad record is one entry, however often the feed sends it.
  std::map<std::string, std::string> there;
  topic_reader{what.on().bootstrap()}.read_all(what.quarantine_topic(), [&](const read_message& message) {
    there[std::string{message.key}] = nlohmann::json::parse(message.value).at("reason").get<std::string>();
  });
  for (const auto& [key, reason] : there)
    if (const auto at = wanted.find(key); at == wanted.end() || at->second != reason)
      wrong(key);
  for (const auto& [key, reason] : wanted)
    if (there.find(key) == there.end())
      wrong(key);
}

}  // namespace

verdict judge(const deployment& what) {
  verdict found;
  for (const auto& site : what.sites()) {
    judge_site(what, site, rows_of(what.direct_url(site)), found);
    judge_trail(what.direct_url(site), found);
  }
  judge_quarantine(what, found);
  return found;
}

bool sites_are_as_the_truth(const deployment& what) {
  for (const auto& site : what.sites()) {
    const auto truth = what.simulator().hashes(site.lane);
    const auto rows = rows_of(what.direct_url(site));
    if (truth.size() != rows.size())
      return false;
    for (const auto& [key, hash] : truth)
      if (const auto at = rows.find(key); at == rows.end() || at->second.content_hash != hash)
        return false;
  }
  return true;
}

}  // namespace matricula::faults
