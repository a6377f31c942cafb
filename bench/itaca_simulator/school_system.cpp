// SPDX-License-Identifier: Apache-2.0
#include "school_system.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace matricula::simulator {

namespace {

constexpr std::uint32_t centre_codes = 999'000;  // codes PP000000 .. PP998999, shuffled
constexpr std::uint32_t nia_count = 80'000'000;  // 10000000 .. 89999999; 9xxxxxxx is left to bad records
constexpr std::uint32_t nif_count = 80'000'000;  // 10000000 .. 89999999
constexpr std::uint32_t groups_per_block = 6;
constexpr std::uint32_t opened_slots = 32;  // 30 pupils, a spare one, the teacher
constexpr std::uint32_t opened_teacher = 31;
constexpr std::uint32_t moved_slots = 10;  // as many mandatory subjects as a course may have

constexpr centre_kind cover_kinds[] = {centre_kind::ies,  centre_kind::ceip,         centre_kind::cipfp,
                                       centre_kind::cfpa, centre_kind::conservatori, centre_kind::cee};
constexpr std::uint32_t provinces[] = {46, 3, 12};
constexpr std::size_t cover_centres = std::size(cover_kinds) * std::size(provinces);

constexpr std::string_view kind_names[] = {"IES", "CEIP", "CIPFP", "CFPA", "Conservatori", "CEE"};

const shuffle nia_order{nia_count, 12'345'678};
const shuffle nif_order{nif_count, 23'456'789};
const shuffle centre_order{centre_codes, 345'678};

// 0 .. 99, evenly over any stretch of ordinals: proportions hold in small systems too.
// Two factors that go together: Roberts, "The unreasonable effectiveness of quasirandom sequences", R2.
std::uint64_t spread(std::uint64_t ordinal, double factor, std::uint64_t salt) {
  const double at = static_cast<double>(ordinal) * factor + static_cast<double>(salt % 100) / 100;
  return static_cast<std::uint64_t>((at - std::floor(at)) * 100);
}

}  // namespace

std::optional<lane> lane_from(std::string_view text) {
  for (std::size_t f = 0; f < flavours; ++f)
    for (const auto province : provinces) {
      const auto digits = std::to_string(province);
      const auto name =
          std::string(name_of(static_cast<flavour>(f))) + '-' + (digits.size() < 2 ? "0" : "") + digits;
      if (name == text)
        return lane{static_cast<flavour>(f), province};
    }
  return std::nullopt;
}

school_system::school_system(std::uint64_t seed, std::uint64_t records, int year, std::vector<lane> lanes)
    : seed_(seed)
    , records_(records)
    , year_(year)
    , lanes_(std::move(lanes)) {
  while (slots_made_ < records_)
    add_centre();
  find_siblings();
  find_guests();
  place_groups();
}

// -- building ------------------------------------------------------------------------------------------

// The first eighteen centres are small and cover every kind in every province, so that a system of 30,000
// records already has all flavours everywhere; the rest are drawn in proportion.
void school_system::add_centre() {
  const auto ordinal = centres_planned_++;
  const auto lot = draw(seed_, purpose::centre_shape, ordinal);
  const bool cover = ordinal < cover_centres;
  centre c{};
  std::uint32_t province;
  std::uint32_t lines;
  if (cover) {
    c.kind = cover_kinds[ordinal / std::size(provinces)];
    province = provinces[ordinal % std::size(provinces)];
    lines = 1;
  } else {
    const auto kind = spread(ordinal, 0.7548776662, seed_);
    c.kind = kind < 32   ? centre_kind::ies
             : kind < 84 ? centre_kind::ceip
             : kind < 88 ? centre_kind::cipfp
             : kind < 94 ? centre_kind::cfpa
             : kind < 98 ? centre_kind::conservatori
                         : centre_kind::cee;
    const auto where = spread(ordinal, 0.5698402910, seed_ >> 8);
    province = where < 51 ? 46u : where < 88 ? 3u : 12u;
    lines = 1 + static_cast<std::uint32_t>((lot >> 16) % (c.kind == centre_kind::ies ? 4 : 3));
  }
  c.code = province * 1'000'000 + static_cast<std::uint32_t>(centre_order.at(ordinal));
  const auto called = draw(seed_, purpose::centre_name, ordinal);
  const auto base = centre_names()[called % centre_names().size()];
  c.name = std::string(kind_names[static_cast<std::size_t>(c.kind)]) + ' ';
  // A few names carry quotation marks, as in the real register.
  c.name += (called >> 8) % 16 == 0 ? "\\\"" + std::string(base) + "\\\"" : std::string(base);
  c.first_group = static_cast<std::uint32_t>(groups_.size());
  c.first_teacher = teachers_made_;
  centres_.push_back(c);

  const auto every_line = [&](flavour f, std::uint16_t from, std::uint16_t count, std::uint32_t of_lines) {
    for (std::uint16_t i = 0; i < count; ++i)
      for (std::uint32_t line = 0; line < of_lines; ++line)
        add_group(static_cast<std::uint16_t>(first_course(f) + from + i), no_course,
                  static_cast<char>('A' + line));
  };
  switch (c.kind) {
  case centre_kind::ies: {
    every_line(flavour::eso, 0, 4, lines);
    const auto batx = first_course(flavour::batxillerat);
    for (std::uint16_t year = 0; year < 2; ++year) {
      const auto sciences = static_cast<std::uint16_t>(batx + 2 * year);
      const auto humanities = static_cast<std::uint16_t>(sciences + 1);
      if (lines < 3) {
        add_group(sciences, humanities, 'M');  // one group, two courses
      } else {
        add_group(sciences, no_course, 'A');
        add_group(humanities, no_course, 'A');
      }
    }
    if (cover || (lot >> 32) % 3 != 0)
      every_line(flavour::fp, static_cast<std::uint16_t>(2 * ((lot >> 40) % 5)), 2, 1);
    break;
  }
  case centre_kind::ceip: {
    const bool rural = cover ? province == 12 : lines == 1 && (lot >> 32) % 3 == 0;
    every_line(flavour::infantil, 0, 3, lines);
    const auto first = first_course(flavour::primaria);
    if (rural)
      for (std::uint16_t i = 0; i < 6; i = static_cast<std::uint16_t>(i + 2))
        add_group(static_cast<std::uint16_t>(first + i), static_cast<std::uint16_t>(first + i + 1), 'A');
    else
      every_line(flavour::primaria, 0, 6, lines);
    break;
  }
  case centre_kind::cipfp: {
    const std::uint64_t cycles = cover ? 2 : 2 + (lot >> 32) % 3;
    for (std::uint64_t cycle = 0; cycle < cycles; ++cycle)
      every_line(flavour::fp, static_cast<std::uint16_t>(2 * ((cycle + (lot >> 40)) % 5)), 2, 1);
    break;
  }
  case centre_kind::cfpa:
    every_line(flavour::fpa, 0, cover ? 2 : 4, 1);
    break;
  case centre_kind::conservatori:
    every_line(flavour::iseacv, 0, cover ? 2 : 4, 1);
    break;
  case centre_kind::cee:
    every_line(flavour::especials, 0, cover ? 1 : 3, 1);
    break;
  }
  if (groups_.size() == c.first_group) {
    centres_.pop_back();  // it teaches in no wanted lane
    return;
  }
  auto& made = centres_.back();
  made.groups = static_cast<std::uint32_t>(groups_.size()) - made.first_group;
  made.blocks = (made.groups + groups_per_block - 1) / groups_per_block;
  made.substitutes = 1 + teacher_rows * made.blocks / 4;
  teachers_made_ += teacher_rows * made.blocks + made.substitutes;
  for (auto g = made.first_group; g < groups_.size(); ++g) {
    groups_[g].first_slot = static_cast<std::uint32_t>(slots_made_);
    slots_made_ += slots_of(groups_[g]);
  }
}

bool school_system::wanted(flavour taught, std::uint32_t province) const {
  return lanes_.empty() || std::any_of(lanes_.begin(), lanes_.end(), [&](const lane& l) {
           return l.taught == taught && l.province == province;
         });
}

void school_system::add_group(std::uint16_t course, std::uint16_t second, char line) {
  if (!wanted(courses()[course].taught_in, centres_.back().code / 1'000'000))
    return;
  group g{};
  g.centre = static_cast<std::uint32_t>(centres_.size() - 1);
  g.course[0] = course;
  g.course[1] = second;
  g.line = line;
  g.pupils = static_cast<std::uint8_t>(20 + draw(seed_, purpose::group_size, groups_.size()) % 11);
  g.split = second == no_course ? g.pupils : static_cast<std::uint8_t>(g.pupils / 2);
  groups_.push_back(g);
}

// Pupils move to the next line of their course, or to another centre where there is only one.
void school_system::find_siblings() {
  std::map<std::uint16_t, std::vector<std::uint32_t>> by_course;
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    groups_[g].sibling = none;
    by_course[groups_[g].course[0]].push_back(g);
  }
  for (const auto& entry : by_course) {
    const auto& alike = entry.second;
    if (alike.size() < 2 || courses()[entry.first].taught_in == flavour::iseacv)
      continue;  // ISEACV seats host other centres' pupils
    for (std::size_t i = 0; i < alike.size(); ++i) {
      const auto next = (i + 1) % alike.size();
      const auto previous = (i + alike.size() - 1) % alike.size();
      const auto centre_of = [&](std::size_t k) { return groups_[alike[k]].centre; };
      const bool back = centre_of(next) != centre_of(i) && centre_of(previous) == centre_of(i);
      groups_[alike[i]].sibling = alike[back ? previous : next];
    }
  }
}

