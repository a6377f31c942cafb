// SPDX-License-Identifier: Apache-2.0
#include "cli/quarantine.hpp"

#include "announced_text.hpp"
#include "cli/command.hpp"
#include "cli/quarantine_retry.hpp"
#include "cli/read_topics.hpp"
#include "cli/verify.hpp"
#include "open_transaction.hpp"
#include "records_by_hand.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <optional>
#include <ostream>
#include <thread>

namespace matricula {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view of_source = "source/itaca/9a3c52f0d1e6b784";

class quarantine_test : public records_by_hand {
 protected:
  void source_refuses() {
    send(deployment.load().kafka.quarantine_topic, of_source,
         R"({"key":"2026/46012345/1234567890/MAT/1ESOA//student","source":"itaca","page":3,"position":4,)"
         R"("reason":"field_missing","text":"person.id: missing",)"
         R"("record":"{\"year\":\"2026\",\"person\":{\"name\":\"Anna\"}}"})");
  }

  std::string site_refuses(const given_record& record, revision_t revision) {
    const auto key = "site/eso46/" + record.key();
    send(deployment.load().kafka.quarantine_topic, key,
         R"({"key":")" + record.key() + R"(","site":"eso46","topic":")" + deployment.lane() +
             R"(","revision":)" + std::to_string(revision) + R"(,"reason":"row_refused","record":)" +
             json_text(record.json()) + R"(,"at":"2026-09-09T06:00:12.345678+00:00"})");
    return key;
  }

  quarantine_access access() {
    out.str("");
    errors.str("");
    return {deployment.file(), deployment.environment(), std::chrono::seconds{20}, out, errors};
  }
};

TEST_F(quarantine_test, lists_the_newest_state_of_each_key_and_counts_reasons) {
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_EQ(out.str(), "0 entries\n");

  source_refuses();
  source_refuses();
  const auto key = site_refuses({}, 2);
  EXPECT_EQ(list_quarantine(access(), {}), exit_done) << errors.str();
  EXPECT_THAT(out.str(), HasSubstr(key + "  row_refused    site eso46    " + given_record{}.key() +
                                   "  2026-09-09T06:00:12Z\n"));
  EXPECT_THAT(out.str(),
              HasSubstr("field_missing  source itaca  2026/46012345/1234567890/MAT/1ESOA//student"));
  EXPECT_THAT(out.str(), HasSubstr("\n2 entries: 1 field_missing, 1 row_refused\n"));
  EXPECT_THAT(out.str(), Not(HasSubstr("Anna")));

  quarantine_filter filter;
  filter.site = "eso46";
  EXPECT_EQ(list_quarantine(access(), filter), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("\n1 entry: 1 row_refused\n"));
  filter.site = "eso64";
  EXPECT_EQ(list_quarantine(access(), filter), exit_wrong_usage);
  EXPECT_THAT(errors.str(), HasSubstr("has no site \"eso64\", and no entry names it; it has eso46"));
}

TEST_F(quarantine_test, shows_an_entry_without_the_person) {
  source_refuses();
  EXPECT_EQ(show_quarantined(access(), {std::string{of_source}}, {}, false), exit_done) << errors.str();
  EXPECT_THAT(out.str(), HasSubstr("\"reason\": \"field_missing\""));
  EXPECT_THAT(out.str(), Not(HasSubstr("Anna")));
  EXPECT_EQ(show_quarantined(access(), {std::string{of_source}}, {}, true), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("\"name\": \"Anna\""));
  EXPECT_EQ(show_quarantined(access(), {"source/itaca/0"}, {}, false), exit_failed);
  EXPECT_THAT(errors.str(), HasSubstr("no entry has the key \"source/itaca/0\""));
}

TEST_F(quarantine_test, shows_what_entries_have_in_common) {
  source_refuses();
  site_refuses({}, 2);
  quarantine_filter filter;
  filter.site = "eso46";
  EXPECT_EQ(show_quarantined(access(), {}, filter, false), exit_done) << errors.str();
  EXPECT_THAT(out.str(), HasSubstr("\"reason\": \"row_refused\""));
  EXPECT_THAT(out.str(), Not(HasSubstr("field_missing")));
  EXPECT_EQ(show_quarantined(access(), {}, {}, false), exit_wrong_usage);
}

TEST_F(quarantine_test, shows_that_no_entry_is_meant) {
  source_refuses();
  quarantine_filter filter;
  filter.site = "eso46";
  EXPECT_EQ(show_quarantined(access(), {}, filter, false), exit_done);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(errors.str(), "0 entries\n");
}

