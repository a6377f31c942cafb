// SPDX-License-Identifier: Apache-2.0
#include "record_writer.hpp"

#include <chrono>
#include <cstdio>

namespace matricula::simulator {

namespace {

void append_number(std::string& out, std::uint64_t number, std::size_t digits) {
  char text[20];
  for (auto i = digits; i-- > 0; number /= 10)
    text[i] = static_cast<char>('0' + number % 10);
  out.append(text, digits);
}

void append_date(std::string& out, int year, int month, int day) {
  append_number(out, static_cast<std::uint64_t>(year), 4);
  out += '-';
  append_number(out, static_cast<std::uint64_t>(month), 2);
  out += '-';
  append_number(out, static_cast<std::uint64_t>(day), 2);
}

void append_day_after(std::string& out, int year, unsigned days) {
  using namespace std::chrono;
  const year_month_day date{sys_days{std::chrono::year{year} / September / 1} + std::chrono::days{days}};
  append_date(out, int{date.year()}, static_cast<int>(unsigned{date.month()}),
              static_cast<int>(unsigned{date.day()}));
}

void append_nif(std::string& out, std::uint32_t number) {
  out += '0';
  append_number(out, number, 8);
  out += school_system::nif_letter(number);
}

void append_escaped(std::string& out, std::string_view part) {
  for (const char c : part) {
    if (c == '~')
      out += "~0";
    else if (c == '/')
      out += "~1";
    else
      out += c;
  }
}

void append_names(std::string& out, const human& h) {
  out += R"(","name":")";
  out += h.name;
  out += R"(","surname1":")";
  out += h.surname1;
  out += R"(","surname2":")";
  out += h.surname2;
  out += R"(","email":")";
  out += h.name_ascii;
  out += '.';
}

// "nuria.10123456@…" at first, "nuria.10123456.2@…" after two changes.
void append_address(std::string& out, std::uint32_t number, std::uint64_t version, std::string_view host) {
  append_number(out, number, 8);
  if (version > 0) {
    out += '.';
    out += std::to_string(version);
  }
  out += host;
}

// Text in ISO 8859-1 instead of UTF-8. Requires characters of that set only.
std::string latin1_of(std::string_view utf8) {
  std::string out;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto byte = static_cast<unsigned char>(utf8[i]);
    if (byte < 0x80)
      out += utf8[i];
    else
      out += static_cast<char>(((byte & 0x03u) << 6) | (static_cast<unsigned char>(utf8[++i]) & 0x3fu));
  }
  return out;
}

void replace_first(std::string& text, std::string_view what, std::string_view by) {
  if (const auto at = text.find(what); at != std::string::npos)
    text.replace(at, what.size(), by);
}

constexpr std::string_view lesson_times[] = {
    R"(,"from":"08:00","to":"08:55")", R"(,"from":"08:55","to":"09:50")", R"(,"from":"09:50","to":"10:45")",
    R"(,"from":"11:15","to":"12:10")", R"(,"from":"12:10","to":"13:05")", R"(,"from":"13:05","to":"14:00")",
    R"(,"from":"15:30","to":"16:25")"};

}  // namespace

void record_writer::append(std::string& out, const place& p, std::uint64_t slot) {
  const auto& room = classroom_of(p);
  const auto& person = person_of(p);
  append_beginning(out, p, slot);
  out += room.opening;
  out += person;
  out += room.ending;
}

