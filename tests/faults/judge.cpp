// SPDX-License-Identifier: Apache-2.0
#include "judge.hpp"

#include "finding.hpp"
#include "moodle_judge.hpp"
#include "topic_reader.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <pqxx/pqxx>
#include <set>
#include <unordered_set>
#include <utility>
#include <vector>

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

/// Every record as the rows of `classrooms` have it, in the form of the feed; not what a peer has made.
constexpr const char* records_sql = R"sql(
select
  c.key || '/' || p.code || '/' || e.role,
  json_build_object(
    'year', g.year, 'status', e.status, 'since', e.since, 'role', e.role,
    'centre', json_build_object('code', s.code, 'name', s.name, 'flavour', s.flavour),
    'course', json_build_object('code', c.course_code, 'name', c.course_name),
    'subject', json_build_object('code', c.subject_code, 'name_val', c.subject_name_val,
                                 'name_cas', c.subject_name_cas),
    'group', json_build_object('code', g.code, 'name', g.name, 'tutor', g.tutor),
    'person', json_build_object('id', p.code, 'name', p.name, 'surname1', p.surname1, 'surname2', p.surname2,
                                'email', p.email, 'born', p.born),
    'teachers', coalesce((
      select json_agg(json_build_object('id', t.code, 'name', t.name, 'surname1', t.surname1,
                                        'surname2', t.surname2, 'email', t.email, 'substitutes', k.substitutes)
                      order by t.code)
      from classrooms.teaching k
      join classrooms.person t using (person_id)
      where k.classroom_id = c.classroom_id and k.status = 'enrolled'), '[]'),
    'timetable', c.timetable)
from classrooms.enrolment e
join classrooms.classroom c using (classroom_id)
join classrooms.school_group g using (group_id)
join classrooms.centre s using (centre_id)
join classrooms.person p on p.person_id = e.person_id
)sql";

/// Who is in which group now, each as year/centre/group/person.
constexpr const char* memberships_sql = R"sql(
select concat_ws('/', g.year, s.code, g.code, p.code)
from classrooms.membership m
join classrooms.school_group g using (group_id)
join classrooms.centre s using (centre_id)
join classrooms.person p on p.person_id = m.person_id
where m.status = 'enrolled'
)sql";

/// A record in one form, whoever has written it: a list of teachers has no order, a field that is null may be left out,
/// and when a teacher was born no list of teachers says, so that the site does not know either.
nlohmann::json in_one_form(nlohmann::json record) {
  auto& teachers = record.at("teachers");
  std::sort(teachers.begin(), teachers.end(),
            [](const auto& a, const auto& b) { return a.at("id") < b.at("id"); });
  if (record.at("role") == "teacher")
    record.at("person").erase("born");
  const auto drop_nulls = [](nlohmann::json& fields) {
    for (auto each = fields.begin(); each != fields.end();)
      each = each->is_null() ? fields.erase(each) : std::next(each);
  };
  for (const char* part : {"person", "group"})
    drop_nulls(record.at(part));
  for (auto& teacher : teachers)
    drop_nulls(teacher);
  return record;
}

std::string text_in(const nlohmann::json& record, const char* part, const char* field) {
  return record.at(part).at(field).get<std::string>();
}

std::string key_of(const nlohmann::json& record) {
  return record.at("year").get<std::string>() + '/' + text_in(record, "centre", "code") + '/' +
         text_in(record, "course", "code") + '/' + text_in(record, "subject", "code") + '/' +
         text_in(record, "group", "code") + '/' + text_in(record, "person", "id") + '/' +
         record.at("role").get<std::string>();
}

