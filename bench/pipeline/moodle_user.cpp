// SPDX-License-Identifier: Apache-2.0
#include "moodle_user.hpp"

#include <algorithm>
#include <chrono>
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

constexpr const char* seen_sql =
    "update mdl_user set lastaccess = extract(epoch from now()) "
    "where id = (select user_id from matricula.moodle_user order by user_id offset $1 % 1000 limit 1)";
constexpr const char* edit_sql =
    "update mdl_course set timemodified = extract(epoch from now()) "
    "where id = (select course_id from matricula.moodle_course order by course_id offset $1 % 300 limit 1)";
constexpr const char* enrol_sql = R"sql(
insert into mdl_user_enrolments (enrolid, userid)
select e.id, u.user_id
from (select course_id from matricula.moodle_course order by course_id offset $1 % 300 limit 1) as c
join mdl_enrol e on e.courseid = c.course_id and e.enrol = 'manual',
     (select user_id from matricula.moodle_user order by user_id offset $1 % 997 limit 1) as u
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

void change_a_course(pqxx::transaction_base& work, std::size_t number) {
  for (const auto* sql : {seen_sql, edit_sql, enrol_sql})
    work.exec_params(sql, static_cast<std::int64_t>(number));
}

}  // namespace matricula::bench