TEST_F(quarantine_test, a_dropped_entry_says_when_and_why) {
  source_refuses();
  const auto key = site_refuses({}, 2);
  EXPECT_EQ(drop_quarantined(access(), {key}, {}, "ticket 4711"), exit_done) << errors.str();
  EXPECT_EQ(out.str(), "1 entry dropped\n");

  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), Not(HasSubstr(key)));
  EXPECT_THAT(out.str(), HasSubstr("1 entry: 1 field_missing; 1 dropped, which --all lists"));
  quarantine_filter all;
  all.with_settled = true;
  EXPECT_EQ(list_quarantine(access(), all), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("2026-09-09T06:00:12Z  dropped 2"));
  EXPECT_THAT(out.str(), HasSubstr(": ticket 4711\n"));
  EXPECT_EQ(show_quarantined(access(), {key}, {}, false), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("\"state\": \"dropped\""));
  EXPECT_THAT(out.str(), HasSubstr("\"why\": \"ticket 4711\""));

  EXPECT_EQ(drop_quarantined(access(), {key}, {}, "again"), exit_done);
  EXPECT_EQ(out.str(), key + " was dropped before: ticket 4711\n0 entries dropped\n");

  site_refuses({}, 3);  // once more, in a newer revision
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("2 entries"));
}

TEST_F(quarantine_test, drops_all_keys_or_none) {
  source_refuses();
  EXPECT_EQ(drop_quarantined(access(), {std::string{of_source}, "source/itaca/0"}, {}, "why"), exit_failed);
  EXPECT_THAT(errors.str(), HasSubstr("no entry has the key \"source/itaca/0\""));
  EXPECT_THAT(errors.str(), HasSubstr("nothing was dropped"));
  EXPECT_EQ(drop_quarantined(access(), {std::string{of_source}}, {}, " "), exit_wrong_usage);
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("1 entry: 1 field_missing\n"));
}

TEST_F(quarantine_test, drops_what_entries_have_in_common) {
  source_refuses();
  const auto key = site_refuses({}, 2);
  EXPECT_EQ(drop_quarantined(access(), {}, {}, "why"), exit_wrong_usage);
  EXPECT_THAT(errors.str(), HasSubstr("quarantine drop --help"));
  quarantine_filter filter;
  filter.site = "nowhere";
  EXPECT_EQ(drop_quarantined(access(), {}, filter, "why"), exit_wrong_usage);
  filter.site = "eso46";
  EXPECT_EQ(drop_quarantined(access(), {key}, filter, "why"), exit_wrong_usage);
  EXPECT_EQ(drop_quarantined(access(), {}, filter, "ticket 4711"), exit_done) << errors.str();
  EXPECT_EQ(out.str(), "1 entry dropped\n");
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("1 entry: 1 field_missing; 1 dropped"));
}

TEST_F(quarantine_test, a_drop_sees_what_came_behind_a_page_that_is_on_its_way) {
  const auto settled = site_refuses(student("10000001"), 2), key = site_refuses(student("10000002"), 2);
  ASSERT_EQ(drop_quarantined(access(), {settled}, {}, "ticket 4711"), exit_done) << errors.str();
  const auto kafka = deployment.load().kafka;
  std::optional<open_transaction> page;
  std::future<void> ended;
  announced_text text{[&] {  // the entries are read, and nothing is written yet
    page.emplace(kafka, kafka.quarantine_topic);
    site_refuses(student("10000002"), 9);
    ended = std::async(std::launch::async, [&] {
      std::this_thread::sleep_for(std::chrono::seconds{2});
      page->abort();
    });
  }};
  std::ostream shown{&text};
  EXPECT_EQ(
      drop_quarantined({deployment.file(), deployment.environment(), std::chrono::seconds{20}, shown, errors},
                       {settled, key}, {}, "ticket 4712"),
      exit_done)
      << errors.str();
  ended.get();
  EXPECT_EQ(text.str(), settled + " was dropped before: ticket 4711\n1 entry dropped\n"
                                  "1 entry of them came again meanwhile, and is listed as before\n");
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("\n1 entry: 1 row_refused; 1 dropped"));
}

TEST_F(quarantine_test, verify_still_counts_a_dropped_entry_as_quarantined) {
  const given_record refused;
  send(deployment.lane(), refused.key(), refused.json(), 2);
  const auto key = site_refuses(refused, 2);
  EXPECT_EQ(drop_quarantined(access(), {key}, {}, "ticket 4711"), exit_done) << errors.str();
  EXPECT_EQ(verify_sites(deployment.file(), {}, deployment.environment(), out, errors), exit_done)
      << out.str();
  EXPECT_THAT(out.str(), HasSubstr("0 keys equal, 0 missing, 0 different, 0 extra, 1 quarantined"));
}

