// SPDX-License-Identifier: Apache-2.0
#include "cli/quarantine_retry.hpp"

#include "cli/command.hpp"
#include "messages/control_json.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sstream>

namespace matricula {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const std::string person_key = "2026/46012345/1/MAT/1A/10000001/student";
const std::string person_record =
    R"({"year":"2026","status":"enrolled","person":{"id":"10000001","name":"Anna"},"timetable":[]})";

class quarantine_retry_test : public ::testing::Test {
 protected:
  quarantine_retry_test() {
    all.sources.emplace_back().name = "itaca";
    all.lanes.push_back({"ESO", "46", "itaca", "ESO-46"});
  }

  static newest_entries::held held(const std::string& key, const std::string& value) {
    newest_entries::held made;
    made.entry = quarantine_entry::read(key, value, {});
    made.value = value;
    return made;
  }

  static newest_entries::held of_site(const nlohmann::json& changes = nlohmann::json::object()) {
    nlohmann::json value{{"key", person_key},       {"site", "eso46"},
                         {"topic", "ESO-46"},       {"revision", 77},
                         {"record", person_record}, {"record_bytes", person_record.size()},
                         {"reason", "row_refused"}};
    value.update(changes);
    return held("site/eso46/" + person_key, value.dump());
  }

  /// What a source writes of a record, of which it keeps so many bytes.
  static newest_entries::held of_source(const std::string& record, std::size_t bytes_max = 65'536) {
    page page;
    page.source = "itaca";
    page.number = 3;
    page.bytes = record;
    rejected_record rejected;
    rejected.position = 4;
    rejected.length = static_cast<std::uint32_t>(record.size());
    rejected.reason = {error_code::lane_unknown, "no lane"};
    const auto message = quarantine_message_of(page, rejected, bytes_max);
    return held(message.key, message.value);
  }

  std::string why_not(const newest_entries::held& entry) const {
    const auto request = retry_request_of(entry, all);
    EXPECT_FALSE(request.note);
    EXPECT_THAT(request.why_not, Not(HasSubstr("Anna")));
    return request.why_not;
  }

  topology all;
};

TEST_F(quarantine_retry_test, a_sites_entry_goes_to_the_source_of_its_lane) {
  const auto request = retry_request_of(of_site(), all);
  ASSERT_TRUE(request.note) << request.why_not;
  EXPECT_EQ(request.note->entry, "site/eso46/" + person_key);
  EXPECT_EQ(request.note->refused, 77U);
  EXPECT_EQ(request.note->source, "itaca");
  EXPECT_EQ(request.note->state, retry_state::asked);
  EXPECT_EQ(request.note->record, person_record);
}

TEST_F(quarantine_retry_test, a_sources_entry_goes_to_that_source) {
  const auto request = retry_request_of(of_source(person_record), all);
  ASSERT_TRUE(request.note) << request.why_not;
  EXPECT_EQ(request.note->source, "itaca");
  EXPECT_EQ(request.note->refused, revision_at(3, 4));
}

TEST_F(quarantine_retry_test, a_dropped_entry_can_be_retried_too) {
  const auto entry = of_site();
  EXPECT_TRUE(retry_request_of(held(entry.entry.key, dropped_value(entry.value, {}, {}, "why")), all).note);
}

TEST_F(quarantine_retry_test, refuses_a_record_that_was_not_kept_as_it_came_and_says_where_it_is) {
  const std::string lacks = "does not hold its record as it came ";
  EXPECT_THAT(why_not(of_source(person_record, 20)),
              StartsWith(lacks + "(lane_unknown); the source sends the record with each sweep"));
  EXPECT_THAT(why_not(of_source("{\"name\":\"\xFF\"}")), StartsWith(lacks));
  EXPECT_EQ(why_not(of_site({{"record_bytes", person_record.size() + 1}})),
            lacks + "(row_refused); its topic has it: matricula replay T --site eso46 --from beginning "
                    "applies it again");
  EXPECT_THAT(why_not(of_site({{"record", nullptr}})), StartsWith(lacks));
}

TEST_F(quarantine_retry_test, refuses_what_no_process_would_take) {
  EXPECT_THAT(why_not(of_site({{"topic", "FP-46"}})),
              HasSubstr("\"FP-46\", which no lane of the topology has"));
  EXPECT_THAT(why_not(of_site({{"record", "{},{}"}, {"record_bytes", 5}})), HasSubstr("is not JSON"));
  EXPECT_THAT(why_not(of_site({{"revision", 0}})), HasSubstr("is no entry"));
  EXPECT_THAT(why_not(held("x", "{}")), HasSubstr("is no entry"));
  all.sources[0].name = "another";
  EXPECT_THAT(why_not(of_source(person_record)), HasSubstr("source itaca, which the topology does not"));
}

TEST_F(quarantine_retry_test, wants_keys_or_what_entries_have_in_common) {
  std::ostringstream out, errors;
  const quarantine_access to{"nowhere.toml", {}, {}, out, errors};
  quarantine_filter filter;
  EXPECT_EQ(retry_quarantined(to, {}, filter), exit_wrong_usage);
  filter.site = "eso46";
  EXPECT_EQ(retry_quarantined(to, {"site/eso46/k"}, filter), exit_wrong_usage);
  EXPECT_THAT(errors.str(), HasSubstr("give the keys of entries, or what they have in common"));
}

}  // namespace
}  // namespace matricula
