// SPDX-License-Identifier: Apache-2.0
#include "actors/report/postgres_outbox.hpp"

#include "actors/apply/postgres_session.hpp"
#include "tests/integration/postgres_fixture.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace matricula {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class postgres_outbox_of_a_site : public testing::Test {
 protected:
  void given_entries(const std::vector<std::string>& keys) {
    for (const auto& key : keys)
      database_.query(insert(key));
  }
  static std::string insert(const std::string& key) {
    return "insert into matricula.outbox (kind, key, value) values ('outcome', '" + key + "', '{\"a\": 1}')";
  }
  void given_opened_site() { ASSERT_TRUE(postgres_session{site_}.open({"ESO-46", 0})); }

  static std::vector<std::string> taken(site_outbox& outbox, std::size_t entries_max = 100) {
    std::vector<std::string> keys;
    const auto entries = outbox.take(entries_max);
    EXPECT_TRUE(entries) << entries.error().text;
    if (entries)
      for (const auto& entry : *entries)
        keys.push_back(entry.key);
    return keys;
  }

  site_database database_;
  site_settings site_ = site_in(database_);
};

TEST_F(postgres_outbox_of_a_site, is_empty_before_the_site_was_ever_opened) {
  postgres_outbox outbox{site_};
  EXPECT_THAT(taken(outbox), IsEmpty());
}

TEST_F(postgres_outbox_of_a_site, gives_the_oldest_first_and_forgets_what_was_removed) {
  given_opened_site();
  given_entries({"a", "b", "c"});
  postgres_outbox outbox{site_};
  const auto entries = outbox.take(2);
  ASSERT_TRUE(entries) << entries.error().text;
  ASSERT_EQ(entries->size(), 2U);
  EXPECT_EQ((*entries)[0].kind, "outcome");
  EXPECT_EQ((*entries)[0].key, "a");
  EXPECT_EQ((*entries)[0].value, "{\"a\": 1}");
  EXPECT_TRUE(outbox.remove_taken());
  EXPECT_THAT(taken(outbox), ElementsAre("c"));
  EXPECT_TRUE(outbox.remove_taken());
  EXPECT_THAT(taken(outbox), IsEmpty());
}

TEST_F(postgres_outbox_of_a_site, gives_again_what_was_released) {
  given_opened_site();
  given_entries({"a"});
  postgres_outbox outbox{site_};
  EXPECT_THAT(taken(outbox), ElementsAre("a"));
  outbox.release();
  EXPECT_THAT(taken(outbox), ElementsAre("a"));
}

TEST_F(postgres_outbox_of_a_site, has_one_reporter_at_a_time) {
  given_opened_site();
  given_entries({"a"});
  postgres_outbox first{site_}, second{site_};
  EXPECT_THAT(taken(first), ElementsAre("a"));
  EXPECT_THAT(taken(second), IsEmpty());
  first.release();
  EXPECT_THAT(taken(second), ElementsAre("a"));
}

TEST_F(postgres_outbox_of_a_site, a_lost_reporter_leaves_its_entries_to_the_next) {
  given_opened_site();
  given_entries({"a"});
  postgres_outbox first{site_}, second{site_};
  EXPECT_THAT(taken(first), ElementsAre("a"));
  database_.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name like '%reporter' "
      "and datname = current_database()");
  EXPECT_EQ(first.remove_taken().error().code, error_code::database_unavailable);
  EXPECT_THAT(taken(second), ElementsAre("a"));
  EXPECT_TRUE(second.remove_taken());
  EXPECT_THAT(taken(first), IsEmpty());
}

TEST_F(postgres_outbox_of_a_site, keeps_an_entry_whose_writer_committed_late) {
  given_opened_site();
  pqxx::connection slow{database_.url()};
  pqxx::work writing{slow};
  writing.exec(insert("late"));  // has the smaller id
  given_entries({"early"});
  postgres_outbox outbox{site_};
  EXPECT_THAT(taken(outbox), ElementsAre("early"));
  writing.commit();
  EXPECT_TRUE(outbox.remove_taken());
  EXPECT_THAT(taken(outbox), ElementsAre("late"));
}

}  // namespace
}  // namespace matricula
