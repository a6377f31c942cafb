// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/enrolment.hpp"
#include "messages/page.hpp"

#include <absl/container/flat_hash_map.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace matricula {

/// What is compared, a bit each.
enum compared_field : std::uint32_t {
  field_key = 1U << 0U,  ///< a site's row whose columns make another key than the one it bears
  field_status = 1U << 1U,
  field_since = 1U << 2U,
  field_person_name = 1U << 3U,
  field_person_surname1 = 1U << 4U,
  field_person_surname2 = 1U << 5U,
  field_person_email = 1U << 6U,
  field_person_born = 1U << 7U,
  field_centre_name = 1U << 8U,
  field_centre_flavour = 1U << 9U,
  field_group_name = 1U << 10U,
  field_group_tutor = 1U << 11U,
  field_course_name = 1U << 12U,
  field_subject_name_val = 1U << 13U,
  field_subject_name_cas = 1U << 14U,
  field_teachers = 1U << 15U,  ///< who teaches, and for whom
  field_timetable = 1U << 16U,
  field_teachers_name = 1U << 17U,  ///< what one of them is called, or written to
};

/// The names of these fields as a record spells them: "status, person.email".
std::string names_of_fields(std::uint32_t fields);

/// What a site's row turned out to be.
enum class row_verdict : std::uint8_t {
  equal,
  different,
  extra,        ///< no message has this key, or a row before has had it
  quarantined,  ///< the key's newest message could not be used; what the site holds is older
  held,         ///< its newest message withdraws somebody whom the site holds back; nothing else differs
  newer,        ///< newer than every message of its key: written since the topics were read, and not judged
};

/// A lane's keys, counted.
struct comparison_counts {
  std::uint64_t equal = 0, different = 0, missing = 0, extra = 0, quarantined = 0, held = 0, newer = 0;
};

/// Compares what topics say with what a site holds. Knows neither Kafka nor PostgreSQL.
///
///     (expect | set_aside)* ─▶ compare* ─▶ count_missing ─▶ counts, is_missing
///
/// What several records share is as the newest of them says, whatever key it has: a person by id, a centre by
/// code, a group by year, centre and code, a classroom by year, centre, course, subject and group. A person
/// is mentioned by his own records and, but for the date of birth, by the lists of teachers. Texts are kept
/// as hashes of 32 bits: of 4·10⁹ differences one goes unseen. Absent and null are the same; a list of
/// teachers has no order, a timetable has.
class site_comparison {
 public:
  /// `lanes` is the number of topics that the site reads.
  explicit site_comparison(std::size_t lanes)
      : counts_(lanes) {}

  /// A message of the lane's topic. Any order; every message, the superseded too: a teacher may be mentioned
  /// by no other.
  void expect(std::size_t lane, std::string_view key, revision_t revision, const enrolment& record);

  /// A message that the site cannot have used.
  void set_aside(std::size_t lane, std::string_view key, revision_t revision);

  struct row_result {
    row_verdict verdict = row_verdict::equal;
    std::size_t lane = 0;      ///< not of an extra row
    std::uint32_t fields = 0;  ///< those that differ
  };

  /// A row of the site. Counted, but for extra ones: which lane they belong to is for the caller to say. `is_held`: the
  /// site says that it holds back this row's withdrawal, so that being enrolled still makes no difference.
  row_result compare(std::string_view key, revision_t revision, const enrolment& row, bool is_held = false);

  /// All rows have been compared.
  void count_missing();

  /// Whether the site has no row of this key. Precondition: count_missing has been called.
  bool is_missing(std::string_view key) const;

  /// Per lane.
  std::vector<comparison_counts>& counts() { return counts_; }

  std::size_t keys() const { return keys_.size(); }

  /// What the tables occupy.
  std::size_t memory_bytes() const;

 private:
  struct expected_key {
    revision_t revision = 0;
    std::uint32_t since = 0;  ///< 20260909
    std::uint16_t lane = 0;
    bool enrolled = false;
    bool set_aside : 1 = false;
    bool seen : 1 = false;
  };
  template <std::size_t fields>
  struct shared {
    revision_t revision = 0;
    std::array<std::uint32_t, fields> hashes{};
  };
  using person_fields = std::array<std::uint32_t, 5>;
  using centre_fields = std::array<std::uint32_t, 2>;
  using group_fields = std::array<std::uint32_t, 2>;
  using classroom_fields = std::array<std::uint32_t, 5>;
  template <std::size_t fields>
  using shared_table = absl::flat_hash_map<std::uint64_t, shared<fields>>;

  // With its hash of 8 bytes, a byte of the table and tables at worst 7/16 full, a key costs 57 B at rest; so
  // that a key, a person and a classroom of its own stay below 200 B, the sizes of what is kept are held
  // here.
  static_assert(sizeof(expected_key) == 16);
  static_assert(sizeof(shared<5>) <= 32);

  template <class Fields, class Table>
  static void learn(Table& table, std::uint64_t hash, revision_t revision, const Fields& fields,
                    bool wins_ties);
  template <class Fields, class Table>
  static std::uint32_t differing(const Table& table, std::uint64_t hash, const Fields& fields,
                                 std::uint32_t first_bit);

  static person_fields fields_of_person(const enrolment& record);
  static person_fields fields_of_teacher(const teacher& one);
  static centre_fields fields_of_centre(const enrolment& record);
  static group_fields fields_of_group(const enrolment& record);
  classroom_fields fields_of_classroom(const enrolment& record);
  std::uint32_t hash_of_teachers(const std::vector<teacher>& teachers);
  std::uint32_t hash_of_timetable(const std::vector<lesson>& timetable);
  std::uint64_t group_hash(const enrolment& record);
  std::uint64_t classroom_hash(const enrolment& record);
  void append(std::string_view part);
  void append(const std::optional<std::string_view>& part);

  absl::flat_hash_map<std::uint64_t, expected_key> keys_;
  shared_table<5> people_;
  shared_table<2> centres_;
  shared_table<2> groups_;
  shared_table<5> classrooms_;
  std::vector<comparison_counts> counts_;
  std::string text_;                      ///< of the hash being made
  std::vector<const teacher*> in_order_;  ///< of their ids
};

}  // namespace matricula