void judge_site(const deployment& what, const lane_site& site, const std::map<std::string, site_row>& rows,
                verdict& found) {
  finding lost{found, found.lost, "lost"}, unseen{found, found.unseen, "unseen"};
  finding given_twice{found, found.twice, "revision given twice"},
      older{found, found.out_of_order, "behind a newer message"};
  const auto truth = what.simulator().hashes(site.lane);
  for (const auto& [key, hash] : truth)
    if (const auto at = rows.find(key); at == rows.end() || at->second.content_hash != hash)
      lost(key);
  for (const auto& [key, row] : rows)
    if (truth.find(key) == truth.end())
      lost(key);

  topic_reader reader{what.on().bootstrap()};
  std::map<std::string, site_row> newest;
  std::unordered_set<std::uint64_t> revisions;
  reader.read_all(site.topic, [&](const read_message& message) {
    ++found.records;
    auto& known = newest[std::string{message.key}];
    auto content_hash = fmt::format("{:016x}", message.content_hash);
    if (content_hash == known.content_hash)
      ++found.repeated;
    if (!revisions.insert(message.revision).second)
      given_twice(std::string{message.key});
    if (message.revision < known.revision)
      older(std::string{message.key});
    if (message.revision >= known.revision)
      known = {std::move(content_hash), message.revision};
  });
  // The same content published again, as after a loss of the topic, changes nothing at the site.
  for (const auto& [key, last] : newest)
    if (const auto at = rows.find(key); at == rows.end() || (at->second.revision < last.revision &&
                                                             at->second.content_hash != last.content_hash))
      unseen(key);
}

/// A pupil is in a group as long as one record of it says so.
std::optional<std::string> membership_of(const nlohmann::json& record) {
  if (record.at("role") != "student" || record.at("status") != "enrolled")
    return std::nullopt;
  return record.at("year").get<std::string>() + '/' + text_in(record, "centre", "code") + '/' +
         text_in(record, "group", "code") + '/' + text_in(record, "person", "id");
}

/// Field by field: who is called what, in which classroom, with which teachers, and who is in which group.
void judge_content(const deployment& what, const lane_site& site, verdict& found) {
  finding lost{found, found.lost, "other content"}, group{found, found.lost, "other group"};
  pqxx::connection connection{what.direct_url(site)};
  pqxx::nontransaction work{connection};
  if (work.exec("select to_regclass('classrooms.enrolment')")[0][0].is_null())
    return;
  std::map<std::string, std::string> rows;
  for (const auto& row : work.exec(records_sql))
    rows.emplace(row[0].c_str(), in_one_form(nlohmann::json::parse(row[1].c_str())).dump());
  std::set<std::string> members, wanted;
  for (const auto& row : work.exec(memberships_sql))
    members.emplace(row[0].c_str());
  what.simulator().each_record(site.lane, [&](nlohmann::json record) {
    const auto key = key_of(record);
    if (auto member = membership_of(record))
      wanted.insert(*std::move(member));
    if (const auto at = rows.find(key);
        at == rows.end() || at->second != in_one_form(std::move(record)).dump())
      lost(key);
  });
  std::vector<std::string> differ;
  std::set_symmetric_difference(members.begin(), members.end(), wanted.begin(), wanted.end(),
                                std::back_inserter(differ));
  for (const auto& member : differ)
    group(member);
}

