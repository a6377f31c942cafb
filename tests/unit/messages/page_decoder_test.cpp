// SPDX-License-Identifier: Apache-2.0
#include "messages/page_decoder.hpp"

#include "messages/control_json.hpp"
#include "messages/enrolment.hpp"
#include "messages/hashing.hpp"
#include "messages/record_checker.hpp"
#include "messages/utf8.hpp"
#include "tests/unit/messages/given_record.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace matricula {
namespace {

using test::given_page;
using test::given_record;
using testing::HasSubstr;

/// However much the decoder reads of a record, once each is checked the page is the same.
struct page_decoder_test : testing::TestWithParam<reading> {
  page_decoder decoder{
      [](std::string_view flavour, std::string_view province) -> std::optional<std::uint16_t> {
        if (flavour == "ESO" && province == "46")
          return std::uint16_t{3};
        return std::nullopt;
      },
      100'000, GetParam()};

  result<page_ptr> decode(std::string bytes, bool salvage = false) {
    page into;
    into.source = "itaca";
    into.number = 5;
    auto page = decoder.decode(std::move(bytes), std::move(into), salvage);
    return page ? result<page_ptr>{checked(**page)} : page;
  }

  /// The page without the records that cannot be used, which are set aside.
  static page_ptr checked(page decoded) {
    record_checker checker;
    const auto unusable = [&](const record_view& record) {
      auto rejected = checker.check(decoded, record);
      if (rejected)
        decoded.rejected.push_back(*rejected);
      return rejected.has_value();
    };
    auto& records = decoded.records;
    records.erase(std::remove_if(records.begin(), records.end(), unusable), records.end());
    std::sort(decoded.rejected.begin(), decoded.rejected.end(),
              [](const auto& one, const auto& other) { return one.position < other.position; });
    return std::make_shared<page>(std::move(decoded));
  }

  page_ptr decoded(std::string bytes) {
    auto page = decode(std::move(bytes));
    if (!page)
      ADD_FAILURE() << page.error().text;
    return page ? *page : std::make_shared<matricula::page>();
  }

  failure failed(std::string bytes) {
    const auto page = decode(std::move(bytes));
    return page ? failure{} : page.error();
  }

  static std::string record_of(const std::string& person) {
    given_record record;
    record.person_id = person;
    return record.json();
  }
};

TEST_P(page_decoder_test, views_each_record_where_it_stands) {
  const auto first = record_of("10000001");
  const auto second = record_of("10000002");
  const auto page = decoded(given_page({first, second}));
  ASSERT_EQ(page->records.size(), 2U);
  EXPECT_EQ(page->json(page->records[0]), first);
  EXPECT_EQ(page->json(page->records[1]), second);
  EXPECT_EQ(page->key(page->records[1]), "2026/46012345/1234567890/MAT/1ESOA/10000002/student");
  EXPECT_EQ(page->centre(page->records[1]), "46012345");
  EXPECT_EQ(page->records[1].lane, 3);
  EXPECT_EQ(page->records[1].position, 1U);
  EXPECT_EQ(page->revision(page->records[1]), 5U * page_positions_max + 1);
  EXPECT_EQ(page->records[0].key_hash, key_hash_of(page->key(page->records[0])));
  EXPECT_EQ(page->records[0].content_hash, content_hash_of(first));
}

TEST_P(page_decoder_test, reads_the_envelope_wherever_it_stands) {
  const auto page = decoded(given_page({record_of("10000001")}));
  EXPECT_EQ(page->envelope.cursor, "C1");
  EXPECT_EQ(page->envelope.next, "C2");
  EXPECT_EQ(page->envelope.sweep, 17U);
  const auto last = decoded(R"({"records": [], "page": {"sweep": 4, "count": 0, "next": null}})");
  EXPECT_EQ(last->envelope.next, std::nullopt);
  EXPECT_EQ(last->envelope.sweep, 4U);
}

TEST_P(page_decoder_test, reads_the_envelope_that_is_read_ahead) {
  const std::string null_last =
      R"({"page": {"cursor": "C1", "cursor": null, "next": "C2", "next": null, "count": 0}, "records": []})";
  const auto page = decoded(null_last);
  const auto ahead = peek_envelope(null_last);
  ASSERT_TRUE(ahead);
  EXPECT_EQ(page->envelope.next, std::nullopt);
  EXPECT_EQ(page->envelope.next, ahead->next);
  EXPECT_EQ(page->envelope.cursor, "");
  EXPECT_EQ(page->envelope.cursor, ahead->cursor);
}

TEST_P(page_decoder_test, does_not_choose_between_two_envelopes_or_lists) {
  const auto two_pages =
      failed(R"({"page": {"next": "C2", "count": 0}, "page": {"count": 0}, "records": []})");
  EXPECT_EQ(two_pages.code, error_code::page_invalid);
  EXPECT_THAT(two_pages.text, HasSubstr("\"page\" stands twice"));
  const auto two_lists = failed(R"({"page": {"count": 2}, "records": [1], "records": [2]})");
  EXPECT_EQ(two_lists.code, error_code::page_invalid);
  EXPECT_THAT(two_lists.text, HasSubstr("\"records\" stands twice"));
}

TEST_P(page_decoder_test, sets_a_bad_record_aside_and_goes_on) {
  given_record without_centre;
  without_centre.centre = R"({"name":"IES","flavour":"ESO"})";
  given_record elsewhere;
  elsewhere.centre = R"({"code":"46012345","name":"IES","flavour":"XYZ"})";
  const auto page = decoded(given_page({without_centre.json(), record_of("10000001"), "17", "[1,[2]]",
                                        "\"text\"", elsewhere.json(), "null", record_of("10000002")}));
  ASSERT_EQ(page->records.size(), 2U);
  EXPECT_EQ(page->records[0].position, 1U);
  EXPECT_EQ(page->records[1].position, 7U);
  ASSERT_EQ(page->rejected.size(), 6U);
  EXPECT_EQ(page->rejected[0].reason.code, error_code::field_missing);
  EXPECT_EQ(page->json(page->rejected[0]), without_centre.json());
  EXPECT_EQ(page->rejected[1].reason.code, error_code::record_not_object);
  EXPECT_EQ(page->json(page->rejected[1]), "17");
  EXPECT_EQ(page->json(page->rejected[2]), "[1,[2]]");
  EXPECT_EQ(page->rejected[4].reason.code, error_code::lane_unknown);
  EXPECT_EQ(page->rejected[4].key, "2026/46012345/1234567890/MAT/1ESOA/10123456/student");
  EXPECT_EQ(page->rejected[4].position, 5U);
  EXPECT_EQ(page->rejected[5].reason.code, error_code::record_not_object);
}

TEST_P(page_decoder_test, a_bad_record_after_a_good_one_keeps_no_part_of_its_key) {
  const auto page = decoded(given_page({record_of("10000001"), "{}"}));
  ASSERT_EQ(page->rejected.size(), 1U);
  EXPECT_EQ(page->rejected[0].key, "");
}

TEST_P(page_decoder_test, rejects_a_record_that_is_too_large_by_its_key) {
  given_record large;
  large.more = R"(,"note":")" + std::string(120'000, 'x') + R"(")";
  const auto page = decoded(given_page({large.json(), record_of("10000001")}));
  ASSERT_EQ(page->rejected.size(), 1U);
  EXPECT_EQ(page->rejected[0].reason.code, error_code::record_too_large);
  EXPECT_EQ(page->rejected[0].key, "2026/46012345/1234567890/MAT/1ESOA/10123456/student");
  EXPECT_EQ(page->records.size(), 1U);
}

TEST_P(page_decoder_test, rejects_a_record_whose_key_would_be_too_long_by_the_field) {
  const std::string longest(key_part_bytes_max, 'x'), too_long = longest + 'x';
  given_record fits, course, subject, group, person;
  fits.person_id = longest;
  course.course = R"({"code":")" + too_long + R"(","name":"1r ESO"})";
  subject.subject = R"({"code":")" + too_long + R"(","name_val":"M","name_cas":"M"})";
  group.group = R"({"code":")" + too_long + R"(","name":"1r ESO A"})";
  person.person_id = too_long;
  const auto page =
      decoded(given_page({fits.json(), course.json(), subject.json(), group.json(), person.json()}));
  EXPECT_EQ(page->records.size(), 1U);
  ASSERT_EQ(page->rejected.size(), 4U);
  const char* const fields[] = {"course.code", "subject.code", "group.code", "person.id"};
  for (std::size_t i = 0; i < std::size(fields); ++i) {
    EXPECT_EQ(page->rejected[i].reason.code, error_code::field_value);
    EXPECT_EQ(page->rejected[i].reason.text, fields[i] + std::string{": 256 bytes, more than 255"});
  }
}

TEST_P(page_decoder_test, of_two_records_with_one_key_the_later_wins) {
  given_record later;
  later.person_id = "10000001";
  later.email = R"("later@example.invalid")";
  const auto page = decoded(given_page({record_of("10000001"), record_of("10000002"), later.json()}));
  ASSERT_EQ(page->records.size(), 2U);
  EXPECT_EQ(page->repeated, 1U);
  EXPECT_EQ(page->records[0].position, 1U);
  EXPECT_EQ(page->json(page->records[1]), later.json());
}

TEST_P(page_decoder_test, of_two_records_with_one_key_none_is_lost_that_can_be_used) {
  given_record broken;
  broken.person_id = "10000001";
  broken.since = R"("yesterday")";
  const auto good = record_of("10000001");
  for (const auto& records : {std::vector{good, broken.json()}, std::vector{broken.json(), good}}) {
    const auto page = decoded(given_page(records));
    ASSERT_EQ(page->records.size(), 1U);
    EXPECT_EQ(page->json(page->records[0]), good);
    ASSERT_EQ(page->rejected.size(), 1U);
    EXPECT_EQ(page->rejected[0].reason.code, error_code::field_value);
    EXPECT_EQ(page->repeated, 0U);
  }
}

TEST_P(page_decoder_test, does_not_choose_between_two_values_of_a_field) {
  given_record twice;
  for (const char* field : {R"(,"year":"2027")", R"(,"centre":{"code":"46099999"})", R"(,"teachers":[])"}) {
    twice.more = field;
    const auto page = decoded(given_page({twice.json(), record_of("10000001")}));
    ASSERT_EQ(page->rejected.size(), 1U) << field;
    EXPECT_EQ(page->rejected[0].reason.code, error_code::field_value);
    EXPECT_THAT(page->rejected[0].reason.text, HasSubstr("stands twice"));
    EXPECT_EQ(page->records.size(), 1U);
  }
}

TEST_P(page_decoder_test, takes_fields_in_any_order_and_any_space_between_records) {
  const auto usual = record_of("10000001");
  const auto at = usual.find(R"("year":"2026",)");
  ASSERT_NE(at, usual.npos);
  auto other = usual;
  other.erase(at, std::string_view{R"("year":"2026",)"}.size());
  other.insert(other.size() - 1, R"(,"year":"2026")");
  const std::string spaced = "{\"page\":{\"count\":3},\"records\": [ " + record_of("10000002") + " \n , \t" +
                             other + "\r\n,\n" + record_of("10000003") + " \n] }";
  const auto page = decoded(spaced);
  ASSERT_EQ(page->records.size(), 3U);
  EXPECT_EQ(page->json(page->records[0]), record_of("10000002"));
  EXPECT_EQ(page->json(page->records[1]), other);
  EXPECT_EQ(page->key(page->records[1]).substr(0, 14), "2026/46012345/");
  EXPECT_EQ(page->json(page->records[2]), record_of("10000003"));
}

TEST_P(page_decoder_test, never_believes_a_part_of_a_page) {
  const auto whole = given_page({record_of("10000001"), record_of("10000002")});
  for (std::size_t length = 0; length < whole.size(); ++length)
    ASSERT_EQ(failed(whole.substr(0, length)).code, error_code::page_invalid) << "cut after byte " << length;
  EXPECT_EQ(failed(whole).code, error_code::none);
}

TEST_P(page_decoder_test, does_not_believe_a_wrong_count) {
  auto page = given_page({record_of("10000001")});
  page.replace(page.find("\"count\": 1"), 10, "\"count\": 2");
  const auto why = failed(page);
  EXPECT_EQ(why.code, error_code::page_miscounted);
  EXPECT_EQ(why.text, "page says count 2 and holds 1 records");
}

TEST_P(page_decoder_test, says_at_which_byte_a_page_is_not_utf8) {
  auto page = given_page({record_of("10000001"), record_of("10000002")});
  const auto at = page.find("Matem");
  page[at + 5] = '\xe0';
  page.erase(at + 6, 1);
  const auto why = failed(page);
  EXPECT_EQ(why.code, error_code::page_invalid);
  EXPECT_THAT(why.text, HasSubstr("at byte " + std::to_string(at + 5) + " of"));
}

TEST_P(page_decoder_test, salvages_the_records_beside_those_that_are_not_utf8) {
  given_record latin1;
  latin1.person_id = "10000002";
  latin1.subject = "{\"code\":\"MAT\",\"name_val\":\"Matem\xe0tiques\",\"name_cas\":\"x\"}";
  const auto page = decode(given_page({record_of("10000001"), latin1.json(), record_of("10000003")}), true);
  ASSERT_TRUE(page) << page.error().text;
  EXPECT_EQ((*page)->records.size(), 2U);
  ASSERT_EQ((*page)->rejected.size(), 1U);
  EXPECT_EQ((*page)->rejected[0].reason.code, error_code::record_not_utf8);
  EXPECT_EQ((*page)->json((*page)->rejected[0]), latin1.json());
  EXPECT_EQ((*page)->rejected[0].key, "2026/46012345/1234567890/MAT/1ESOA/10000002/student");
}

TEST_P(page_decoder_test, salvages_nothing_when_the_envelope_is_damaged) {
  auto bytes = given_page({record_of("10000001")});
  bytes[bytes.find("C1")] = '\xe0';
  EXPECT_EQ(decode(std::move(bytes), true).error().code, error_code::page_invalid);
}

/// An input of the fuzzer's that has broken a rule before.
std::string found_by_fuzzing(const std::string& name) {
  const auto file =
      std::filesystem::path{MATRICULA_SOURCE_DIRECTORY "/tests/fuzz/corpus/page_decoder"} / name;
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

TEST_P(page_decoder_test, takes_no_part_of_a_broken_record_for_a_record) {
  auto bytes = found_by_fuzzing("broken_inside.json");
  ASSERT_FALSE(bytes.empty());
  const auto page = decode(std::move(bytes), true);
  ASSERT_FALSE(page);
  EXPECT_EQ(page.error().code, error_code::page_invalid);
}

TEST_P(page_decoder_test, who_reads_keys_is_not_held_up_by_a_record_that_is_broken_behind_its_key) {
  auto bytes = found_by_fuzzing("missing_colon.json");
  ASSERT_FALSE(bytes.empty());
  const auto page = decode(std::move(bytes));
  if (GetParam() == reading::whole) {
    ASSERT_FALSE(page);  // simdjson loses its way in it
    return;
  }
  ASSERT_TRUE(page) << page.error().text;
  EXPECT_TRUE((*page)->records.empty());
  ASSERT_EQ((*page)->rejected.size(), 1U);
  EXPECT_EQ((*page)->rejected[0].key.substr(0, 14), "2026/46012345/");
}

TEST(utf8, finds_the_bytes_that_belong_to_no_character) {
  using testing::ElementsAre;
  using testing::IsEmpty;
  EXPECT_THAT(bytes_outside_utf8("l\u00b7l, \u20ac, \U0001F600, \u00e7"), IsEmpty());
  EXPECT_THAT(bytes_outside_utf8("a\xe7z"), ElementsAre(1));
  EXPECT_THAT(bytes_outside_utf8("\xc0\xaf"), ElementsAre(0, 1));         // overlong
  EXPECT_THAT(bytes_outside_utf8("\xed\xa0\x80"), ElementsAre(0, 1, 2));  // a surrogate
  EXPECT_THAT(bytes_outside_utf8("\xf4\x90\x80\x80"), ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(bytes_outside_utf8("\xe2\x82"), ElementsAre(0, 1));  // cut
}

TEST_P(page_decoder_test, says_at_which_byte_a_page_is_broken) {
  const auto why = failed(given_page({record_of("10000001"), R"({"year" "2026"})"}));
  EXPECT_EQ(why.code, error_code::page_invalid);
  EXPECT_THAT(why.text, HasSubstr("at byte "));
}

TEST_P(page_decoder_test, refuses_what_is_no_page) {
  EXPECT_EQ(failed("").code, error_code::page_invalid);
  EXPECT_EQ(failed("[]").code, error_code::page_invalid);
  EXPECT_EQ(failed("{}").code, error_code::page_invalid);
  EXPECT_EQ(failed(R"({"page": {"count": 0}})").code, error_code::page_invalid);
  EXPECT_EQ(failed(R"({"page": {"count": "0"}, "records": []})").code, error_code::page_invalid);
  EXPECT_EQ(failed(R"({"page": {"count": 0}, "records": []} x)").code, error_code::page_invalid);
}

TEST_P(page_decoder_test, forgets_the_page_before) {
  EXPECT_EQ(decoded(given_page({record_of("10000001")}))->records.size(), 1U);
  const auto again = decoded(given_page({record_of("10000001")}));
  EXPECT_EQ(again->records.size(), 1U);
  EXPECT_EQ(again->repeated, 0U);
}

INSTANTIATE_TEST_SUITE_P(reading_records, page_decoder_test, testing::Values(reading::whole, reading::keys),
                         [](const auto& of) {
                           return of.param == reading::whole ? "whole" : "by_their_keys";
                         });

}  // namespace
}  // namespace matricula
