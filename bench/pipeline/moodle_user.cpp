// SPDX-License-Identifier: Apache-2.0
#include "moodle_user.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <stdexcept>
#include <utility>

namespace matricula::bench {
namespace {

/// From the end of a page to the beginning of the next: as a few people together.
constexpr std::chrono::milliseconds pause{10};

/// A page knows whom and what it is about: one after the other, by its number, and then from the beginning.
constexpr const char* look_sql = R"sql(
with who as (select user_id from matricula.moodle_user order by user_id offset $1 % 1000 limit 1)
select count(c.fullname), max(s.name)
from who
join mdl_user_enrolments ue on ue.userid = who.user_id and ue.status = 0
join mdl_enrol e on e.id = ue.enrolid
join mdl_course c on c.id = e.courseid
left join mdl_course_sections s on s.course = c.id
)sql";

/// Somebody by ITACA's id, and a course of his; where he has none yet, of the first that matricula has made.
constexpr const char* whom_sql = R"sql(
with wanted as (
  select u.user_id, m.course_id
  from classrooms.person p
  join matricula.moodle_user u on u.person_id = p.person_id
  join classrooms.enrolment e on e.person_id = p.person_id
  join matricula.moodle_classroom m on m.classroom_id = e.classroom_id
  where p.code = $2
  order by m.course_id
  limit 1
)
select user_id, course_id from wanted
union all
select (select user_id from matricula.moodle_user order by user_id offset $1 % 1000 limit 1),
       (select course_id from matricula.moodle_course order by course_id offset $1 % 300 limit 1)
where not exists (select from wanted)
)sql";

constexpr const char* edit_sql =
    "update mdl_course set timemodified = extract(epoch from now()) where id = $1::bigint";
constexpr const char* seen_sql =
    "update mdl_user set lastaccess = extract(epoch from now()) where id = $1::bigint";
constexpr const char* enrol_sql = R"sql(
insert into mdl_user_enrolments (enrolid, userid)
select e.id, u.user_id
from mdl_enrol e, (select user_id from matricula.moodle_user order by user_id offset $2 % 997 limit 1) as u
where e.courseid = $1::bigint and e.enrol = 'manual'
on conflict do nothing
)sql";

}  // namespace

moodle_user::moodle_user(const std::string& database_url, page each)
    : database_url_(database_url)
    , each_(std::move(each))
    , thread_([this] { work_on(); }) {}

moodle_user::~moodle_user() {
  stopping_ = true;
  thread_.join();
}

void moodle_user::work_on() {
  using clock = std::chrono::steady_clock;
  try {
    pqxx::connection connection{database_url_};
    server_process_ = connection.backendpid();
    for (std::size_t number = 0; !stopping_; ++number) {
      const auto began = clock::now();
      pqxx::work work{connection};
      each_(work, number);
      work.commit();
      const std::chrono::duration<double, std::milli> took = clock::now() - began;
      {
        const std::lock_guard lock{mutex_};
        seen_.longest_ms = std::max(seen_.longest_ms, took.count());
        ++seen_.pages;
      }
      std::this_thread::sleep_for(pause);
    }
  } catch (const std::exception& error) {
    const std::lock_guard lock{mutex_};
    failure_ = error.what();
  }
}

moodle_user::waits moodle_user::take() {
  const std::lock_guard lock{mutex_};
  if (!failure_.empty())
    throw std::runtime_error{"somebody at work in Moodle: " + failure_};
  return std::exchange(seen_, {});
}

void look_at_a_course(pqxx::transaction_base& work, std::size_t number) {
  work.exec_params(look_sql, static_cast<std::int64_t>(number));
}

moodle_user::page changing_courses_of(std::vector<std::string> people) {
  return [people = std::move(people)](pqxx::transaction_base& work, std::size_t number) {
    const auto page = static_cast<std::int64_t>(number);
    const auto whom =
        work.exec_params1(whom_sql, page, people.empty() ? std::string{} : people[number % people.size()]);
    if (whom[0].is_null() || whom[1].is_null())
      return;  // not so many have been made
    // In the order of the batch's steps, lest they wait for each other: in Moodle this is not one transaction.
    work.exec_params(edit_sql, whom[1].as<std::int64_t>());
    work.exec_params(seen_sql, whom[0].as<std::int64_t>());
    work.exec_params(enrol_sql, whom[1].as<std::int64_t>(), page);
  };
}

}  // namespace matricula::bench