void school_system::find_guests() {
  const auto may_send = [&](const group& g) {
    const auto f = courses()[g.course[0]].taught_in;
    return f == flavour::primaria || f == flavour::eso || f == flavour::batxillerat;
  };
  const auto province = [&](const group& g) { return centres_[g.centre].code / 1'000'000; };
  for (std::uint32_t g = 0; g < groups_.size(); ++g) {
    auto& host = groups_[g];
    host.hosts_pupils_of = none;
    if (courses()[host.course[0]].taught_in != flavour::iseacv)
      continue;
    const auto start = draw(seed_, purpose::guests, g) % groups_.size();
    for (std::size_t i = 0; i < groups_.size(); ++i) {
      const auto other = static_cast<std::uint32_t>((start + i) % groups_.size());
      if (may_send(groups_[other]) && province(groups_[other]) == province(host)) {
        host.hosts_pupils_of = other;
        break;
      }
    }
  }
}

void school_system::place_groups() {
  while (groups_.back().first_slot >= records_)
    groups_.pop_back();
  // Groups past the wanted number of records are cut; nobody may move there.
  centres_.back().groups = static_cast<std::uint32_t>(groups_.size()) - centres_.back().first_group;
  std::uint32_t pupils = 0, movers = 0, waiting = 0, classrooms = 0;
  for (auto& g : groups_) {
    if (g.sibling != none && g.sibling >= groups_.size())
      g.sibling = none;
    if (g.hosts_pupils_of != none && g.hosts_pupils_of >= groups_.size())
      g.hosts_pupils_of = none;
    g.first_pupil = pupils;
    pupils += g.pupils;
    g.first_mover = movers;
    movers += movers_of(g);
    g.first_waiting = waiting;
    g.first_classroom = classrooms;
    for (int c = 0; c < courses_of(g); ++c) {
      waiting += seats_end(g, c) - takers_end(g, c);
      classrooms += static_cast<std::uint32_t>(courses()[g.course[c]].subjects.size());
    }
  }
  const auto shuffled = [&](std::uint64_t size, std::uint64_t which) {
    return shuffle(size, draw(seed_, purpose::rotation, which));
  };
  movers_ = shuffled(movers, 1);
  waiting_ = shuffled(waiting, 2);
  enrolments_ = shuffled(records_, 3);
  classrooms_ = shuffled(classrooms, 4);
  group_order_ = shuffled(groups_.size(), 5);
  pupils_ = shuffled(pupils, 6);
  teachers_ = shuffled(teachers_made_, 7);
  const std::uint64_t owners[sections] = {records_, movers, waiting, classrooms, groups_.size()};
  for (std::size_t s = 0; s < sections; ++s)
    begins_[s + 1] = begins_[s] + owners[s] * slots_per_owner(static_cast<section>(s));
}

