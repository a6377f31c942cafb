// SPDX-License-Identifier: Apache-2.0
#include "tests/integration/moodle_worker.hpp"

#include <exception>
#include <utility>

namespace matricula {
namespace {

constexpr auto by_hand_sql = "create table by_hand (tbl text, id bigint, what jsonb, primary key (tbl, id))";

/// One of the rows that this target has made, by a number; none if there is none.
std::string one_of(const std::string& id, const std::string& rows, const std::string& order) {
  return "select " + id + " from " + rows + " order by " + order +
         " offset (select $1::bigint % greatest(count(*), 1) from " + rows + ") limit 1";
}

const auto a_course = one_of("course_id", "matricula.moodle_course", "key");
const auto a_group = one_of("moodle_group_id", "matricula.moodle_group", "moodle_group_id");
const auto a_category =
    one_of("m.category_id",
           "matricula.moodle_category m join mdl_course_categories k on k.id = m.category_id", "m.key");
/// One that has none below it.
const auto a_lowest_category =
    one_of("m.category_id",
           "matricula.moodle_category m join mdl_course_categories k on k.id = m.category_id "
           "where not exists (select from mdl_course_categories b where b.parent = k.id)",
           "m.key");
const auto an_account = one_of("user_id", "matricula.moodle_user", "person_id");
/// Of pupils whose number ends so, and whom no batch withdraws.
const auto an_enrolment_that_stays =
    one_of("e.id",
           "matricula.moodle_course c join mdl_user_enrolments e on e.enrolid = c.enrol_id "
           "join mdl_user u on u.id = e.userid and u.username like '1%02'",
           "c.key, u.username");

}  // namespace

moodle_worker::moodle_worker(const std::string& database_url, unsigned seed,
                             std::vector<std::vector<names_to_come>> rounds)
    : database_url_(database_url)
    , random_(seed)
    , rounds_(std::move(rounds)) {
  pqxx::connection connection{database_url_};
  pqxx::nontransaction{connection}.exec(by_hand_sql);
  thread_ = std::thread{[this] { work_on(); }};
}

moodle_worker::~moodle_worker() { stop(); }

void moodle_worker::begin_round(std::size_t round) {
  const std::lock_guard lock{round_mutex_};
  first_round_to_come_ = round + 1;
}

void moodle_worker::await(std::size_t done) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return done_ >= done || has_ended_; });
}

std::string moodle_worker::stop() {
  stopping_ = true;
  if (thread_.joinable())
    thread_.join();
  const std::lock_guard lock{mutex_};
  return failure_;
}

void moodle_worker::work_on() {
  std::string failure;
  try {
    connection_.emplace(database_url_);
    while (!stopping_) {
      ++number_;
      do_something();
      const std::lock_guard lock{mutex_};
      ++done_;
      changed_.notify_all();
    }
  } catch (const std::exception& error) {
    failure = error.what();
  }
  const std::lock_guard lock{mutex_};
  failure_ = failure;
  has_ended_ = true;
  changed_.notify_all();
}

void moodle_worker::do_something() {
  switch (drawn(18)) {
  case 0:
  case 1:
    return make_a_course();
  case 2:
    return take_a_shortname();
  case 3:
    return make_a_category();
  case 4:
    return make_an_account();
  case 5:
  case 6:
    return enrol();
  case 7:
    return put_into_a_group();
  case 8:
    return suspend();
  case 9:
    return look_into_a_course();
  case 10:
    return show_or_hide();
  case 11:
    return rename("mdl_course", "fullname", a_course);
  case 12:
  case 13:
    return hide_or_show_a_category();
  case 14:
    return move_a_category();
  case 15:
    return delete_a_category();
  case 16:
    return drawn(2) == 0 ? rename("mdl_groups", "name", a_group)
                         : rename("mdl_course_categories", "name", a_category);
  default:
    return rename("mdl_user", "firstname", an_account);
  }
}

void moodle_worker::make_a_course() {
  const auto name = "by hand " + std::to_string(number_);
  // Among those that the target has made, or in Moodle's first category.
  const auto category =
      drawn(3) == 0 ? std::optional<std::int64_t>{1} : ask(a_category, {std::to_string(drawn(1000))});
  course_in(category.value_or(1), name, name);
}

void moodle_worker::take_a_shortname() {
  const std::lock_guard lock{round_mutex_};
  if (first_round_to_come_ >= rounds_.size())
    return;
  const auto& to_come = rounds_[first_round_to_come_];
  const auto& shortname = to_come[static_cast<std::size_t>(drawn(to_come.size()))].shortname;
  if (!ask("select id from mdl_course where shortname = $1", {shortname}))
    course_in(1, "by hand " + shortname, shortname);
}

