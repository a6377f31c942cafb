// SPDX-License-Identifier: Apache-2.0
#include "moodle_judge.hpp"

#include "finding.hpp"

#include <algorithm>
#include <cctype>
#include <iterator>
#include <nlohmann/json.hpp>
#include <pqxx/pqxx>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace matricula::faults {
namespace {

/// A Moodle by its readers' eyes. Courses are named by their idnumbers, which are the first parts of the records' keys,
/// people by their usernames.
struct moodle_view {
  std::set<std::string> profiles;  ///< username, names, address, idnumber
  std::set<std::string> active;    ///< course, username
  std::set<std::string> roles;     ///< course, username, role
  std::set<std::string> members;   ///< course, username, group
};

constexpr const char* profiles_sql = "select concat_ws('|', username, firstname, lastname, email, idnumber) "
                                     "from mdl_user where idnumber <> ''";
constexpr const char* active_sql =
    "select distinct concat_ws('|', c.idnumber, u.username) from mdl_user_enrolments e "
    "join mdl_enrol i on i.id = e.enrolid join mdl_course c on c.id = i.courseid "
    "join mdl_user u on u.id = e.userid where e.status = 0 and i.status = 0 and u.deleted = 0 and "
    "u.suspended = 0";
constexpr const char* roles_sql =
    "select concat_ws('|', c.idnumber, u.username, r.shortname) from mdl_role_assignments a "
    "join mdl_context x on x.id = a.contextid and x.contextlevel = 50 join mdl_course c on c.id = "
    "x.instanceid "
    "join mdl_user u on u.id = a.userid join mdl_role r on r.id = a.roleid";
constexpr const char* members_sql =
    "select concat_ws('|', c.idnumber, u.username, g.idnumber) from mdl_groups_members m "
    "join mdl_groups g on g.id = m.groupid join mdl_course c on c.id = g.courseid "
    "join mdl_user u on u.id = m.userid";

/// What is there more than once, and categories that count their courses wrongly.
constexpr const char* doubled_sql = R"sql(
select 'course ' || idnumber from mdl_course where idnumber <> '' group by idnumber having count(*) > 1
union all
select 'category ' || idnumber from mdl_course_categories where idnumber <> '' group by parent, idnumber
having count(*) > 1
union all
select 'enrol instance of ' || courseid from mdl_enrol group by courseid, enrol having count(*) > 1
union all
select 'role of user ' || userid from mdl_role_assignments group by roleid, contextid, userid having count(*) > 1
union all
select 'group of course ' || courseid from mdl_groups group by courseid, idnumber having count(*) > 1
union all
select 'count of category ' || k.idnumber from mdl_course_categories k
where k.coursecount <> (select count(*) from mdl_course c where c.category = k.id)
)sql";

std::set<std::string> texts(pqxx::transaction_base& work, const char* sql) {
  std::set<std::string> all;
  for (const auto& row : work.exec(sql))
    all.emplace(row[0].c_str());
  return all;
}

/// By which somebody logs in: ITACA writes a zero before the NIF of a teacher.
std::string username_of(std::string code) {
  static const std::regex with_zero{"0[0-9a-z][0-9]{7}[a-z]"};
  std::transform(code.begin(), code.end(), code.begin(),
                 [](unsigned char letter) { return static_cast<char>(std::tolower(letter)); });
  return std::regex_match(code, with_zero) ? code.substr(1) : code;
}

std::string text_in(const nlohmann::json& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() || found->is_null() ? "" : found->get<std::string>();
}

std::string profile_of(const nlohmann::json& person) {
  const auto id = text_in(person, "id"), second = text_in(person, "surname2"),
             email = text_in(person, "email");
  const auto username = username_of(id);
  return username + '|' + text_in(person, "name") + '|' + text_in(person, "surname1") +
         (second.empty() ? "" : ' ' + second) + '|' +
         (email.empty() ? username + "@invalid.invalid" : email) + '|' + id;
}

moodle_view wanted_by(const deployment& what, const lane_site& site) {
  moodle_view wanted;
  const auto enrol = [&](const nlohmann::json& person, const std::string& course, const char* role) {
    const auto place = course + '|' + username_of(text_in(person, "id"));
    wanted.profiles.insert(profile_of(person));
    wanted.active.insert(place);
    wanted.roles.insert(place + '|' + role);
    return place;
  };
  what.simulator().each_record(site.lane, [&](const nlohmann::json& record) {
    const auto text = [&](const char* part, const char* field) { return text_in(record.at(part), field); };
    const auto course = text_in(record, "year") + '/' + text("centre", "code") + '/' +
                        text("course", "code") + '/' + text("subject", "code") + '/' + text("group", "code");
    for (const auto& teacher : record.at("teachers"))
      enrol(teacher, course, "editingteacher");
    if (record.at("status") != "enrolled")
      return;
    if (record.at("role") == "teacher")
      enrol(record.at("person"), course, "editingteacher");
    else
      wanted.members.insert(enrol(record.at("person"), course, "student") + '|' + text("group", "code"));
  });
  return wanted;
}

}  // namespace

void judge_moodle(const deployment& what, const lane_site& site, verdict& found) {
  finding lost{found, found.lost, "Moodle lacks"}, kept{found, found.lost, "Moodle has"},
      twice{found, found.twice, "Moodle has twice"};
  pqxx::connection connection{what.direct_url(site)};
  pqxx::nontransaction work{connection};
  const auto wanted = wanted_by(what, site);
  const auto tell = [](finding& what_of_it, const std::set<std::string>& these,
                       const std::set<std::string>& but_not) {
    std::vector<std::string> alone;
    std::set_difference(these.begin(), these.end(), but_not.begin(), but_not.end(),
                        std::back_inserter(alone));
    for (const auto& each : alone)
      what_of_it(each);
  };
  // Who has left keeps his account, and while he is suspended his roles and groups; who is there has none beside his own.
  const auto of_the_active = [&](std::set<std::string> all) {
    std::erase_if(
        all, [&](const auto& each) { return wanted.active.count(each.substr(0, each.rfind('|'))) == 0; });
    return all;
  };
  const auto active = texts(work, active_sql), roles = of_the_active(texts(work, roles_sql)),
             members = of_the_active(texts(work, members_sql));
  tell(lost, wanted.profiles, texts(work, profiles_sql));
  tell(lost, wanted.active, active);
  tell(lost, wanted.roles, roles);
  tell(lost, wanted.members, members);
  tell(kept, active, wanted.active);
  tell(kept, roles, wanted.roles);
  tell(kept, members, wanted.members);
  for (const auto& row : work.exec(doubled_sql))
    twice(row[0].c_str());
}

}  // namespace matricula::faults