std::uint32_t school_system::slots_of(const group& g) const {
  std::uint32_t slots = 0;
  for (int c = 0; c < courses_of(g); ++c)
    for (std::size_t j = 0; j < courses()[g.course[c]].subjects.size(); ++j)
      slots += slots_of_classroom(g, c, static_cast<int>(j));
  return slots;
}

std::uint32_t school_system::slots_of_classroom(const group& g, int course, int subject) const {
  const bool optional = static_cast<std::size_t>(subject) + 1 == courses()[g.course[course]].subjects.size();
  const auto end = optional ? takers_end(g, course) : seats_end(g, course);
  return end - seats_begin(g, course) + (on_leave(teacher_of(g, subject)) ? 2 : 1);
}

// -- slots ---------------------------------------------------------------------------------------------

std::uint64_t school_system::slots_per_owner(section s) {
  switch (s) {
  case section::moved:
    return moved_slots;
  case section::opened:
    return opened_slots;
  case section::first_sweep:
  case section::added:
  case section::substitute:
    break;
  }
  return 1;
}

bool school_system::place_at(std::uint64_t slot, place& found) const {
  if (slot < records_) {
    const auto g = group_of_slot(slot);
    return place_in_group(g, static_cast<std::uint32_t>(slot - groups_[g].first_slot), found);
  }
  std::size_t s = 1;
  while (s < sections && slot >= begins_[s + 1])
    ++s;
  if (s == sections)
    return false;
  const auto part = static_cast<section>(s);
  const auto rank = (slot - begins_[s]) / slots_per_owner(part);
  const auto index = static_cast<std::uint32_t>((slot - begins_[s]) % slots_per_owner(part));
  const auto last_starting_at_most = [&](std::uint32_t group::*first, std::uint64_t ordinal) {
    const auto past = std::upper_bound(groups_.begin(), groups_.end(), ordinal,
                                       [&](std::uint64_t o, const group& g) { return o < g.*first; });
    return static_cast<std::uint32_t>(past - groups_.begin() - 1);
  };
  found = place{};
  found.part = part;
  switch (part) {
  case section::first_sweep:
    break;
  case section::moved: {
    const auto mover = movers_.at(rank);
    found.seat_group = last_starting_at_most(&group::first_mover, mover);
    found.seat = static_cast<std::uint8_t>(mover - groups_[found.seat_group].first_mover);
    found.group = groups_[found.seat_group].sibling;
    found.subject = static_cast<std::uint8_t>(index);
    return index + 1 < courses()[groups_[found.group].course[0]].subjects.size();
  }
  case section::added: {
    const auto ordinal = waiting_.at(rank);
    found.group = found.seat_group = last_starting_at_most(&group::first_waiting, ordinal);
    const auto& g = groups_[found.group];
    auto offset = static_cast<std::uint32_t>(ordinal - g.first_waiting);
    const auto of_first = seats_end(g, 0) - takers_end(g, 0);
    found.course = offset < of_first ? 0 : 1;
    offset -= found.course == 0 ? 0 : of_first;
    found.seat = static_cast<std::uint8_t>(takers_end(g, found.course) + offset);
    found.subject = static_cast<std::uint8_t>(courses()[g.course[found.course]].subjects.size() - 1);
    return true;
  }
  case section::substitute: {
    const auto ordinal = classrooms_.at(rank);
    found.group = last_starting_at_most(&group::first_classroom, ordinal);
    found.seat_group = found.group;
    const auto& g = groups_[found.group];
    auto offset = static_cast<std::uint32_t>(ordinal - g.first_classroom);
    const auto of_first = static_cast<std::uint32_t>(courses()[g.course[0]].subjects.size());
    found.course = offset < of_first ? 0 : 1;
    found.subject = static_cast<std::uint8_t>(offset - (found.course == 0 ? 0 : of_first));
    found.who = member::substitute;
    return !on_leave(teacher_of(g, found.subject));  // those stand in the first section
  }
  case section::opened: {
    found.group = found.seat_group = static_cast<std::uint32_t>(group_order_.at(rank));
    found.subject = place::opened_index;
    if (index == opened_teacher) {
      found.who = member::teacher;
      return true;
    }
    found.seat = static_cast<std::uint8_t>(index);
    return index < groups_[found.group].split;
  }
  }
  return false;
}