void moodle_worker::make_a_category() {
  const std::lock_guard lock{round_mutex_};
  if (first_round_to_come_ >= rounds_.size())
    return;
  const auto& to_come = rounds_[first_round_to_come_];
  const auto& idnumber = to_come[static_cast<std::size_t>(drawn(to_come.size()))].category;
  if (ask("select id from mdl_course_categories where idnumber = $1", {idnumber}))
    return;
  const auto category = category_at_the_top(idnumber);
  course_in(category, "by hand in " + idnumber, "by hand in " + idnumber);
}

void moodle_worker::make_an_account() {
  const std::lock_guard lock{round_mutex_};
  if (first_round_to_come_ >= rounds_.size())
    return;
  const auto& to_come = rounds_[first_round_to_come_];
  const auto& username = to_come[static_cast<std::size_t>(drawn(to_come.size()))].username;
  insert("mdl_user",
         "insert into mdl_user (username, mnethostid, auth, confirmed, password, city, firstname, lastname, "
         "email, timecreated) select $1::text, 1, 'ldap', 1, 'hash', 'Dénia', 'By', 'hand', '', 7 "
         "where not exists (select from mdl_user where username = $1::text) returning *",
         {username}, "firstname, lastname, email, idnumber, timemodified, lastaccess");
}

void moodle_worker::enrol() {
  const auto course = ask(a_course, {std::to_string(drawn(1000))});
  const auto user = ask(an_account, {std::to_string(drawn(1000))});
  if (!course || !user)
    return;
  const auto ids = {std::to_string(*course), std::to_string(*user)};
  if (!insert("mdl_user_enrolments",
              "insert into mdl_user_enrolments (enrolid, userid, timeend, modifierid, timecreated) "
              "select i.id, $2::bigint, 0, 2, 7 from mdl_enrol i where i.courseid = $1::bigint and i.enrol = "
              "'manual' and not exists (select from mdl_user_enrolments e where e.enrolid = i.id and "
              "e.userid = $2::bigint) returning *",
              ids))
    return;
  insert("mdl_role_assignments",
         "insert into mdl_role_assignments (roleid, contextid, userid, timemodified, modifierid) "
         "select 5, x.id, $2::bigint, 7, 2 from mdl_context x where x.contextlevel = 50 and x.instanceid = "
         "$1::bigint returning *",
         ids);
  flag(*user);
}

void moodle_worker::put_into_a_group() {
  const auto group = ask(a_group, {std::to_string(drawn(1000))});
  const auto user = ask(an_account, {std::to_string(drawn(1000))});
  if (!group || !user)
    return;
  const auto ids = {std::to_string(*group), std::to_string(*user)};
  if (ask("select id from mdl_groups_members where groupid = $1::bigint and userid = $2::bigint", ids))
    return;
  try {
    insert("mdl_groups_members",
           "insert into mdl_groups_members (groupid, userid, timeadded) values ($1::bigint, $2::bigint, 7) "
           "returning *",
           ids);
  } catch (const pqxx::unique_violation&) {
    // A batch was first. Moodle says that it could not write, and he finds there whom he wanted to put there.
    ++refused_;
    return;
  }
  exec("update mdl_groups set timemodified = extract(epoch from now()) where id = $1::bigint",
       {std::to_string(*group)});
}

void moodle_worker::suspend() {
  if (const auto enrolment = ask(an_enrolment_that_stays, {std::to_string(drawn(1000))}))
    set("mdl_user_enrolments", *enrolment, "status = 1, modifierid = 2", {"status", "modifierid"});
}

void moodle_worker::look_into_a_course() {
  const auto user = ask(an_account, {std::to_string(drawn(1000))});
  const auto course = ask(a_course, {std::to_string(drawn(1000))});
  if (!user || !course)
    return;
  set("mdl_user", *user, "lastaccess = extract(epoch from now())", {"lastaccess"});
  insert("mdl_user_lastaccess",
         "insert into mdl_user_lastaccess (userid, courseid, timeaccess) "
         "values ($1::bigint, $2::bigint, extract(epoch from now())) on conflict do nothing returning *",
         {std::to_string(*user), std::to_string(*course)});
}