TEST_F(quarantine_test, a_retry_is_asked_for_once_and_told) {
  const auto key = site_refuses({}, 2);
  quarantine_filter filter;
  filter.site = "eso46";
  filter.reason = "row_refused";
  filter.since = time_from_text("2026-09-09T06:00");
  EXPECT_EQ(retry_quarantined(access(), {}, filter), exit_done) << errors.str();
  EXPECT_EQ(out.str(), "1 entry to be retried: 1 with the next page of source itaca\n"
                       "quarantine T list --all tells what comes of it\n");
  EXPECT_THAT(out.str(), Not(HasSubstr("Anna")));

  retry_note sought;
  sought.entry = key;
  sought.refused = 2;
  std::optional<retry_note> written;
  const auto& kafka = deployment.load().kafka;
  ASSERT_TRUE(read_topics(kafka, {kafka.quarantine_topic}, [&](const scanned_message& message) {
    if (message.record.key == sought.key())
      written = retry_note::read(message.record.value);
  }));
  ASSERT_TRUE(written);
  EXPECT_EQ(written->source, "itaca");
  EXPECT_EQ(written->record, given_record{}.json());

  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("2026-09-09T06:00:12Z  retry asked 2"));
  EXPECT_EQ(show_quarantined(access(), {key}, {}, false), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("\"state\": \"retry\""));
  EXPECT_EQ(retry_quarantined(access(), {key}, {}), exit_done);
  EXPECT_THAT(out.str(), HasSubstr(key + " is no longer new: retry asked 2"));
  EXPECT_THAT(out.str(), HasSubstr("0 entries to be retried; 1 had been asked for before\n"));

  send(kafka.quarantine_topic, sought.key(),
       retry_note{key, 2, retry_state::retried, "itaca", {}, 9}.value());
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_EQ(out.str(), "0 entries; 1 retried, which --all lists\n");
  site_refuses({}, 9);
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("\n1 entry: 1 row_refused\n"));
}

TEST_F(quarantine_test, a_retry_of_a_source_that_is_gone_is_told_and_may_be_asked_for_anew) {
  const auto key = site_refuses({}, 2);
  const retry_note of_old{key, 2, retry_state::asked, "old", given_record{}.json(), 0};
  send(deployment.load().kafka.quarantine_topic, of_old.key(), of_old.value());
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), HasSubstr(" of source old, which the topology does not have: ask again"));
  EXPECT_EQ(retry_quarantined(access(), {key}, {}), exit_done);
  EXPECT_THAT(out.str(), HasSubstr("1 entry to be retried: 1 with the next page of source itaca\n"));
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), Not(HasSubstr(" of source old")));
}

TEST_F(quarantine_test, retries_nothing_if_a_key_has_no_entry_and_names_what_cannot_be_retried) {
  source_refuses();
  const auto key = site_refuses({}, 2);
  EXPECT_EQ(retry_quarantined(access(), {key, "source/itaca/0"}, {}), exit_failed);
  EXPECT_THAT(errors.str(), HasSubstr("no entry has the key \"source/itaca/0\""));
  EXPECT_THAT(errors.str(), HasSubstr("nothing is retried"));
  EXPECT_EQ(list_quarantine(access(), {}), exit_done);
  EXPECT_THAT(out.str(), Not(HasSubstr("retry")));

  // The source's entry has another hash in its key than its record.
  EXPECT_EQ(retry_quarantined(access(), {key, std::string{of_source}}, {}), exit_failed);
  EXPECT_THAT(errors.str(), HasSubstr(std::string{of_source} + " does not hold its record as it came "
                                                               "(field_missing); the source sends"));
  EXPECT_THAT(errors.str(), Not(HasSubstr("Anna")));
  EXPECT_THAT(out.str(),
              HasSubstr("1 entry to be retried: 1 with the next page of source itaca; 1 cannot be\n"));
  quarantine_filter filter;
  filter.site = "eso64";
  EXPECT_EQ(retry_quarantined(access(), {}, filter), exit_wrong_usage);
}

TEST_F(quarantine_test, says_that_kafka_does_not_answer) {
  auto to = access();
  to.wait = std::chrono::milliseconds{300};
  const auto bad = deployment.file().string() + ".down";
  std::ifstream in{deployment.file()};
  std::string text{std::istreambuf_iterator<char>{in}, {}};
  text.replace(text.find(kafka_bootstrap()), kafka_bootstrap().size(), "127.0.0.1:1");
  std::ofstream{bad} << text;
  to.file = bad;
  EXPECT_EQ(list_quarantine(to, {}), exit_failed);
  EXPECT_THAT(errors.str(), HasSubstr("waited 300ms"));
  std::ofstream{bad} << "[kafka";
  EXPECT_EQ(list_quarantine(to, {}), exit_bad_configuration);
  std::filesystem::remove(bad);
}

}  // namespace
}  // namespace matricula