void record_writer::append_flawed(std::string& out, const place& p, std::uint64_t slot, flaw what,
                                  std::uint32_t nia) {
  const auto& room = classroom_of(p);
  std::string record;
  append_beginning(record, p, slot);
  const auto centre_at = record.size();
  record += room.opening;
  const auto course_at = record.find(R"("course":)", centre_at);
  if (what == flaw::no_centre)
    record.erase(centre_at, course_at - centre_at);
  if (what == flaw::unknown_flavour) {
    const auto from = record.find(R"("flavour":")", centre_at) + 11;
    record.replace(from, record.find('"', from) - from, "Universitat");
  }
  const auto& school = at_.school();
  std::string person;
  append_pupil(person, school.pupil_at(p.seat_group, p.seat), nia);
  if (what == flaw::wrong_type) {
    const auto digits = std::to_string(nia);
    replace_first(person, '"' + digits + '"', digits);
  }
  if (what == flaw::latin1) {
    const auto from = person.find(R"("surname1":")") + 12;
    person.replace(from, person.find('"', from) - from, latin1_of("Muñoz i Ferràndiz"));
  }
  record += person;
  if (what == flaw::oversize) {
    record += R"("notes":")";
    record.append(std::size_t{1} << 20, 'x');
    record += R"(",)";
  }
  record += room.ending;
  out += record;
}

void record_writer::append_key(std::string& out, const place& p) {
  out += classroom_of(p).key_opening;
  const auto& school = at_.school();
  if (p.who == member::pupil) {
    append_number(out, school.nia_of(school.pupil_at(p.seat_group, p.seat)), 8);
    out += "/student";
  } else {
    append_nif(out, school.nif_number_of(teacher_at(p)));
    out += "/teacher";
  }
}

void record_writer::append_key(std::string& out, const place& p, std::uint32_t nia) {
  out += classroom_of(p).key_opening;
  append_number(out, nia, 8);
  out += "/student";
}

void record_writer::append_beginning(std::string& out, const place& p, std::uint64_t slot) const {
  const auto& school = at_.school();
  out += R"({"year":")";
  append_number(out, static_cast<std::uint64_t>(school.year()), 4);
  out += at_.enrolled(p, slot) ? R"(","status":"enrolled","since":")" : R"(","status":"withdrawn","since":")";
  const auto day = draw(school.seed(), purpose::enrolment_day, p.group, p.seat) % 14;
  append_day_after(out, school.year(), static_cast<unsigned>((day + 3 * at_.turns(p, slot)) % 280));
  out += p.who == member::pupil ? R"(","role":"student",)" : R"(","role":"teacher",)";
}

const record_writer::classroom& record_writer::classroom_of(const place& p) {
  if (classroom_.group != p.group || classroom_.course != p.course || classroom_.subject != p.subject)
    write_classroom(p);
  return classroom_;
}

void record_writer::write_classroom(const place& p) {
  const auto& school = at_.school();
  const auto& g = school.groups()[p.group];
  const auto& c = school.centres()[g.centre];
  const auto& followed = school.course_at(p);
  const auto& taught = school.subject_at(p);
  const auto code = school.code_of(g);
  classroom_.group = p.group;
  classroom_.course = p.course;
  classroom_.subject = p.subject;

  auto& opening = classroom_.opening;
  opening = R"("centre":{"code":")";
  append_number(opening, c.code, 8);
  opening += R"(","name":")";
  opening += c.name;
  opening += R"(","flavour":")";
  opening += name_of(followed.taught_in);
  opening += R"("},"course":{"code":")";
  opening += followed.code;
  opening += R"(","name":")";
  opening += followed.name;
  opening += R"("},"subject":{"code":")";
  opening += taught.code;
  opening += R"(","name_val":")";
  opening += taught.name_val;
  opening += R"(","name_cas":")";
  opening += taught.name_cas;
  opening += R"("},"group":{"code":")";
  opening += code;
  opening += R"(","name":")";
  opening += school.name_of(g);
  opening += R"(","tutor":")";
  append_nif(opening, school.nif_number_of(school.teacher_of(g, 0)));
  opening += R"("},)";

  auto& ending = classroom_.ending;
  ending = R"("teachers":[)";
  const auto own = school.teacher_of(g, p.subject);
  const bool substituted = at_.substituted(g, p.course, p.subject);
  if (substituted) {
    const auto substitute = school.substitute_for(c, own);
    append_teacher(ending, substitute);
    ending += R"(,"substitutes":")";
    append_nif(ending, school.nif_number_of(own));
    ending += R"("})";
  }
  if (!substituted || at_.beside(g, p.course, p.subject)) {
    if (substituted)
      ending += ',';
    append_teacher(ending, own);
    ending += R"(,"substitutes":null})";
  }
  ending += R"(],)";
  append_lessons(ending, p);
  ending += '}';

  auto& key = classroom_.key_opening;
  key.clear();
  append_number(key, static_cast<std::uint64_t>(school.year()), 4);
  key += '/';
  append_number(key, c.code, 8);
  key += '/';
  key += followed.code;
  key += '/';
  append_escaped(key, taught.code);
  key += '/';
  append_escaped(key, code);
  key += '/';
}