void moodle_worker::show_or_hide() {
  const auto visible = std::to_string(drawn(2));
  if (const auto course = ask(a_course, {std::to_string(drawn(1000))}))
    set("mdl_course", *course,
        "visible = " + visible + ", visibleold = " + visible + ", timemodified = extract(epoch from now())",
        {"visible", "visibleold"});
}

/// As Moodle does, unless it is so already, with all that is below it: first the category, then its courses, then those below
/// it as they are by then. What was hidden below it by itself stays so, with its courses, which Moodle shows: they would be
/// taken for a batch's work.
void moodle_worker::hide_or_show_a_category() {
  const auto category = ask(a_category, {std::to_string(drawn(1000))});
  if (!category)
    return;
  const bool hides = drawn(2) == 0;
  const auto turn = [&](const std::string& table, const std::string& where, const std::string& id) {
    exec("update " + table + " set " +
             (hides ? "visibleold = visible, visible = 0" : "visible = visibleold") + " where " + where +
             " = $1::bigint",
         {id});
  };
  const auto id = std::to_string(*category);
  if (ask("select id from mdl_course_categories where id = $1::bigint and (visible = 0) = $2::boolean",
          {id, hides ? "true" : "false"}))
    return;
  if (!hides &&
      ask("select p.id from mdl_course_categories c join mdl_course_categories p on p.id = c.parent "
          "where c.id = $1::bigint and p.visible = 0",
          {id}))
    return;
  const auto visible = hides ? std::string{"0"} : "1";
  set("mdl_course_categories", *category, "visible = " + visible + ", visibleold = " + visible,
      {"visible", "visibleold"});
  turn("mdl_course", "category", id);
  const auto below = pqxx::nontransaction{*connection_}.exec_params(
      "select b.id from mdl_course_categories b join mdl_course_categories c on b.path like c.path || '/%' "
      "where c.id = $1::bigint and (b.visibleold = 1 or $2::boolean) order by b.depth, b.id",
      id, hides);
  for (const auto row : below) {
    turn("mdl_course_categories", "id", row[0].c_str());
    turn("mdl_course", "category", row[0].c_str());
  }
  know_anew("mdl_course_categories", {"visible", "visibleold"});
  know_anew("mdl_course", {"visible", "visibleold"});
}

/// To the top, or into Moodle's first category.
void moodle_worker::move_a_category() {
  const auto category = ask(a_category, {std::to_string(drawn(1000))});
  if (!category)
    return;
  const auto parent = std::to_string(drawn(2));
  const auto id = std::to_string(*category);
  set("mdl_course_categories", *category, "parent = " + parent, {"parent"});
  exec("update mdl_context x set path = n.path || substr(x.path, length(o.path) + 1), "
       "depth = x.depth + n.depth - o.depth from mdl_context o, "
       "(select p.path || '/' || m.id as path, p.depth + 1 as depth from mdl_context m, mdl_context p "
       "where m.contextlevel = 40 and m.instanceid = $1::bigint and case $2::bigint when 0 then "
       "p.contextlevel = 10 else p.contextlevel = 40 and p.instanceid = $2::bigint end) as n "
       "where o.contextlevel = 40 and o.instanceid = $1::bigint and (x.id = o.id or x.path like o.path || "
       "'/%')",
       {id, parent});
  know_anew("mdl_context", {"path", "depth"});
  sort_and_count();
}

/// Its courses go to Moodle's first category. It is deleted when nothing is in it any more: Moodle itself does not look again,
/// and loses a course that anybody makes there meanwhile.
void moodle_worker::delete_a_category() {
  const auto category = ask(a_lowest_category, {std::to_string(drawn(1000))});
  if (!category)
    return;
  const auto id = std::to_string(*category);
  exec("update mdl_course set category = 1 where category = $1::bigint", {id});
  exec(
      "update mdl_context x set path = p.path || '/' || x.id, depth = p.depth + 1 "
      "from mdl_course c, mdl_context p where c.category = 1 and x.contextlevel = 50 and "
      "x.instanceid = c.id and p.contextlevel = 40 and p.instanceid = 1 and x.path <> p.path || '/' || x.id");
  {
    pqxx::work work{*connection_};
    work.exec("select from mdl_course_categories where id = " + id + " for update");
    if (work.exec("select from mdl_course_categories where parent = " + id +
                  " union all select from mdl_course where category = " + id)
            .empty()) {
      work.exec("delete from mdl_course_categories where id = " + id);
      work.exec("delete from mdl_context where contextlevel = 40 and instanceid = " + id);
      work.exec("delete from by_hand h where tbl = 'mdl_course_categories' and h.id = " + id);
      work.exec("delete from by_hand h where tbl = 'mdl_context' and not exists "
                "(select from mdl_context x where x.id = h.id)");
    }
    work.commit();
  }
  know_anew("mdl_course", {"category"});
  know_anew("mdl_context", {"path", "depth"});
  sort_and_count();
}