bool school_system::place_in_group(std::uint32_t number, std::uint32_t offset, place& found) const {
  const auto& g = groups_[number];
  for (int c = 0; c < courses_of(g); ++c) {
    const auto subjects = static_cast<int>(courses()[g.course[c]].subjects.size());
    for (int j = 0; j < subjects; ++j) {
      const auto size = slots_of_classroom(g, c, j);
      if (offset >= size) {
        offset -= size;
        continue;
      }
      const auto staff = on_leave(teacher_of(g, j)) ? 2u : 1u;
      found = place{};
      found.group = found.seat_group = number;
      found.course = static_cast<std::uint8_t>(c);
      found.subject = static_cast<std::uint8_t>(j);
      found.who = offset < size - staff    ? member::pupil
                  : offset == size - staff ? member::teacher
                                           : member::substitute;
      if (found.who == member::pupil)
        found.seat = static_cast<std::uint8_t>(seats_begin(g, c) + offset);
      return true;
    }
  }
  return false;
}

std::uint32_t school_system::group_of_slot(std::uint64_t slot) const {
  const auto past = std::upper_bound(groups_.begin(), groups_.end(), slot,
                                     [](std::uint64_t s, const group& g) { return s < g.first_slot; });
  return static_cast<std::uint32_t>(past - groups_.begin() - 1);
}

