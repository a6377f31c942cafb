// SPDX-License-Identifier: Apache-2.0
// Any text through COPY into a real PostgreSQL: it comes back equal, or is refused by name.
#include "actors/apply/copy_encoder.hpp"
#include "actors/apply/postgres_bookkeeping.hpp"
#include "actors/apply/postgres_connection.hpp"
#include "actors/apply/postgres_session.hpp"
#include "actors/apply/postgres_text.hpp"

#include "tests/integration/postgres_fixture.hpp"

#include <array>
#include <map>
#include <optional>
#include <random>

namespace matricula {
namespace {

constexpr std::uint32_t seed = 20260909;
constexpr int rows = 400;

void append_character(char32_t c, std::string& out) {
  const auto tail = [&](unsigned shift) { out += static_cast<char>(0x80U | ((c >> shift) & 0x3FU)); };
  if (c < 0x80) {
    out += static_cast<char>(c);
  } else if (c < 0x800) {
    out += static_cast<char>(0xC0U | (c >> 6U));
    tail(0);
  } else if (c < 0x10000) {
    out += static_cast<char>(0xE0U | (c >> 12U));
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | (c >> 18U));
    tail(12);
    tail(6);
    tail(0);
  }
}

/// Texts that are hard on a text format, from a seed.
class text_source {
 public:
  explicit text_source(std::uint32_t from)
      : random_(from) {}

  std::uint64_t number() { return below(3) == 0 ? ~std::uint64_t{0} >> below(64) : random_(); }

  /// Text that PostgreSQL takes.
  std::string storable() {
    constexpr std::array<std::string_view, 12> awkward = {
        "\\N", "\\.", "\\", "\n", "\r\n", "\t", "\\x41", "\\101", "\\b", "99999999999999999999999",
        "''",  "\"{}"};
    std::string text;
    for (auto pieces = below(12); pieces > 0; --pieces)
      switch (below(4)) {
      case 0:
        text += awkward[below(awkward.size())];
        break;
      case 1:
        append_character(static_cast<char32_t>(1 + below(0x7F)), text);
        break;
      case 2:
        append_character(static_cast<char32_t>(0x80 + below(0xD800 - 0x80)), text);
        break;
      default:
        append_character(static_cast<char32_t>(0xE000 + below(0x110000 - 0xE000)), text);
      }
    return text;
  }

  /// Text that PostgreSQL refuses: somewhere in it stands what is not UTF-8, or U+0000.
  std::string unstorable() {
    static const std::array<std::string, 7> broken = {
        std::string(1, '\0'), "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x82", "\xFF", "\x80"};
    return storable() + broken[below(broken.size())] + 'x' + storable();
  }

  std::size_t below(std::size_t end) { return static_cast<std::size_t>(random_() % end); }

 private:
  std::mt19937_64 random_;
};

using column = std::optional<std::string>;

/// A row of the staging table, all of whose texts are its own.
struct given_row {
  std::map<std::string, column> texts;
  std::array<std::uint64_t, 3> numbers{};  // key_hash, content_hash, revision

