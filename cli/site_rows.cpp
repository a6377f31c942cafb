// SPDX-License-Identifier: Apache-2.0
#include "cli/site_rows.hpp"

#include "actors/apply/postgres_bookkeeping.hpp"
#include "cli/site_visit.hpp"

#include <simdjson.h>

#include <optional>
#include <string>

namespace matricula {
namespace {

constexpr const char* fetch_sql = "fetch forward 4000 from site_rows";

/// One reading of everything, to its end.
constexpr const char* reading_settings = R"sql(
set datestyle = 'ISO, YMD';
set cursor_tuple_fraction = 1;
set work_mem = '64MB';
set jit = off;
)sql";

/// Where verify.sql's columns stand in its answer.
struct row_columns {
  explicit row_columns(const pqxx::result& rows) {
    const std::pair<const char*, pqxx::row_size_type*> all[] = {
        {"key", &key},
        {"revision", &revision},
        {"year", &year},
        {"status", &status},
        {"since", &since},
        {"role", &role},
        {"centre_code", &centre_code},
        {"centre_name", &centre_name},
        {"flavour", &flavour},
        {"course_code", &course_code},
        {"course_name", &course_name},
        {"subject_code", &subject_code},
        {"subject_name_val", &subject_name_val},
        {"subject_name_cas", &subject_name_cas},
        {"group_code", &group_code},
        {"group_name", &group_name},
        {"group_tutor", &group_tutor},
        {"person_id", &person_id},
        {"person_name", &person_name},
        {"person_surname1", &person_surname1},
        {"person_surname2", &person_surname2},
        {"person_email", &person_email},
        {"person_born", &person_born},
        {"teachers", &teachers},
        {"timetable", &timetable},
    };
    for (const auto& [name, place] : all)
      *place = rows.column_number(name);
    for (pqxx::row_size_type i = 0; i < rows.columns(); ++i)
      if (rows.column_name(i) == std::string_view{"held"})
        held = i;
  }

  pqxx::row_size_type key, revision, year, status, since, role, centre_code, centre_name, flavour,
      course_code, course_name, subject_code, subject_name_val, subject_name_cas, group_code, group_name,
      group_tutor, person_id, person_name, person_surname1, person_surname2, person_email, person_born,
      teachers, timetable;
  std::optional<pqxx::row_size_type> held;  ///< not every target has it
};

std::string_view text_of(const pqxx::field& field) { return {field.c_str(), field.size()}; }

std::optional<std::string_view> optional_text_of(const pqxx::field& field) {
  return field.is_null() ? std::nullopt : std::optional{text_of(field)};
}

/// Reads a JSON array of objects; texts live until the next array is read.
class array_reader {
 public:
  /// Calls on_object(object) for each element. Throws simdjson::simdjson_error.
  template <class OnObject>
  void read(std::string_view json, OnObject on_object) {
    padded_.assign(json);
    padded_.resize(json.size() + simdjson::SIMDJSON_PADDING);
    auto document = parser_.iterate(padded_.data(), json.size(), padded_.size());
    for (auto element : document.get_array()) {
      simdjson::ondemand::object object = element.get_object();
      on_object(object);
    }
  }

 private:
  simdjson::ondemand::parser parser_;
  std::string padded_;
};

std::optional<std::string_view> optional_text_of(simdjson::ondemand::object& object, std::string_view name) {
  simdjson::ondemand::value value;
  if (object[name].get(value) != simdjson::SUCCESS || bool{value.is_null()})
    return std::nullopt;
  return std::string_view{value.get_string()};
}

class row_reader {
 public:
  explicit row_reader(const row_columns& at)
      : at_(at) {}

  const site_row& read(const pqxx::row& row) {
    auto& out = row_.record;
    row_.key = text_of(row[at_.key]);
    row_.revision = static_cast<revision_t>(row[at_.revision].as<std::int64_t>());
    out.year = text_of(row[at_.year]);
    out.status = text_of(row[at_.status]);
    out.since = text_of(row[at_.since]);
    out.role = text_of(row[at_.role]);
    out.centre_code = text_of(row[at_.centre_code]);
    out.centre_name = text_of(row[at_.centre_name]);
    out.flavour = text_of(row[at_.flavour]);
    out.course_code = text_of(row[at_.course_code]);
    out.course_name = text_of(row[at_.course_name]);
    out.subject_code = text_of(row[at_.subject_code]);
    out.subject_name_val = text_of(row[at_.subject_name_val]);
    out.subject_name_cas = text_of(row[at_.subject_name_cas]);
    out.group_code = text_of(row[at_.group_code]);
    out.group_name = text_of(row[at_.group_name]);
    out.group_tutor = optional_text_of(row[at_.group_tutor]);
    out.person_id = text_of(row[at_.person_id]);
    out.person_name = text_of(row[at_.person_name]);
    out.person_surname1 = text_of(row[at_.person_surname1]);
    out.person_surname2 = optional_text_of(row[at_.person_surname2]);
    out.person_email = optional_text_of(row[at_.person_email]);
    out.person_born = optional_text_of(row[at_.person_born]);
    out.teachers.clear();
    teachers_.read(text_of(row[at_.teachers]), [&](simdjson::ondemand::object& object) {
      teacher one;
      one.id = optional_text_of(object, "id").value_or("");
      one.name = optional_text_of(object, "name").value_or("");
      one.surname1 = optional_text_of(object, "surname1").value_or("");
      one.surname2 = optional_text_of(object, "surname2");
      one.email = optional_text_of(object, "email");
      one.substitutes = optional_text_of(object, "substitutes");
      out.teachers.push_back(one);
    });
    out.timetable.clear();
    timetable_.read(text_of(row[at_.timetable]), [&](simdjson::ondemand::object& object) {
      lesson one;
      one.day = static_cast<int>(std::int64_t{object["day"]});
      one.from = optional_text_of(object, "from").value_or("");
      one.to = optional_text_of(object, "to").value_or("");
      one.room = optional_text_of(object, "room");
      out.timetable.push_back(one);
    });
    row_.held = at_.held ? text_of(row[*at_.held]) : std::string_view{};
    return row_;
  }

 private:
  row_columns at_;
  array_reader teachers_, timetable_;
  site_row row_;
};

}  // namespace

result<done> read_site_rows(const site_settings& site, const std::function<void(const site_row&)>& each) {
  return visit_site(site, "verify", [&](const site_visit& visit) {
    auto& work = visit.work;
    if (!is_installed(work))
      return;
    work.exec(reading_settings);
    visit.doing = visit.target.verify.name;
    work.exec("declare site_rows no scroll cursor for " + visit.target.verify.sql);
    std::optional<row_reader> reader;
    for (auto rows = work.exec(fetch_sql); !rows.empty(); rows = work.exec(fetch_sql)) {
      if (!reader)
        reader.emplace(row_columns{rows});
      for (const auto row : rows)
        each(reader->read(row));
    }
  });
}

}  // namespace matricula