// -- groups and classrooms -----------------------------------------------------------------------------

std::uint32_t school_system::group_of_pupil(std::uint32_t pupil) const {
  const auto past = std::upper_bound(groups_.begin(), groups_.end(), pupil,
                                     [](std::uint32_t p, const group& g) { return p < g.first_pupil; });
  return static_cast<std::uint32_t>(past - groups_.begin() - 1);
}

std::string school_system::code_of(const group& g) const {
  const auto first = courses()[g.course[0]].short_name;
  std::string code(first);
  if (g.course[1] != no_course) {
    const auto second = courses()[g.course[1]].short_name;
    // "1BAC" and "1BAH" share a group "1BACM"; "1PRI" and "2PRI" the group "1/2PRIA".
    if (second[0] != first[0])
      code = std::string(1, first[0]) + '/' + std::string(second);
  }
  return code + g.line;
}

std::string school_system::name_of(const group& g) const {
  const auto followed = courses()[g.course[0]].name;
  if (g.course[1] != no_course)
    return "Grup mixt " + code_of(g);
  return followed.size() > 16 ? "Grup " + code_of(g) : std::string(followed) + ' ' + g.line;
}

std::uint32_t school_system::takers_end(const group& g, int course) const {
  const auto begin = seats_begin(g, course);
  return begin + (seats_end(g, course) - begin) * 3 / 5;
}