  void append_to(copy_encoder& encoder, std::int32_t ordinal) const {
    const auto text = [&](const char* name) { return std::string_view{*texts.at(name)}; };
    const auto optional = [&](const char* name) {
      const auto& held = texts.at(name);
      return held ? std::optional<std::string_view>{*held} : std::nullopt;
    };
    enrolment r;
    r.year = text("year");
    r.status = text("status");
    r.since = "2026-09-09";
    r.role = text("role");
    r.centre_code = text("centre_code");
    r.centre_name = text("centre_name");
    r.flavour = text("flavour");
    r.course_code = text("course_code");
    r.course_name = text("course_name");
    r.subject_code = text("subject_code");
    r.subject_name_val = text("subject_name_val");
    r.subject_name_cas = text("subject_name_cas");
    r.group_code = text("group_code");
    r.group_name = text("group_name");
    r.group_tutor = optional("group_tutor");
    r.person_id = text("person_id");
    r.person_name = text("person_name");
    r.person_surname1 = text("person_surname1");
    r.person_surname2 = optional("person_surname2");
    r.person_email = optional("person_email");
    r.teachers_json = text("teachers");
    r.timetable_json = text("timetable");
    encoder.append({.ordinal = ordinal,
                    .key = text("key"),
                    .classroom = text("classroom"),
                    .key_hash = numbers[0],
                    .content_hash = numbers[1],
                    .revision = numbers[2],
                    .record = r});
  }
};

given_row row_of(text_source& random) {
  given_row row;
  for (const auto* name :
       {"key", "classroom", "year", "status", "role", "centre_code", "centre_name", "flavour", "course_code",
        "course_name", "subject_code", "subject_name_val", "subject_name_cas", "group_code", "group_name",
        "person_id", "person_name", "person_surname1"})
    row.texts[name] = random.storable();
  for (const auto* name : {"group_tutor", "person_surname2", "person_email"})
    row.texts[name] = random.below(3) == 0 ? column{} : random.storable();
  for (const auto* name : {"teachers", "timetable"})
    row.texts[name] = "[" + random.storable() + "]";
  for (auto& number : row.numbers)
    number = random.number();
  return row;
}

class copy_round_trip : public testing::Test {
 protected:
  copy_round_trip() { pqxx::nontransaction{connection_}.exec(std::string{staging_tables_sql()}); }

  /// Nothing, or why PostgreSQL refuses the rows; they are seen by `look` before they are rolled back.
  template <class Look>
  std::optional<failure> copied(const copy_encoder& encoder, Look look) {
    try {
      pqxx::work work{connection_};
      const auto sql = "copy pg_temp.batch (" + std::string{copy_encoder::columns} + ") from stdin";
      postgres_connection::copy_in copy{connection_, sql.c_str()};
      copy.send(encoder.rows());
      copy.finish();
      look(work.exec("select * from pg_temp.batch order by ordinal"));
      return std::nullopt;
    } catch (...) {
      return postgres_failure(&connection_, "COPY");
    }
  }