void moodle_worker::rename(const char* table, const char* column, const std::string& whose) {
  if (const auto id = ask(whose, {std::to_string(drawn(1000))}))
    set(table, *id,
        std::string{column} + " = 'by hand " + std::to_string(number_) +
            "', timemodified = extract(epoch from now())",
        {column});
}

std::int64_t moodle_worker::course_in(std::int64_t category, const std::string& name,
                                      const std::string& shortname) {
  const auto course = insert(
      "mdl_course",
      "insert into mdl_course (category, sortorder, fullname, shortname, summaryformat, format, timecreated, "
      "timemodified, cacherev, showcompletionconditions) "
      "values ($1::bigint, 0, $2, $3, 0, 'topics', 7, 7, 7, 1) returning *",
      {std::to_string(category), name, shortname}, "sortorder");
  give_context(50, *course, category);
  const auto id = std::to_string(*course);
  insert("mdl_course_sections",
         "insert into mdl_course_sections (course, section, summary, summaryformat, sequence, timemodified) "
         "values ($1::bigint, 0, '', 1, '', 7) returning *",
         {id});
  for (const auto* option : {"'hiddensections', '1'", "'coursedisplay', '0'"})
    insert("mdl_course_format_options",
           std::string{"insert into mdl_course_format_options (courseid, format, name, value) values "
                       "($1::bigint, 'topics', "} +
               option + ") returning *",
           {id});
  int sortorder = 0;
  for (const auto* instance : {"'manual', 0, 5", "'guest', 1, 0", "'self', 1, 5"})
    insert("mdl_enrol",
           std::string{"insert into mdl_enrol (courseid, enrol, status, roleid, sortorder, timecreated, "
                       "timemodified) values ($1::bigint, "} +
               instance + ", " + std::to_string(sortorder++) + ", 7, 7) returning *",
           {id});
  sort_and_count();
  return *course;
}

std::int64_t moodle_worker::category_at_the_top(const std::string& idnumber) {
  const auto category =
      insert("mdl_course_categories",
             "insert into mdl_course_categories (name, idnumber, description, sortorder, timemodified) "
             "values ('by hand ' || $1::text, $1::text, '', 0, 7) returning *",
             {idnumber}, "sortorder, coursecount, path, depth, timemodified");
  exec("update mdl_course_categories set path = '/' || id, depth = 1 where id = $1::bigint",
       {std::to_string(*category)});
  give_context(40, *category, 0);
  sort_and_count();
  return *category;
}

/// Moodle inserts it without a path, which has the row's id in it.
void moodle_worker::give_context(int level, std::int64_t instance, std::int64_t above) {
  const auto context =
      insert("mdl_context",
             "insert into mdl_context (contextlevel, instanceid) values ($1::bigint, $2::bigint) returning *",
             {std::to_string(level), std::to_string(instance)}, "path, depth");
  const auto parent = above == 0 ? std::string{"contextlevel = 10"}
                                 : "contextlevel = 40 and instanceid = " + std::to_string(above);
  set("mdl_context", *context,
      "path = (select p.path from mdl_context p where p." + parent + ") || '/' || id, " +
          "depth = (select p.depth + 1 from mdl_context p where p." + parent + ")",
      {"path", "depth"});
}

