// SPDX-License-Identifier: Apache-2.0
#include "cli/site_comparison.hpp"

#include "messages/hashing.hpp"

#include <algorithm>

namespace matricula {
namespace {

constexpr std::string_view field_names[] = {"key",
                                            "status",
                                            "since",
                                            "person.name",
                                            "person.surname1",
                                            "person.surname2",
                                            "person.email",
                                            "person.born",
                                            "centre.name",
                                            "centre.flavour",
                                            "group.name",
                                            "group.tutor",
                                            "course.name",
                                            "subject.name_val",
                                            "subject.name_cas",
                                            "teachers",
                                            "timetable",
                                            "teachers[].name or email"};

std::uint32_t short_hash(std::string_view text) { return static_cast<std::uint32_t>(key_hash_of(text)); }

/// 0 is what is absent.
std::uint32_t short_hash(const std::optional<std::string_view>& text) {
  return text ? std::max<std::uint32_t>(short_hash(*text), 1) : 0;
}

/// A date as a number: 2026-09-09 is 20260909.
std::uint32_t number_of_date(std::string_view date) {
  std::uint32_t number = 0;
  for (const char c : date)
    if (c >= '0' && c <= '9')
      number = number * 10 + static_cast<std::uint32_t>(c - '0');
  return number;
}

template <class Table>
std::size_t bytes_of(const Table& table) {
  return table.capacity() * (sizeof(typename Table::value_type) + 1);
}

}  // namespace

std::string names_of_fields(std::uint32_t fields) {
  std::string names;
  for (std::size_t i = 0; i < std::size(field_names); ++i)
    if ((fields >> i & 1U) != 0)
      names.append(names.empty() ? "" : ", ").append(field_names[i]);
  return names;
}

template <class Fields, class Table>
void site_comparison::learn(Table& table, std::uint64_t hash, revision_t revision, const Fields& fields,
                            bool wins_ties) {
  const auto [place, is_new] = table.try_emplace(hash);
  auto& known = place->second;
  if (!is_new && (revision < known.revision || (revision == known.revision && !wins_ties)))
    return;
  known.revision = revision;
  known.hashes = fields;
}

/// Field k is the bit first_bit << k. What no message mentions differs in its first field.
template <class Fields, class Table>
std::uint32_t site_comparison::differing(const Table& table, std::uint64_t hash, const Fields& fields,
                                         std::uint32_t first_bit) {
  const auto known = table.find(hash);
  if (known == table.end())
    return first_bit;
  std::uint32_t differ = 0;
  for (std::size_t k = 0; k < fields.size(); ++k)
    if (known->second.hashes[k] != fields[k])
      differ |= first_bit << k;
  return differ;
}

site_comparison::person_fields site_comparison::fields_of_person(const enrolment& record) {
  // A teacher's date of birth is nobody's business here: lists of teachers do not give it, and sites do not
  // keep it.
  const auto born = record.role == "student" && record.person_born ? number_of_date(*record.person_born) : 0;
  return {short_hash(record.person_name), short_hash(record.person_surname1),
          short_hash(record.person_surname2), short_hash(record.person_email), born};
}

site_comparison::person_fields site_comparison::fields_of_teacher(const teacher& one) {
  return {short_hash(one.name), short_hash(one.surname1), short_hash(one.surname2), short_hash(one.email), 0};
}

site_comparison::centre_fields site_comparison::fields_of_centre(const enrolment& record) {
  return {short_hash(record.centre_name), short_hash(record.flavour)};
}

site_comparison::group_fields site_comparison::fields_of_group(const enrolment& record) {
  return {short_hash(record.group_name), short_hash(record.group_tutor)};
}

site_comparison::classroom_fields site_comparison::fields_of_classroom(const enrolment& record) {
  return {short_hash(record.course_name), short_hash(record.subject_name_val),
          short_hash(record.subject_name_cas), hash_of_teachers(record.teachers),
          hash_of_timetable(record.timetable)};
}

/// Parts hold no U+0000, so these ends keep them apart.
void site_comparison::append(std::string_view part) {
  text_.append(part);
  text_ += '\0';
}

void site_comparison::append(const std::optional<std::string_view>& part) {
  text_ += part ? '1' : '0';
  append(part.value_or(""));
}

std::uint32_t site_comparison::hash_of_teachers(const std::vector<teacher>& teachers) {
  in_order_.clear();
  for (const auto& one : teachers)
    in_order_.push_back(&one);
  // Of a teacher listed twice the first by the absent one's id counts, none at all last: as the sites have
  // it.
  std::sort(in_order_.begin(), in_order_.end(), [](const teacher* a, const teacher* b) {
    if (a->id != b->id)
      return a->id < b->id;
    return a->substitutes && (!b->substitutes || *a->substitutes < *b->substitutes);
  });
  text_.clear();
  const teacher* before = nullptr;
  for (const auto* one : in_order_) {
    if (before == nullptr || before->id != one->id) {
      append(one->id);
      append(one->substitutes);
    }
    before = one;
  }
  return short_hash(std::string_view{text_});
}

std::uint32_t site_comparison::hash_of_timetable(const std::vector<lesson>& timetable) {
  text_.clear();
  for (const auto& one : timetable) {
    text_ += static_cast<char>('0' + one.day);
    append(one.from);
    append(one.to);
    append(one.room);
  }
  return short_hash(std::string_view{text_});
}

std::uint64_t site_comparison::group_hash(const enrolment& record) {
  text_.clear();
  append(record.year);
  append(record.centre_code);
  append(record.group_code);
  return key_hash_of(text_);
}

std::uint64_t site_comparison::classroom_hash(const enrolment& record) {
  text_.clear();
  append(record.year);
  append(record.centre_code);
  append(record.course_code);
  append(record.subject_code);
  append(record.group_code);
  return key_hash_of(text_);
}

void site_comparison::expect(std::size_t lane, std::string_view key, revision_t revision,
                             const enrolment& record) {
  const auto [place, is_new] = keys_.try_emplace(key_hash_of(key));
  if (auto& known = place->second; is_new || revision >= known.revision) {
    known.revision = revision;
    known.since = number_of_date(record.since);
    known.lane = static_cast<std::uint16_t>(lane);
    known.enrolled = record.status == "enrolled";
    known.set_aside = false;
  }
  // As the sites have it, a list that gives no more than an id says nothing of who that is.
  for (const auto& one : record.teachers)
    learn(people_, key_hash_of(one.id), one.name.empty() && one.surname1.empty() ? 0 : revision,
          fields_of_teacher(one), false);
  learn(people_, key_hash_of(record.person_id), revision, fields_of_person(record), true);
  learn(centres_, key_hash_of(record.centre_code), revision, fields_of_centre(record), true);
  learn(groups_, group_hash(record), revision, fields_of_group(record), true);
  // Not in one call: both hashes are made in the same buffer.
  const auto classroom = classroom_hash(record);
  learn(classrooms_, classroom, revision, fields_of_classroom(record), true);
}

void site_comparison::set_aside(std::size_t lane, std::string_view key, revision_t revision) {
  const auto [place, is_new] = keys_.try_emplace(key_hash_of(key));
  if (auto& known = place->second; is_new || revision >= known.revision) {
    known.revision = revision;
    known.lane = static_cast<std::uint16_t>(lane);
    known.set_aside = true;
  }
}

site_comparison::row_result site_comparison::compare(std::string_view key, revision_t revision,
                                                     const enrolment& row, bool is_held) {
  const auto place = keys_.find(key_hash_of(key));
  if (place == keys_.end())
    return {row_verdict::extra};
  auto& known = place->second;
  if (known.seen)
    return {row_verdict::extra};
  known.seen = true;
  row_result result{row_verdict::equal, known.lane};
  auto& counts = counts_[known.lane];
  if (revision > known.revision) {
    ++counts.newer;
    result.verdict = row_verdict::newer;
    return result;
  }
  if (known.set_aside) {
    ++counts.quarantined;
    result.verdict = row_verdict::quarantined;
    return result;
  }

  auto& differ = result.fields;
  text_.clear();
  append_key(row, text_);
  if (text_ != key)
    differ |= field_key;
  if (known.enrolled != (row.status == "enrolled"))
    differ |= field_status;
  if (known.since != number_of_date(row.since))
    differ |= field_since;
  differ |= differing(people_, key_hash_of(row.person_id), fields_of_person(row), field_person_name);
  if (row.role != "student")
    differ &= ~std::uint32_t{field_person_born};
  differ |= differing(centres_, key_hash_of(row.centre_code), fields_of_centre(row), field_centre_name);
  differ |= differing(groups_, group_hash(row), fields_of_group(row), field_group_name);
  const auto classroom = classroom_hash(row);
  differ |= differing(classrooms_, classroom, fields_of_classroom(row), field_course_name);
  for (const auto& one : row.teachers)
    if ((differing(people_, key_hash_of(one.id), fields_of_teacher(one), field_person_name) &
         ~std::uint32_t{field_person_born}) != 0)
      differ |= field_teachers_name;

  const bool stays = is_held && !known.enrolled && (differ & field_status) != 0;
  if (stays)
    differ &= ~std::uint32_t{field_status};
  if (differ != 0) {
    ++counts.different;
    result.verdict = row_verdict::different;
  } else if (stays) {
    ++counts.held;
    result.verdict = row_verdict::held;
  } else {
    ++counts.equal;
  }
  return result;
}

void site_comparison::count_missing() {
  for (const auto& [hash, known] : keys_)
    if (!known.seen)
      ++(known.set_aside ? counts_[known.lane].quarantined : counts_[known.lane].missing);
}

bool site_comparison::is_missing(std::string_view key) const {
  const auto place = keys_.find(key_hash_of(key));
  return place != keys_.end() && !place->second.seen && !place->second.set_aside;
}

std::size_t site_comparison::memory_bytes() const {
  return bytes_of(keys_) + bytes_of(people_) + bytes_of(centres_) + bytes_of(groups_) + bytes_of(classrooms_);
}

}  // namespace matricula
