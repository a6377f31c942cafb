// SPDX-License-Identifier: Apache-2.0
#include "cli/overtaken_entries.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace matricula {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

class overtaken_entries_test : public testing::Test {
 protected:
  overtaken_entries_test() {
    newest_entries::held entry;
    entry.entry.key = key;
    entry.offset = 7;
    overtaken.expect(entry, dropped);
  }

  void given(std::int64_t offset, const std::string& value, std::string_view of = key,
             std::int32_t partition = 0) {
    scanned_message message;
    message.partition = partition;
    message.record.offset = offset;
    message.record.key = of;
    message.record.value = value;
    overtaken.note(message);
  }

  static constexpr const char* key = "site/eso46/2026/46012345/1/MAT/1A/10000001/student";
  const std::string dropped = R"({"state":"dropped"})", again = R"({"revision":9})",
                    read = R"({"revision":8})";
  overtaken_entries overtaken;
};

TEST_F(overtaken_entries_test, are_none_where_nothing_came_between) {
  given(7, read);
  given(8, dropped);
  EXPECT_THAT(overtaken.hidden(), IsEmpty());
}

TEST_F(overtaken_entries_test, are_those_that_the_note_hides) {
  given(7, read);
  given(8, again);
  given(9, dropped);
  EXPECT_THAT(overtaken.hidden(), ElementsAre(Pair(key, again)));
}

TEST_F(overtaken_entries_test, are_none_where_the_entry_came_behind_the_note) {
  given(7, read);
  given(8, dropped);
  given(9, again);
  EXPECT_THAT(overtaken.hidden(), IsEmpty());
}

TEST_F(overtaken_entries_test, are_none_of_other_keys_or_partitions) {
  given(8, again, "site/eso46/other");
  given(8, again, key, 1);
  given(9, dropped);
  EXPECT_THAT(overtaken.hidden(), IsEmpty());
}

}  // namespace
}  // namespace matricula