/// As Moodle does after each new course and category: what it finds wrong is read first, and then written row by row.
void moodle_worker::sort_and_count() {
  pqxx::nontransaction work{*connection_};
  for (const auto row : work.exec(
           "with recursive below as (select id, '/' || id as path, 1 as depth from mdl_course_categories "
           "where parent = 0 union all select k.id, b.path || '/' || k.id, b.depth + 1 from "
           "mdl_course_categories k join below b on b.id = k.parent) select b.* from below b "
           "join mdl_course_categories k on k.id = b.id where (k.path, k.depth) <> (b.path, b.depth)"))
    work.exec_params("update mdl_course_categories set path = $2, depth = $3::bigint where id = $1::bigint",
                     row[0].c_str(), row[1].c_str(), row[2].c_str());
  for (const auto row :
       work.exec("select k.id, count(c.id) from mdl_course_categories k left join mdl_course c on "
                 "c.category = k.id group by k.id, k.coursecount having k.coursecount <> count(c.id)"))
    work.exec_params("update mdl_course_categories set coursecount = $2::bigint where id = $1::bigint",
                     row[0].c_str(), row[1].c_str());
  for (const auto row : work.exec(
           "with recursive below as (select id, array[sortorder, id] as place, sortorder from "
           "mdl_course_categories where parent = 0 union all select k.id, b.place || k.sortorder || k.id, "
           "k.sortorder from mdl_course_categories k join below b on b.id = k.parent) "
           "select id, wanted from (select id, sortorder, 10000 * row_number() over (order by place) as "
           "wanted from below) as numbered where sortorder <> wanted"))
    work.exec_params("update mdl_course_categories set sortorder = $2::bigint where id = $1::bigint",
                     row[0].c_str(), row[1].c_str());
  for (const auto row :
       work.exec("select id, wanted from (select c.id, c.sortorder, k.sortorder + row_number() over "
                 "(partition by k.id order by c.sortorder, c.id desc) as wanted from mdl_course c join "
                 "mdl_course_categories k on k.id = c.category) as numbered where sortorder <> wanted"))
    work.exec_params("update mdl_course set sortorder = $2::bigint where id = $1::bigint", row[0].c_str(),
                     row[1].c_str());
}

void moodle_worker::flag(std::int64_t user) {
  const auto name = std::to_string(user);
  if (!ask("update mdl_cache_flags set value = '1', timemodified = 7, expiry = 28807 where flagtype = "
           "'accesslib/dirtyusers' and name = $1 returning id",
           {name}))
    exec("insert into mdl_cache_flags (flagtype, name, value, timemodified, expiry) "
         "values ('accesslib/dirtyusers', $1, '1', 7, 28807)",
         {name});
}

std::optional<std::int64_t> moodle_worker::insert(const std::string& table, const std::string& sql,
                                                  std::initializer_list<std::string> values,
                                                  const std::string& not_his) {
  return ask("with mine as (" + sql + ") insert into by_hand select '" + table +
                 "', id, to_jsonb(mine) - string_to_array('" + not_his + "', ', ') from mine returning id",
             values);
}

void moodle_worker::set(const std::string& table, std::int64_t id, const std::string& assignments,
                        std::initializer_list<const char*> columns) {
  std::string fields;
  for (const std::string column : columns)
    fields += (fields.empty() ? "'" : ", '") + column + "', " + column;
  exec("with mine as (update " + table + " set " + assignments + " where id = $1::bigint returning *) " +
           "insert into by_hand select '" + table + "', id, jsonb_build_object(" + fields +
           ") from mine on conflict (tbl, id) do update set what = by_hand.what || excluded.what",
       {std::to_string(id)});
}

void moodle_worker::know_anew(const std::string& table, std::initializer_list<const char*> columns) {
  for (const std::string column : columns)
    exec("update by_hand h set what = h.what || jsonb_build_object('" + column + "', t." + column +
         ") from " + table + " t where h.tbl = '" + table + "' and t.id = h.id and h.what ? '" + column +
         "'");
}

std::optional<std::int64_t> moodle_worker::ask(const std::string& sql,
                                               std::initializer_list<std::string> values) {
  const auto rows = pqxx::nontransaction{*connection_}.exec_params(
      sql, pqxx::prepare::make_dynamic_params(std::vector<std::string>{values}));
  if (rows.empty())
    return std::nullopt;
  return rows[0][0].as<std::int64_t>();
}

void moodle_worker::exec(const std::string& sql, std::initializer_list<std::string> values) {
  pqxx::nontransaction{*connection_}.exec_params(
      sql, pqxx::prepare::make_dynamic_params(std::vector<std::string>{values}));
}

std::int64_t moodle_worker::drawn(std::size_t below) { return static_cast<std::int64_t>(random_() % below); }

std::string moodle_worker::differences(pqxx::transaction_base& work) {
  std::string all;
  for (const auto table : work.exec("select distinct tbl from by_hand order by tbl")) {
    const std::string name = table[0].c_str();
    for (const auto row :
         work.exec("select h.id, h.what, coalesce((select jsonb_object_agg(key, value) from "
                   "jsonb_each(to_jsonb(t)) where h.what ? key)::text, 'no row') from by_hand h "
                   "left join " +
                   name + " t on t.id = h.id where h.tbl = '" + name +
                   "' and to_jsonb(t) @> h.what is not true order by h.id"))
      all += name + " " + row[0].c_str() + ": " + row[1].c_str() + ", now " + row[2].c_str() + "\n";
  }
  return all;
}

}  // namespace matricula