const std::string& record_writer::person_of(const place& p) {
  const auto& school = at_.school();
  if (p.who == member::pupil) {
    if (seats_of_ != p.seat_group) {
      seats_of_ = p.seat_group;
      for (auto& seat : seats_)
        seat.clear();
    }
    auto& seat = seats_[p.seat];
    if (seat.empty()) {
      const auto pupil = school.pupil_at(p.seat_group, p.seat);
      append_pupil(seat, pupil, school.nia_of(pupil));
    }
    return seat;
  }
  const auto teacher = teacher_at(p);
  const auto h = school.teacher(teacher);
  staff_ = R"("person":)";
  append_teacher(staff_, teacher);
  staff_ += R"(,"born":")";
  append_date(staff_, h.born_year, h.born_month, h.born_day);
  staff_ += R"("},)";
  return staff_;
}

// Without the closing brace: a member may follow.
void record_writer::append_teacher(std::string& out, std::uint32_t teacher) const {
  const auto& school = at_.school();
  const auto number = school.nif_number_of(teacher);
  out += R"({"id":")";
  append_nif(out, number);
  append_names(out, school.teacher(teacher));
  append_address(out, number, at_.teacher_email(teacher), "@edu.gva.es\"");
}

void record_writer::append_pupil(std::string& out, std::uint32_t pupil, std::uint32_t nia) const {
  const auto h = at_.school().pupil(pupil);
  out += R"("person":{"id":")";
  append_number(out, nia, 8);
  append_names(out, h);
  append_address(out, nia, at_.pupil_email(pupil), "@alu.edu.gva.es\"");
  out += R"(,"born":")";
  append_date(out, h.born_year, h.born_month, h.born_day);
  out += R"("},)";
}

void record_writer::append_lessons(std::string& out, const place& p) const {
  const auto lot = draw(at_.school().seed(), purpose::lessons, p.group,
                        std::uint64_t{p.course} * 256 + std::uint64_t{p.subject});
  const auto& g = at_.school().groups()[p.group];
  const auto lessons = at_.substituted(g, p.course, p.subject) ? 1 : 1 + lot % 2;
  out += R"("timetable":[)";
  for (std::uint64_t i = 0; i < lessons; ++i) {
    out += i == 0 ? R"({"day":)" : R"(,{"day":)";
    out += static_cast<char>('1' + ((lot >> 8) % 5 + 2 * i) % 5);
    out += lesson_times[(lot >> (16 + 4 * i)) % std::size(lesson_times)];
    out += R"(,"room":")";
    out += static_cast<char>('A' + (lot >> 40) % 4);
    append_number(out, 1 + (lot >> 44) % 40, 2);
    out += R"("})";
  }
  out += ']';
}

std::uint32_t record_writer::teacher_at(const place& p) const {
  const auto& school = at_.school();
  const auto& g = school.groups()[p.group];
  const auto own = school.teacher_of(g, p.subject);
  return p.who == member::substitute ? school.substitute_for(school.centres()[g.centre], own) : own;
}

std::uint64_t hash_of(std::string_view bytes) { return XXH3_64bits(bytes.data(), bytes.size()); }

std::string hex_of(std::uint64_t hash) {
  char text[17];
  std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(hash));
  return text;
}

}  // namespace matricula::simulator