  site_database database_;
  postgres_connection connection_{*postgres_address::read(database_.url(), "copy_round_trip")};
};

TEST_F(copy_round_trip, gives_back_every_column) {
  text_source random{seed};
  std::vector<given_row> given;
  copy_encoder encoder;
  for (int i = 0; i < rows; ++i) {
    given.push_back(row_of(random));
    given.back().append_to(encoder, i);
  }
  const auto refused = copied(encoder, [&](const pqxx::result& found) {
    ASSERT_EQ(found.size(), given.size());
    for (std::size_t i = 0; i < given.size(); ++i) {
      const auto row = found[static_cast<pqxx::result::size_type>(i)];
      for (const auto& [name, text] : given[i].texts)
        ASSERT_EQ(row[name].is_null() ? column{} : column{row[name].as<std::string>()}, text)
            << name << " of row " << i << ", seed " << seed;
      const char* const numbers[] = {"key_hash", "content_hash", "revision"};
      for (std::size_t n = 0; n < 3; ++n)
        ASSERT_EQ(row[numbers[n]].as<std::int64_t>(), static_cast<std::int64_t>(given[i].numbers[n]));
    }
  });
  EXPECT_FALSE(refused) << refused->text;
}

TEST_F(copy_round_trip, is_refused_where_a_text_is_not_storable) {
  text_source random{seed};
  for (int i = 0; i < rows; ++i) {
    auto row = row_of(random);
    const auto text = random.unstorable();
    ASSERT_FALSE(is_storable(text));
    row.texts[random.below(2) == 0 ? "person_name" : "timetable"] = text;
    copy_encoder encoder;
    row.append_to(encoder, i);
    const auto refused = copied(encoder, [](const pqxx::result&) {});
    ASSERT_TRUE(refused) << "row " << i << ", seed " << seed;
    ASSERT_EQ(name_of(refused->code), name_of(error_code::row_refused)) << refused->text;
  }
}

TEST_F(copy_round_trip, holds_from_a_message_to_the_site) {
  text_source random{seed};
  given_batch batch;
  std::map<std::string, std::string> names;          // by person, of those to be stored
  std::map<std::size_t, std::string_view> refusals;  // by index, their codes
  for (int i = 0; i < rows; ++i) {
    const bool storable = random.below(4) != 0;
    const auto name = (storable ? random.storable() : random.unstorable()) + "x";
    const auto person = std::to_string(10'000'000 + i);
    if (storable)
      names[person] = name;
    else
      refusals[batch.batch.records.size()] =
          name_of(name.find('\0') == name.npos ? error_code::record_not_utf8 : error_code::field_value);
    batch.add({.person = person, .name = name}, static_cast<revision_t>(i + 1));
  }
  postgres_session session{site_in(database_)};
  const auto position = session.open({"ESO-46", 0});
  ASSERT_TRUE(position) << position.error().text;
  const auto applied = session.apply(batch.batch, batch.all(), {}, 0, batch.batch.next_offset);
  ASSERT_TRUE(applied) << applied.error().text;

  std::map<std::size_t, std::string_view> refused;
  for (const auto& one : applied->refused)
    refused[one.index] = name_of(one.reason.code);
  EXPECT_EQ(refused, refusals);
  std::map<std::string, std::string> found;
  for (const auto row : database_.query("select code, name from classrooms.person where name <> 'Joan'"))
    found[row[0].as<std::string>()] = row[1].as<std::string>();
  EXPECT_EQ(found, names);
}

TEST_F(copy_round_trip, gives_back_the_numbers_of_a_list_digit_by_digit) {
  const auto zeros = [](std::size_t count) { return std::string(count, '0'); };
  const std::vector<std::pair<std::string, std::string>> numbers = {
      // as the source writes them, and in full
      {"123456789012345678901234567890", "123456789012345678901234567890"},
      {"-9007199254740993", "-9007199254740993"},  // no double
      {"18446744073709551616", "18446744073709551616"},
      {"0.1234567890123456789012345678901", "0.1234567890123456789012345678901"},
      {"1E+2", "100"},
      {"1e400", "1" + zeros(400)},
      {"-0.1e-300", "-0." + zeros(300) + "1"},
      {"1e131071", "1" + zeros(131'071)},  // the largest and the smallest power of ten that jsonb takes
      {"1e-16383", "0." + zeros(16'382) + "1"}};
  given_batch batch;
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    given_record record;
    record.subject = "S" + std::to_string(i);
    record.room = R"(A12","unknown":)" + numbers[i].first + R"(,"of":")";
    batch.add(record, i + 1);
  }
  postgres_session session{site_in(database_)};
  const auto position = session.open({"ESO-46", 0});
  ASSERT_TRUE(position) << position.error().text;
  const auto applied = session.apply(batch.batch, batch.all(), {}, 0, batch.batch.next_offset);
  ASSERT_TRUE(applied) << applied.error().text;
  EXPECT_TRUE(applied->refused.empty());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto found = database_.value("select timetable->0->>'unknown' from classrooms.classroom "
                                       "where subject_code = 'S" +
                                       std::to_string(i) + "'");
    EXPECT_TRUE(found == numbers[i].second)
        << numbers[i].first << " is " << found.substr(0, 40) << "... of " << found.size() << " characters";
  }
}

// What a page's reader passes over unread, such as a field that no schema names, jsonb reads.
TEST_F(copy_round_trip, is_refused_where_jsonb_does_not_take_a_list) {
  postgres_session session{site_in(database_)};
  const auto position = session.open({"ESO-46", 0});
  ASSERT_TRUE(position) << position.error().text;
  for (const std::string value :
       {"1e999999", "-1e131072", "1e-16384", "tru", "[1}", R"("\ud800")", R"("\u0000")"}) {
    given_record record;
    record.room = R"(A12","unknown":)" + value + R"(,"of":")";
    given_batch batch;
    batch.add(record, 1);
    const auto applied = session.apply(batch.batch, batch.all(), {}, 0, batch.batch.next_offset);
    ASSERT_FALSE(applied) << value;
    EXPECT_EQ(name_of(applied.error().code), name_of(error_code::row_refused)) << applied.error().text;
  }
}

}  // namespace
}  // namespace matricula
