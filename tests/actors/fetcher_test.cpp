// SPDX-License-Identifier: Apache-2.0
#include "actors/fetch/fetcher.hpp"
#include "messages/retry_note.hpp"
#include "tests/actors/graph_test.hpp"

#include <set>

namespace matricula::testing {
namespace {

using ::testing::ElementsAre;

class fetcher_test : public graph_test {
 protected:
  fetcher_test() {
    source().every = 10s;
    for (int i = 0; i < 5; ++i)
      feed.add_page({{.person = "1000000" + std::to_string(i)}});
  }

  void started(source_position position = {}, std::uint64_t last_page = 0) {
    partitioner.spawn(*system);
    keep(partitioner.actor);
    scoreboard.spawn(*system);
    keep(scoreboard.actor);
    actor = keep(system->spawn(fetcher, deployed(), source(), feed.open(), partitioner.actor,
                               scoreboard.actor, last_page));
    ended = watch(actor);
    tell(actor, start_atom::value, std::move(position));
    let_pass(0s);
  }

  std::size_t pages_sent() const { return partitioner.pages.size(); }

  void commits(std::size_t index) {
    have(partitioner.actor, [this, index] {
      auto& [page, promise] = partitioner.pages[index];
      const auto envelope = page->not_modified ? page->remembered : *peek(page->bytes);
      page_receipt receipt;
      receipt.source = "itaca";
      receipt.number = page->number;
      receipt.sweep = envelope.sweep;
      receipt.next = envelope.next;
      receipt.read = envelope.count;
      promise.deliver(receipt);
    });
  }

  void sends_back(std::size_t index, error_code code) {
    have(partitioner.actor,
         [this, index, code] { partitioner.pages[index].promise.deliver(make_error(because(code))); });
  }

  std::vector<std::uint64_t> numbers() const {
    std::vector<std::uint64_t> all;
    for (const auto& page : partitioner.pages)
      all.push_back(page.request->number);
    return all;
  }

  static std::optional<page_envelope> peek(const std::string& bytes) {
    // The envelope stands in front; a page that cannot be read has none.
    const auto next = bytes.find(R"("next":")");
    page_envelope envelope;
    envelope.sweep = 17;
    envelope.count = 1;
    if (next != std::string::npos)
      envelope.next = bytes.substr(next + 8, 1);
    return envelope;
  }

  partitioner_stand_in partitioner;
  scoreboard_stand_in scoreboard;
  fetcher_actor actor;
  std::shared_ptr<std::optional<caf::error>> ended;
};

TEST_F(fetcher_test, reads_from_start_to_start_as_often_as_the_topology_says) {
  started();
  commits(0);
  let_pass(9'999ms);
  EXPECT_EQ(pages_sent(), 1U);
  let_pass(1ms);
  EXPECT_EQ(pages_sent(), 2U);
  let_pass(4s);  // the page takes its time; the next is due all the same
  commits(1);
  let_pass(6s);
  EXPECT_THAT(feed.times(), ElementsAre(0ms, 10'000ms, 20'000ms));
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "1", "2"));
  EXPECT_THAT(numbers(), ElementsAre(1U, 2U, 3U));
}

TEST_F(fetcher_test, asks_for_no_more_pages_than_may_be_in_flight_and_skips_none) {
  limits().pages_in_flight_max = 3;
  limits().request_timeout_ms = 3'600'000;
  started();
  let_pass(200s);
  EXPECT_EQ(feed.requests.size(), 3U);
  commits(0);
  let_pass(0s);
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "1", "2", "3"));
  EXPECT_THAT(feed.times().back(), 200s);
  let_pass(200s);
  EXPECT_EQ(feed.requests.size(), 4U);
}

TEST_F(fetcher_test, begins_after_the_last_committed_page) {
  started({41, "3", 17});
  EXPECT_THAT(feed.cursors(), ElementsAre("3"));
  EXPECT_THAT(numbers(), ElementsAre(42U));
}

TEST_F(fetcher_test, starts_the_next_sweep_after_the_last_page) {
  started({4, "4", 17});
  let_pass(10s);
  EXPECT_THAT(feed.cursors(), ElementsAre("4", "-"));
  EXPECT_THAT(numbers(), ElementsAre(5U, 6U));
}