/// One row per write that breaks a rule; rows are named as "table key".
void judge_trail(const std::string& url, verdict& found) {
  finding twice{found, found.twice, "twice"}, back{found, found.out_of_order, "out of order"};
  pqxx::connection connection{url};
  pqxx::nontransaction work{connection};
  for (const auto& row : work.exec(
           "select written || ' ' || row_key, what = 'DELETE' or coalesce(revision < before, false) from ("
           " select *, max(revision) over (partition by written, row_key order by id"
           "                               rows between unbounded preceding and 1 preceding) as before"
           " from audit.effect) e where same or what = 'DELETE' or revision <= before order by id"))
    (row[1].as<bool>() ? back : twice)(row[0].c_str());
  // A period begins with each write that takes the row on, and what takes it back falls into one.
  found.back_s = std::max(
      found.back_s,
      work.exec("with trail as (select *, max(revision) over (partition by written, row_key order by id rows "
                "between"
                " unbounded preceding and 1 preceding) as before from audit.effect where not same),"
                " judged as (select *, what = 'DELETE' or coalesce(revision < before, false) as back from "
                "trail),"
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
  static const std::map<std::string, std::string> all{{"latin1", "record_not_utf8"},
                                                      {"no-centre", "field_missing"},
                                                      {"unknown-flavour", "lane_unknown"},
                                                      {"wrong-type", "field_type"},
                                                      {"oversize", "record_too_large"}};
  return all;
}

/// Whether it is gone when its page, which is not UTF-8, is read again.
bool passes(const nlohmann::json& bad_record) {
  return bad_record.at("kind") == "latin1" && !bad_record.at("stays").get<bool>();
}

void judge_quarantine(const deployment& what, verdict& found) {
  finding wrong{found, found.quarantined, "quarantine"};
  std::map<std::string, std::string> wanted;  // key, reason
  const auto faults = what.simulator().faults();
  for (const auto& record : faults.at("bad_records"))
    if (const auto reason = reasons().find(record.at("kind")); reason != reasons().end() && !passes(record))
      wanted["source/itaca/" + record.at("hash").get<std::string>()] = reason->second;
  // Each stands once in the feed.
  std::map<std::string, std::string> there;
  topic_reader{what.on().bootstrap()}.read_all(what.quarantine_topic(), [&](const read_message& message) {
    const std::string key{message.key};
    if (there.count(key) > 0)
      wrong(key + " twice");
    there[key] = nlohmann::json::parse(message.value).at("reason").get<std::string>();
  });
  // What nobody has reported yet, of which a site is to have none.
  for (const auto& site : what.sites()) {
    pqxx::connection connection{what.direct_url(site)};
    pqxx::nontransaction work{connection};
    if (!work.exec("select to_regclass('matricula.outbox')")[0][0].is_null())
      for (const auto row : work.exec("select key from matricula.outbox where kind = 'quarantine'"))
        wrong(row[0].as<std::string>() + " waits");
  }
  for (const auto& [key, reason] : there)
    if (const auto at = wanted.find(key); at == wanted.end() || at->second != reason)
      wrong(key);
  for (const auto& [key, reason] : wanted)
    if (there.find(key) == there.end())
      wrong(key);
}

/// The last outcome of each classroom says how many students are there; one that waits to be reported is later than all
/// that were. Nothing for a site of tables that are a peer's.
void judge_outcomes(const deployment& what, const lane_site& site,
                    const std::map<std::string, std::int64_t>& reported, verdict& found) {
  finding lost{found, found.lost, "outcome"};
  pqxx::connection connection{what.direct_url(site)};
  pqxx::nontransaction work{connection};
  if (work.exec("select to_regclass('classrooms.classroom')")[0][0].is_null())
    return;
  const auto rows = work.exec(
      "select c.key, count(*) filter (where e.role = 'student' and e.status = 'enrolled'), "
      "(select (o.value->'members'->>'students')::bigint from matricula.outbox o "
      "where o.kind = 'outcome' and o.key = c.key order by o.id desc limit 1) "
      "from classrooms.classroom c left join classrooms.enrolment e using (classroom_id) group by c.key");
  for (const auto& row : rows) {
    const auto at = reported.find(row[0].c_str());
    constexpr std::int64_t nothing = -1;
    const auto said = !row[2].is_null()      ? row[2].as<std::int64_t>()
                      : at != reported.end() ? at->second
                                             : nothing;
    if (said != row[1].as<std::int64_t>())
      lost(row[0].c_str());
  }
}

/// The students of each classroom as the last message of its key has them.
std::map<std::string, std::int64_t> reported_students(const deployment& what) {
  std::map<std::string, std::int64_t> reported;
  topic_reader{what.on().bootstrap()}.read_all(what.outcomes_topic(), [&](const read_message& message) {
    reported[std::string{message.key}] =
        nlohmann::json::parse(message.value).at("members").at("students").get<std::int64_t>();
  });
  return reported;
}

}  // namespace

verdict judge(const deployment& what) {
  verdict found;
  const auto reported = reported_students(what);
  for (const auto& site : what.sites()) {
    judge_site(what, site, rows_of(what.direct_url(site)), found);
    judge_content(what, site, found);
    judge_trail(what.direct_url(site), found);
    judge_outcomes(what, site, reported, found);
    if (what.target() == "moodle")
      judge_moodle(what, site, found);
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