std::uint32_t school_system::classroom_of(const group& g, int course, int subject) const {
  const auto before = course == 0 ? std::size_t{0} : courses()[g.course[0]].subjects.size();
  return g.first_classroom + static_cast<std::uint32_t>(before) + static_cast<std::uint32_t>(subject);
}

const subject& school_system::subject_at(const place& p) const {
  return p.subject == place::opened_index ? opened_subject : course_at(p).subjects[p.subject];
}

std::uint32_t school_system::teacher_of(const group& g, int subject) const {
  const auto& c = centres_[g.centre];
  const auto number = static_cast<std::uint32_t>(&g - groups_.data()) - c.first_group;
  return c.first_teacher + static_cast<std::uint32_t>(subject) * c.blocks + number / groups_per_block;
}

std::uint32_t school_system::substitute_for(const centre& c, std::uint32_t teacher) const {
  return c.first_teacher + teacher_rows * c.blocks + (teacher - c.first_teacher) % c.substitutes;
}

bool school_system::on_leave(std::uint32_t teacher) const {
  return draw(seed_, purpose::leave, teacher) % 16 == 0;
}

// -- people --------------------------------------------------------------------------------------------

std::uint32_t school_system::pupil_at(std::uint32_t g, std::uint32_t seat) const {
  const auto& here = groups_[g];
  if (here.hosts_pupils_of != none && seat % 3 == 0)
    return groups_[here.hosts_pupils_of].first_pupil + seat / 3;
  return here.first_pupil + seat;
}

std::uint32_t school_system::nia_of(std::uint32_t pupil) const {
  return 10'000'000 + static_cast<std::uint32_t>(nia_order.at(pupil));
}

std::uint32_t school_system::nif_number_of(std::uint32_t teacher) const {
  return 10'000'000 + static_cast<std::uint32_t>(nif_order.at(teacher));
}

std::uint32_t school_system::teacher_behind(std::uint32_t pupil) const {
  const auto& g = groups_[group_of_pupil(pupil)];
  if (courses()[g.course[0]].taught_in != flavour::fpa || (pupil - g.first_pupil) % 8 != 3)
    return none;
  const auto lot = draw(seed_, purpose::guests, pupil, 1);
  const auto& c = centres_[lot % centres_.size()];
  return c.first_teacher +
         static_cast<std::uint32_t>((lot >> 32) % 8) * c.blocks;  // every group has 8 subjects
}

human school_system::named(std::uint64_t lot) const {
  human h{};
  const auto& given = given_names()[lot % given_names().size()];
  h.name = given.text;
  h.name_ascii = given.ascii;
  h.surname1 = surnames()[(lot >> 8) % surnames().size()];
  if ((lot >> 16) % 16 != 0)  // some people have one surname
    h.surname2 = surnames()[(lot >> 24) % surnames().size()];
  h.born_month = 1 + static_cast<int>((lot >> 32) % 12);
  h.born_day = 1 + static_cast<int>((lot >> 40) % 28);
  return h;
}

human school_system::pupil(std::uint32_t pupil) const {
  const auto& g = groups_[group_of_pupil(pupil)];
  if (const auto also = teacher_behind(pupil); also != none)
    return teacher(also);
  const auto lot = draw(seed_, purpose::student, pupil);
  human h = named(lot);
  const auto& followed = courses()[g.course[pupil - g.first_pupil < g.split ? 0 : 1]];
  const int older = followed.taught_in == flavour::fpa ? static_cast<int>((lot >> 48) % 20)
                                                       : ((lot >> 48) % 10 == 0 ? 1 : 0);
  h.born_year = year_ - followed.age - older;
  return h;
}

human school_system::teacher(std::uint32_t teacher) const {
  const auto lot = draw(seed_, purpose::teacher, teacher);
  human h = named(lot);
  h.born_year = year_ - 24 - static_cast<int>((lot >> 48) % 40);
  return h;
}

}  // namespace matricula::simulator