TEST_F(fetcher_test, asks_a_source_that_fails_less_and_less_down_to_every) {
  feed.fail(because(error_code::source_unavailable), 9);
  started();
  let_pass(33s);
  EXPECT_THAT(feed.times(), ElementsAre(0ms, 100ms, 300ms, 700ms, 1'500ms, 3'100ms, 6'300ms, 12'700ms,
                                        22'700ms, 32'700ms));  // 100, 200, ..., 6'400, 10'000, 10'000
  EXPECT_EQ(pages_sent(), 1U);
  EXPECT_THAT(feed.cursors().back(), "-");
}

TEST_F(fetcher_test, falls_back_to_the_least_delay_after_a_page_has_been_committed) {
  feed.fail(because(error_code::source_unavailable), 3);
  started();
  let_pass(700ms);
  ASSERT_EQ(pages_sent(), 1U);
  commits(0);
  feed.fail(because(error_code::page_cut), 1);
  let_pass(10s + 100ms);
  const auto times = feed.times();
  ASSERT_EQ(times.size(), 6U);
  EXPECT_EQ(times[4], 10'700ms);
  EXPECT_EQ(times[5], 10'800ms);
}

TEST_F(fetcher_test, waits_as_long_as_the_source_asks) {
  feed.fail(because(error_code::source_unavailable));
  feed.retry_after = 7s;
  started();
  let_pass(6'999ms);
  EXPECT_EQ(feed.requests.size(), 1U);
  let_pass(1ms);
  EXPECT_EQ(feed.requests.size(), 2U);
}

TEST_F(fetcher_test, starts_the_sweep_again_when_the_cursor_is_no_longer_known) {
  started({7, "99", 17});
  let_pass(100ms);
  EXPECT_THAT(feed.cursors(), ElementsAre("99", "-"));
  EXPECT_THAT(numbers(), ElementsAre(8U));
}

TEST_F(fetcher_test, reads_again_from_the_last_committed_page_when_one_is_sent_back) {
  for (const auto why : {error_code::page_invalid, error_code::page_miscounted,
                         error_code::transaction_aborted, error_code::out_of_sequence}) {
    SCOPED_TRACE(name_of(why));
    partitioner = {};
    feed.requests.clear();
    started({1, "1", 17});
    let_pass(10s);
    ASSERT_THAT(numbers(), ElementsAre(2U, 3U));
    sends_back(0, why);
    let_pass(60s);
    EXPECT_THAT(numbers(), ElementsAre(2U, 3U));  // page 3 is still on its way
    sends_back(1, error_code::out_of_sequence);
    let_pass(99ms);
    EXPECT_EQ(pages_sent(), 2U);
    let_pass(1ms);
    EXPECT_THAT(numbers(), ElementsAre(2U, 3U, 2U));
    EXPECT_THAT(feed.cursors(), ElementsAre("1", "2", "1"));
    kill(actor);
  }
}

TEST_F(fetcher_test, reads_nothing_ahead_of_a_page_that_it_reads_again) {
  started({4, "4", 17});  // the last page of its sweep: whoever reads on begins another
  let_pass(10s);
  sends_back(0, error_code::page_invalid);
  sends_back(1, error_code::out_of_sequence);
  let_pass(60s);
  EXPECT_THAT(feed.cursors(), ElementsAre("4", "-", "4"));
  sends_back(2, error_code::page_invalid);
  let_pass(60s);
  EXPECT_THAT(feed.cursors(), ElementsAre("4", "-", "4", "4"));
  commits(3);
  let_pass(10s);
  EXPECT_THAT(feed.cursors(), ElementsAre("4", "-", "4", "4", "-", "1"));
}

TEST_F(fetcher_test, reads_a_page_again_after_the_back_off_and_not_when_the_next_was_due) {
  started();
  sends_back(0, error_code::page_invalid);
  let_pass(100ms);
  sends_back(1, error_code::page_invalid);
  let_pass(199ms);
  EXPECT_EQ(pages_sent(), 2U);
  let_pass(1ms);
  EXPECT_THAT(feed.times(), ElementsAre(0ms, 100ms, 300ms));
  EXPECT_THAT(numbers(), ElementsAre(1U, 1U, 1U));
}

TEST_F(fetcher_test, keeps_the_back_off_when_the_next_page_was_due_before_it_ends) {
  started();
  let_pass(9'950ms);
  sends_back(0, error_code::page_invalid);
  let_pass(99ms);
  EXPECT_EQ(pages_sent(), 1U);
  let_pass(1ms);
  EXPECT_THAT(feed.times(), ElementsAre(0ms, 10'050ms));
}

TEST_F(fetcher_test, waits_for_a_page_whose_envelope_it_cannot_see) {
  feed.answer({.bytes = R"({"records":[],"page":{"count":0,"sweep":17,"next":"3"}})", .etag = {}});
  started();
  let_pass(60s);
  EXPECT_EQ(feed.requests.size(), 1U);
  commits(0);
  let_pass(0s);
  EXPECT_THAT(feed.cursors(), ElementsAre("-", "3"));
}

TEST_F(fetcher_test, ends_with_the_reason_when_the_publisher_is_fenced) {
  started();
  sends_back(0, error_code::publisher_fenced);
  ASSERT_TRUE(*ended);
  EXPECT_EQ(failure_of(**ended).code, error_code::publisher_fenced);
}

TEST_F(fetcher_test, ends_when_the_partitioner_dies) {
  started();
  kill(partitioner.actor);
  let_pass(10s);  // the next page finds nobody
  ASSERT_TRUE(*ended);
  EXPECT_EQ(failure_of(**ended).code, error_code::downstream_lost);
}

TEST_F(fetcher_test, ends_when_a_page_is_not_answered_in_time) {
  limits().request_timeout_ms = 120'000;
  started();
  let_pass(119'999ms);
  EXPECT_FALSE(*ended);
  let_pass(1ms);
  ASSERT_TRUE(*ended);
  EXPECT_EQ(**ended, caf::sec::request_timeout);
  commits(0);  // late: nobody hears of it
  let_pass(1h);
  EXPECT_TRUE(scoreboard.pages.empty());
  EXPECT_EQ(feed.requests.size(), 2U);
}

TEST_F(fetcher_test, stops_when_every_page_in_flight_has_been_answered) {
  started();
  let_pass(10s);
  ASSERT_EQ(pages_sent(), 2U);
  const auto stopped = ask<done>(actor, stop_atom::value);
  EXPECT_TRUE(stopped->pending());
  commits(0);
  EXPECT_TRUE(stopped->pending());
  sends_back(1, error_code::transaction_aborted);
  EXPECT_TRUE(stopped->value);
  let_pass(100s);
  EXPECT_EQ(feed.requests.size(), 2U);
}

TEST_F(fetcher_test, stops_at_once_when_nothing_is_in_flight) {
  started();
  commits(0);
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
  let_pass(100s);
  EXPECT_EQ(feed.requests.size(), 1U);
}

TEST_F(fetcher_test, answers_who_waits_for_its_stop_when_it_dies) {
  started();
  const auto stopped = ask<done>(actor, stop_atom::value);
  kill(actor);
  EXPECT_EQ(stopped->code(), error_code::stopping);
}

TEST_F(fetcher_test, reads_no_page_after_the_last_that_it_was_told) {
  started({1, "1", 17}, 3);
  let_pass(10s);
  commits(0);
  commits(1);
  let_pass(100s);
  EXPECT_THAT(numbers(), ElementsAre(2U, 3U));
  EXPECT_EQ(feed.requests.size(), 2U);
}

TEST_F(fetcher_test, reads_the_last_page_again_when_it_was_sent_back) {
  started({}, 1);
  sends_back(0, error_code::transaction_aborted);
  let_pass(100ms);
  EXPECT_THAT(numbers(), ElementsAre(1U, 1U));
}

TEST_F(fetcher_test, passes_on_that_a_page_is_not_modified) {
  feed.tells_etags = true;
  started();
  for (std::size_t i = 0; i < 5; ++i) {
    commits(i);
    let_pass(10s);
  }
  ASSERT_EQ(pages_sent(), 6U);
  const auto& again = *partitioner.pages[5].request;
  EXPECT_FALSE(feed.requests[5].etag.empty());
  EXPECT_TRUE(again.not_modified);
  EXPECT_EQ(again.number, 6U);
  EXPECT_EQ(again.remembered.next, "1");
  EXPECT_EQ(again.remembered.count, 1U);
  commits(5);
  let_pass(10s);
  EXPECT_EQ(feed.cursors().back(), "1");
}

TEST_F(fetcher_test, sends_no_etag_of_a_page_that_was_not_committed) {
  feed.tells_etags = true;
  started();
  sends_back(0, error_code::transaction_aborted);
  let_pass(100ms);
  EXPECT_EQ(feed.requests.at(1).etag, "");
  EXPECT_FALSE(partitioner.pages.at(1).request->not_modified);
}

TEST_F(fetcher_test, reads_a_page_again_that_was_in_flight_when_an_entry_was_dropped) {
  feed.tells_etags = true;
  started();
  kafka.append("matricula.quarantine", 0, {"source/itaca/entry", R"({"state":"dropped"})", {}, 0, 0});
  let_pass(10s);
  ASSERT_EQ(pages_sent(), 2U);
  EXPECT_FALSE(partitioner.pages[1].request->dropped.empty());
  commits(0);
  for (std::size_t i = 1; i < 5; ++i) {
    commits(i);
    let_pass(10s);
  }
  ASSERT_EQ(pages_sent(), 6U);
  EXPECT_EQ(feed.requests[5].cursor, std::nullopt);
  EXPECT_EQ(feed.requests[5].etag, "");
}

TEST_F(fetcher_test, tells_the_scoreboard_of_every_committed_page) {
  started();
  commits(0);
  let_pass(10s);
  sends_back(1, error_code::transaction_aborted);
  ASSERT_EQ(scoreboard.pages.size(), 1U);
  EXPECT_EQ(scoreboard.pages[0].number, 1U);
}

TEST_F(fetcher_test, takes_a_page_that_stays_invalid_for_what_the_source_has) {
  started();
  for (std::size_t tries = 0; tries < 3; ++tries) {
    ASSERT_EQ(pages_sent(), tries + 1);
    EXPECT_FALSE(partitioner.pages[tries].request->salvage);
    sends_back(tries, error_code::page_invalid);
    let_pass(1s);
  }
  ASSERT_EQ(pages_sent(), 4U);
  EXPECT_TRUE(partitioner.pages[3].request->salvage);
  commits(3);
  let_pass(10s);
  EXPECT_FALSE(partitioner.pages[4].request->salvage);
}

TEST_F(fetcher_test, reads_again_what_was_sent_back_and_ends_for_every_other_reason) {
  const std::set<error_code> read_again{error_code::page_invalid, error_code::page_miscounted,
                                        error_code::transaction_aborted, error_code::out_of_sequence};
  for (const auto why : all_error_codes()) {
    SCOPED_TRACE(name_of(why));
    partitioner = {};
    feed.requests.clear();
    started();
    sends_back(0, why);
    EXPECT_EQ(ended->has_value(), !read_again.contains(why));
    let_pass(1min);
    if (read_again.contains(why)) {
      EXPECT_THAT(numbers().at(1), 1U);
      EXPECT_THAT(feed.times().at(1), 100ms);
    } else {
      EXPECT_EQ(failure_of(**ended).code, why);
      EXPECT_EQ(feed.requests.size(), 1U);
    }
    kill(actor);
  }
}

TEST_F(fetcher_test, asks_again_whatever_the_source_answers_instead_of_a_page) {
  for (const auto why : {error_code::source_unavailable, error_code::page_cut, error_code::page_invalid,
                         error_code::cursor_unknown}) {
    SCOPED_TRACE(name_of(why));
    partitioner = {};
    feed.requests.clear();
    feed.fail(because(why));
    started({7, "3", 17});
    let_pass(99ms);
    EXPECT_EQ(feed.requests.size(), 1U);
    EXPECT_EQ(pages_sent(), 0U);
    let_pass(1ms);
    EXPECT_THAT(feed.cursors(), ElementsAre("3", why == error_code::cursor_unknown ? "-" : "3"));
    EXPECT_THAT(numbers(), ElementsAre(8U));
    EXPECT_FALSE(*ended);
    kill(actor);
  }
}

TEST_F(fetcher_test, asks_no_more_once_its_source_is_interrupted) {
  feed.fail(because(error_code::stopping));
  started();
  let_pass(1h);
  EXPECT_EQ(feed.requests.size(), 1U);
  EXPECT_FALSE(*ended);
  EXPECT_TRUE(ask<done>(actor, stop_atom::value)->value);
}

class retrying_fetcher_test : public fetcher_test {
 protected:
  void asks_for(const std::string& person, revision_t refused = 7) {
    const retry_note note{"entry of " + person,        refused, retry_state::asked, "itaca",
                          json_of({.person = person}), 0};
    kafka.append("matricula.quarantine", 0, {note.key(), note.value(), {}, 0, 0});
  }

  const fetched_page& page(std::size_t index) const { return *partitioner.pages.at(index).request; }
  /// Of each page whether it is one of retries.
  std::vector<std::size_t> retries() const {
    std::vector<std::size_t> all;
    for (const auto& page : partitioner.pages)
      all.push_back(page.request->retries.size());
    return all;
  }
};

TEST_F(retrying_fetcher_test, sends_retries_ahead_of_the_page_that_is_due) {
  asks_for("10000001");
  started({41, "3", 17});
  EXPECT_THAT(numbers(), ElementsAre(42U, 43U));
  EXPECT_THAT(retries(), ElementsAre(1U, 0U));
  EXPECT_THAT(feed.cursors(), ElementsAre("3"));
  EXPECT_EQ(page(0).bytes, R"({"page":{"count":1,"cursor":"3","next":"3","sweep":17},"records":[)" +
                               json_of({.person = "10000001"}) + "]}");
  EXPECT_EQ(page(0).retries[0].entry, "entry of 10000001");
  EXPECT_EQ(page(0).retries[0].refused, 7U);
}

TEST_F(retrying_fetcher_test, begins_no_sweep_anew_by_retries) {
  asks_for("10000001");
  started({41, {}, 17});
  EXPECT_EQ(page(0).bytes.find("next"), std::string::npos);
  EXPECT_THAT(feed.cursors(), ElementsAre("-"));
}

TEST_F(retrying_fetcher_test, takes_turns_with_the_source) {
  source().page_records_max = 2;
  limits().pages_in_flight_max = 9;
  for (int i = 0; i < 5; ++i)
    asks_for("1000000" + std::to_string(i));
  started();
  EXPECT_THAT(retries(), ElementsAre(2U, 0U));
  let_pass(20s);
  EXPECT_THAT(retries(), ElementsAre(2U, 0U, 2U, 0U, 1U, 0U));
  EXPECT_THAT(feed.times(), ElementsAre(0s, 10s, 20s));
}

TEST_F(retrying_fetcher_test, does_not_bring_back_a_cursor_that_the_source_no_longer_knows) {
  asks_for("10000001");
  feed.fail(because(error_code::cursor_unknown));
  started({7, "3", 17});
  ASSERT_THAT(retries(), ElementsAre(1U));
  commits(0);
  let_pass(100ms);
  EXPECT_THAT(feed.cursors(), ElementsAre("3", "-"));
}

TEST_F(retrying_fetcher_test, sends_no_more_pages_than_may_be_in_flight) {
  limits().pages_in_flight_max = 1;
  asks_for("10000001");
  started();
  EXPECT_THAT(retries(), ElementsAre(1U));
  commits(0);
  let_pass(0s);
  EXPECT_THAT(retries(), ElementsAre(1U, 0U));
}

TEST_F(retrying_fetcher_test, sends_retries_again_when_they_are_sent_back) {
  limits().pages_in_flight_max = 1;
  asks_for("10000001");
  started();
  sends_back(0, error_code::transaction_aborted);
  let_pass(100ms);
  EXPECT_THAT(retries(), ElementsAre(1U, 0U));  // the source's turn
  commits(1);
  let_pass(10s);
  EXPECT_THAT(retries(), ElementsAre(1U, 0U, 1U));
  EXPECT_THAT(numbers(), ElementsAre(1U, 1U, 2U));
}

TEST_F(retrying_fetcher_test, gives_up_retries_that_cannot_be_read) {
  limits().pages_in_flight_max = 1;
  asks_for("10000001");
  started();
  sends_back(0, error_code::page_invalid);
  let_pass(100ms);
  commits(1);
  let_pass(10s);
  EXPECT_THAT(retries(), ElementsAre(1U, 0U, 0U));
  EXPECT_FALSE(page(2).salvage);
}

TEST_F(retrying_fetcher_test, takes_no_page_of_retries_for_the_end_of_a_back_off) {
  limits().pages_in_flight_max = 1;
  feed.fail(because(error_code::source_unavailable), 4);
  started();
  let_pass(700ms);  // tries at 0, 100, 300, 700 ms
  asks_for("10000001");
  let_pass(800ms);
  ASSERT_THAT(retries(), ElementsAre(1U));
  feed.fail(because(error_code::source_unavailable), 1);
  commits(0);
  let_pass(1'599ms);
  EXPECT_EQ(pages_sent(), 1U);
  let_pass(1ms);
  EXPECT_THAT(retries(), ElementsAre(1U, 0U));
}

}  // namespace
}  // namespace matricula::testing
