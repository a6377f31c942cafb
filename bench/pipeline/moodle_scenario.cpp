// SPDX-License-Identifier: Apache-2.0
#include "lone_pages.hpp"
#include "moodle_user.hpp"
#include "server_setting.hpp"
#include "told.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>
#include <iterator>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace matricula::bench {
namespace {

/// What a full Moodle holds, and the page that this stands beside.
constexpr std::uint64_t users = 500'000, courses = 50'000, enrolments = 3'000'000, of_page = 30'000;
/// A page takes longer here.
constexpr double every_times = 3;

/// People, courses with their parts, and enrolments, as somebody has made them by hand. Ids run on without gaps.
std::string crowd_sql(std::uint64_t part) {
  return fmt::format(R"sql(
insert into mdl_user (username, mnethostid, auth, confirmed, firstname, lastname, email, idnumber)
select 'm' || n, 1, 'manual', 1, 'Name' || n % 2000, 'Surname' || n % 5000, 'm' || n || '@example.invalid', 'm' || n
from generate_series(1, {0}) as n;
insert into mdl_context (contextlevel, instanceid, path, depth)
select 30, id, '/1/u' || id, 2 from mdl_user where username like 'm%';
insert into mdl_course (category, shortname, fullname, idnumber, format, sortorder)
select 1, 'm' || n, 'Course ' || n, 'm' || n, 'topics', 10000 + n from generate_series(1, {1}) as n;
insert into mdl_context (contextlevel, instanceid, path, depth)
select 50, id, '/1/3/' || id, 3 from mdl_course where shortname like 'm%';
insert into mdl_course_sections (course, section, summaryformat)
select c.id, s, 1 from mdl_course c, generate_series(0, 4) as s where c.shortname like 'm%';
insert into mdl_enrol (enrol, courseid) select 'manual', id from mdl_course where shortname like 'm%';
insert into mdl_groups (courseid, name) select id, 'g' from mdl_course where shortname like 'm%';
insert into mdl_user_enrolments (enrolid, userid)
select (select min(id) from mdl_enrol) + n * 7919 % {1}, 3 + n * {0} / {2} % {0}
from generate_series(0::bigint, {2} - 1) as n;
insert into mdl_role_assignments (roleid, contextid, userid)
select 5, (select min(id) from mdl_context where contextlevel = 50 and instanceid > 1) + n * 7919 % {1},
       3 + n * {0} / {2} % {0}
from generate_series(0::bigint, {2} - 1) as n;
insert into mdl_groups_members (groupid, userid)
select (select min(id) from mdl_groups) + n * 7919 % {1}, 3 + n * {0} / {2} % {0}
from generate_series(0::bigint, {2} - 1) as n)sql",
                     users / part, courses / part, enrolments / part);
}

std::string moodle_tables() {
  std::ifstream in{MATRICULA_SOURCE_DIRECTORY "/tests/integration/moodle/moodle_4_3.sql"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// ITACA's ids of those of whom the one page says otherwise than the other, whose accounts a batch therefore changes.
std::vector<std::string> people_changed(const records_of_page& before, const records_of_page& after) {
  std::set<std::string> all;
  for (std::size_t i = 0; i < before->count(); ++i) {
    if (before->record(i) == after->record(i))
      continue;
    const auto was = nlohmann::json::parse(before->record(i)).at("person");
    const auto is = nlohmann::json::parse(after->record(i)).at("person");
    if (is != was && is.at("id") == was.at("id"))
      all.insert(was.at("id").get<std::string>());
  }
  return {all.begin(), all.end()};
}

/// A database that stands ready to be copied, while this lives.
class full_moodle {
 public:
  full_moodle(const servers& on, std::uint64_t part)
      : server_(on.services.postgres_url()) {
    // One that came to no end may have left it behind.
    execute(server_ + "/postgres", "drop database if exists " + name());
    execute(server_ + "/postgres", "create database " + name());
    execute(server_ + '/' + name(), moodle_tables() + crowd_sql(part));
    execute(server_ + '/' + name(), "vacuum analyze");
  }
  ~full_moodle() {
    try {
      execute(server_ + "/postgres", "drop database if exists " + name());
    } catch (const std::exception&) {
      // It goes with the server.
    }
  }
  full_moodle(const full_moodle&) = delete;
  full_moodle& operator=(const full_moodle&) = delete;

  static std::string name() { return "fullmoodle"; }

 private:
  std::string server_;
};

/// While this lives, the server writes down who has waited for a lock for more than 50 ms.
class lock_log {
 public:
  explicit lock_log(const servers& on)
      : file_(on.services.folder() / "logs" / "postgres.log")
      , waits_(on, "log_lock_waits", "on")
      , timeout_(on, "deadlock_timeout", "'50ms'") {}

  double longest_wait_ms(const moodle_user& user) const {
    std::ifstream in{file_};
    return longest_lock_wait_ms({std::istreambuf_iterator<char>{in}, {}}, user.server_process());
  }

 private:
  std::filesystem::path file_;
  server_setting waits_, timeout_;
};

/// Somebody reads and somebody writes while the pages come.
class moodle_scenario final : public scenario {
 public:
  moodle_scenario(const servers& on, const bench_settings& settings)
      : on_(on)
      , settings_(settings)
      , school_(2 * settings.page, {"ESO-46"}, settings.page) {}

  std::vector<measured> run(int number, const std::filesystem::path& folder) override {
    if (!moodle_)
      moodle_.emplace(on_, std::max<std::uint64_t>(of_page / settings_.page, 1));
    const auto page = school_.page(1), changed = page_with_changes(school_, settings_.page);
    const auto people = people_changed(page, changed);
    page_feed feed{{school_.page(0), page, page, changed, page}};
    const auto every_s = every_times * settings_.every_s;
    bench_wishes wishes;
    wishes.sites = {{"eso46", {"ESO-46"}}};
    wishes.feed_url = feed.url();
    wishes.every = fmt::format("{}ms", std::lround(every_s * 1000));
    wishes.page_records_max = settings_.page;
    wishes.target = "moodle";
    wishes.database_template = full_moodle::name();
    bench_deployment world{on_, folder / "world", "moodle" + std::to_string(number), wishes};
    // What the copy has left for the disk does not keep anybody waiting afterwards.
    execute(on_.services.postgres_url() + "/postgres", "checkpoint");
    const lock_log locks{on_};
    std::optional<moodle_user> reader, writer;
    lone_pages pages{on_, world, feed, every_s};
    return pages.run(
        "moodle", {"new", "unchanged", "1 % changed"}, number, settings_.page,
        [&](std::size_t) {
          reader.emplace(world.database_url("eso46"), look_at_a_course);
          writer.emplace(world.database_url("eso46"), changing_courses_of(people));
        },
        [&](std::size_t, figures& values) {
          const auto looks = reader->take(), edits = writer->take();
          values = {{"reader_ms_max", looks.longest_ms},
                    {"writer_ms_max", edits.longest_ms},
                    {"reader_lock_ms_max", locks.longest_wait_ms(*reader)},
                    {"writer_lock_ms_max", locks.longest_wait_ms(*writer)},
                    {"reader_pages", static_cast<double>(looks.pages)},
                    {"writer_pages", static_cast<double>(edits.pages)}};
          reader.reset();
          writer.reset();
        });
  }

 private:
  const servers& on_;
  bench_settings settings_;
  school_records school_;
  std::optional<full_moodle> moodle_;
};

}  // namespace

scenario_ptr make_moodle_scenario(const servers& on, const bench_settings& settings) {
  return std::make_unique<moodle_scenario>(on, settings);
}

}  // namespace matricula::bench
