// SPDX-License-Identifier: Apache-2.0
#include "actors/partition/partitioner.hpp"
#include "tests/actors/given_pages.hpp"
#include "tests/actors/graph_test.hpp"

namespace matricula::testing {
namespace {

using ::testing::ElementsAre;

class partitioner_test : public graph_test {
 protected:
  void SetUp() override {
    limits().request_timeout_ms = 60'000;
    publisher.spawn(*system);
    first.spawn(*system);
    second.spawn(*system);
    keep(publisher.actor);
    keep(first.actor);
    keep(second.actor);
    actor = keep(system->spawn(partitioner, deployed(), "itaca", publisher.actor,
                               deduplicators{first.actor, second.actor}));
  }

  static fetched_page_ptr page_of(std::uint64_t number, const std::vector<std::string>& records) {
    auto page = std::make_shared<fetched_page>();
    page->source = "itaca";
    page->number = number;
    page->bytes = page_bytes(records, "c", "d");
    return page;
  }

  reply_ptr<page_receipt> reads(std::uint64_t number, const std::vector<std::string>& records) {
    return ask<page_receipt>(actor, page_of(number, records));
  }

  void part_answers(deduplicator_stand_in& part, share_receipt receipt) {
    have(part.actor, [&part, receipt] { part.shares.back().promise.deliver(receipt); });
  }
  void part_refuses(deduplicator_stand_in& part, error_code code) {
    have(part.actor, [&part, code] { part.shares.back().promise.deliver(make_error(because(code))); });
  }
  void publisher_answers(page_published reply = {}) {
    have(publisher.actor, [this, reply] { publisher.shares.back().promise.deliver(reply); });
  }
  void publisher_refuses(error_code code) {
    have(publisher.actor,
         [this, code] { publisher.shares.back().promise.deliver(make_error(because(code))); });
  }

  publisher_stand_in publisher;
  deduplicator_stand_in first, second;
  partitioner_actor actor;

  // Of the first part, the second and the first.
  const std::string ana = json_of({.person = person_in_part(0, 2, 0), .flavour = "ESO"});
  const std::string bru = json_of({.person = person_in_part(1, 2, 0), .flavour = "FP"});
  const std::string cai = json_of({.person = person_in_part(0, 2, 1), .flavour = "ESO"});
};

TEST_F(partitioner_test, deals_records_out_by_their_keys_in_the_order_of_the_page) {
  const auto receipt = reads(5, {ana, bru, cai});
  ASSERT_EQ(first.shares.size(), 1U);
  ASSERT_EQ(second.shares.size(), 1U);
  ASSERT_EQ(publisher.shares.size(), 1U);
  EXPECT_THAT(first.shares[0].request.batch->indices, ElementsAre(0U, 2U));
  EXPECT_THAT(second.shares[0].request.batch->indices, ElementsAre(1U));
  EXPECT_EQ(first.shares[0].request.batch->page->records[0].lane, 0U);
  EXPECT_EQ(first.shares[0].request.batch->page->records[1].lane, 1U);
  EXPECT_EQ(first.shares[0].request.shares_total, 3U);
  EXPECT_EQ(second.shares[0].request.shares_total, 3U);
  const auto& own = *publisher.shares[0].request;
  EXPECT_EQ(own.shares_total, 3U);
  EXPECT_EQ(own.changed, nullptr);
  ASSERT_TRUE(own.position);
  EXPECT_EQ(own.position->page_number, 5U);
  EXPECT_EQ(own.position->cursor, "d");
  EXPECT_EQ(own.position->sweep, 17U);
}

TEST_F(partitioner_test, leaves_parts_alone_that_have_no_record_in_the_page) {
  reads(1, {bru});
  EXPECT_TRUE(first.shares.empty());
  EXPECT_EQ(second.shares.at(0).request.shares_total, 2U);
}

TEST_F(partitioner_test, answers_when_all_shares_are_answered_and_sums_them_up) {
  const auto receipt = reads(5, {ana, bru, cai, "7"});
  part_answers(second, {1, 1});
  publisher_answers({5, {{{"ESO-46", 0}, 41}}});
  EXPECT_TRUE(receipt->pending());
  part_answers(first, {2, 1, {{0, 1}}});
  ASSERT_TRUE(receipt->value);
  const auto& sum = *receipt->value;
  EXPECT_EQ(sum.source, "itaca");
  EXPECT_EQ(sum.number, 5U);
  EXPECT_EQ(sum.sweep, 17U);
  EXPECT_EQ(sum.next, "d");
  EXPECT_EQ(sum.read, 4U);
  EXPECT_EQ(sum.unchanged, 2U);
  EXPECT_EQ(sum.changed, 1U);
  EXPECT_EQ(sum.quarantined, 1U);
  EXPECT_EQ(sum.bytes, page_bytes({ana, bru, cai, "7"}, "c", "d").size());
  ASSERT_EQ(sum.lanes.size(), 1U);
  EXPECT_EQ(sum.lanes[0].topic, "ESO-46");
  ASSERT_EQ(sum.ends.size(), 1U);
  EXPECT_EQ(sum.ends[0].last_offset, 41);
}

TEST_F(partitioner_test, says_how_much_goes_to_each_lane) {
  const auto receipt = reads(5, {ana, bru, cai});
  part_answers(second, {1, 0, {{1, 1}}});
  part_answers(first, {2, 0, {{0, 1}, {1, 1}}});
  publisher_answers();
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->changed, 3U);
  ASSERT_EQ(receipt->value->lanes.size(), 2U);
  EXPECT_EQ(receipt->value->lanes[0].topic, "ESO-46");
  EXPECT_EQ(receipt->value->lanes[0].changed, 1U);
  EXPECT_EQ(receipt->value->lanes[1].topic, "FP-46");
  EXPECT_EQ(receipt->value->lanes[1].changed, 2U);
}

TEST_F(partitioner_test, answers_with_the_first_error_when_all_shares_are_answered) {
  const auto receipt = reads(1, {ana, bru});
  part_refuses(second, error_code::transaction_aborted);
  publisher_refuses(error_code::publisher_fenced);
  EXPECT_TRUE(receipt->pending());
  part_answers(first, {1, 0, {{0, 1}}});
  EXPECT_EQ(receipt->code(), error_code::transaction_aborted);
}

TEST_F(partitioner_test, counts_a_share_that_nobody_answers_as_lost) {
  const auto receipt = reads(1, {ana});
  publisher_answers();
  let_pass(59'999ms);
  EXPECT_TRUE(receipt->pending());
  let_pass(1ms);
  EXPECT_EQ(receipt->code(), error_code::downstream_lost);
}

TEST_F(partitioner_test, hears_at_once_of_a_deduplicator_that_is_gone) {
  kill(first.actor);
  const auto receipt = reads(1, {ana});
  publisher_answers();
  EXPECT_EQ(receipt->code(), error_code::downstream_lost);
}

TEST_F(partitioner_test, hands_what_cannot_be_used_to_the_publisher_with_its_own_share) {
  const auto nowhere = json_of({.person = "10000009", .flavour = "ISEACV"});
  reads(1, {nowhere, ana, R"({"year":"2026"})"});
  ASSERT_EQ(publisher.shares.size(), 1U);
  const auto& page = *publisher.shares[0].request->page;
  ASSERT_EQ(page.rejected.size(), 2U);
  EXPECT_EQ(page.rejected[0].reason.code, error_code::lane_unknown);
  EXPECT_EQ(page.rejected[0].position, 0U);
  EXPECT_EQ(page.rejected[1].reason.code, error_code::field_missing);
  EXPECT_THAT(first.shares.at(0).request.batch->indices, ElementsAre(0U));
}

TEST_F(partitioner_test, counts_what_deduplicators_could_not_use_with_what_it_could_not) {
  const auto receipt = reads(1, {json_of({.person = "10000009", .flavour = "ISEACV"}), ana, cai});
  part_answers(first, {2, 0, {{0, 1}}, {{error_code::field_value, 1}}});
  publisher_answers();
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->changed, 1U);
  EXPECT_EQ(receipt->value->quarantined, 2U);
}

TEST_F(partitioner_test, sends_a_page_back_that_it_cannot_read) {
  auto cut = page_of(1, {ana});
  cut->bytes.resize(cut->bytes.size() / 2);
  EXPECT_EQ(ask<page_receipt>(actor, cut)->code(), error_code::page_invalid);
  auto miscounted = page_of(1, {ana});
  miscounted->bytes.replace(miscounted->bytes.find(R"("count":1)"), 9, R"("count":2)");
  EXPECT_EQ(ask<page_receipt>(actor, miscounted)->code(), error_code::page_miscounted);
  EXPECT_TRUE(first.shares.empty());
  EXPECT_TRUE(publisher.shares.empty());
}

TEST_F(partitioner_test, sends_later_pages_back_until_one_that_it_could_not_read_comes_again) {
  auto broken = page_of(5, {ana});
  broken->bytes.pop_back();
  EXPECT_EQ(ask<page_receipt>(actor, broken)->code(), error_code::page_invalid);
  EXPECT_EQ(reads(6, {bru})->code(), error_code::out_of_sequence);
  EXPECT_TRUE(publisher.shares.empty());
  EXPECT_TRUE(reads(5, {ana})->pending());
  EXPECT_TRUE(reads(6, {bru})->pending());
  EXPECT_EQ(publisher.shares.size(), 2U);
}

TEST_F(partitioner_test, commits_the_cursor_of_a_page_that_is_not_modified) {
  auto page = std::make_shared<fetched_page>();
  page->source = "itaca";
  page->number = 9;
  page->not_modified = true;
  page->remembered = {"c", "d", 17, 30'000};
  const auto receipt = ask<page_receipt>(actor, fetched_page_ptr{page});
  ASSERT_EQ(publisher.shares.size(), 1U);
  EXPECT_EQ(publisher.shares[0].request->shares_total, 1U);
  EXPECT_EQ(publisher.shares[0].request->position->cursor, "d");
  publisher_answers();
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->read, 30'000U);
  EXPECT_EQ(receipt->value->unchanged, 30'000U);
}

TEST_F(partitioner_test, answers_what_it_holds_when_it_dies) {
  const auto one = reads(1, {ana});
  const auto other = reads(2, {bru});
  crash(actor);
  EXPECT_EQ(one->code(), error_code::stopping);
  EXPECT_EQ(other->code(), error_code::stopping);
}

TEST_F(partitioner_test, counts_a_publisher_that_does_not_answer_as_lost) {
  const auto receipt = reads(1, {ana});
  part_answers(first, {1, 0, {{0, 1}}});
  let_pass(59'999ms);
  EXPECT_TRUE(receipt->pending());
  let_pass(1ms);
  EXPECT_EQ(receipt->code(), error_code::downstream_lost);
}

TEST_F(partitioner_test, hears_at_once_of_a_publisher_that_is_gone) {
  kill(publisher.actor);
  const auto receipt = reads(1, {ana});
  EXPECT_TRUE(receipt->pending());  // a share is still out
  part_answers(first, {1, 0, {{0, 1}}});
  EXPECT_EQ(receipt->code(), error_code::downstream_lost);
}

TEST_F(partitioner_test, ignores_answers_that_come_after_the_time_out) {
  const auto late = reads(1, {ana});
  let_pass(60s);
  EXPECT_EQ(late->code(), error_code::downstream_lost);
  part_answers(first, {1, 0, {{0, 1}}});
  publisher_answers();
  EXPECT_EQ(late->code(), error_code::downstream_lost);

  const auto again = reads(1, {ana});
  EXPECT_TRUE(again->pending());
  part_answers(first, {1, 0, {{0, 1}}});
  EXPECT_TRUE(again->pending());
  publisher_answers();
  ASSERT_TRUE(again->value);
  EXPECT_EQ(again->value->changed, 1U);
  EXPECT_EQ(first.shares.size(), 2U);
}

TEST_F(partitioner_test, passes_every_reason_on_as_it_is) {
  std::uint64_t number = 0;
  for (const auto why : all_error_codes()) {
    const auto receipt = reads(++number, {ana});
    part_answers(first, {1, 0, {{0, 1}}});
    publisher_refuses(why);
    EXPECT_EQ(name_of(receipt->code()), name_of(why));
    const auto other = reads(++number, {ana});
    publisher_answers();
    part_refuses(first, why);
    EXPECT_EQ(name_of(other->code()), name_of(why));
  }
}

TEST_F(partitioner_test, sets_every_kind_of_poison_aside_with_its_reason) {
  const auto with = [this](const std::string& what, const std::string& instead) {
    auto text = ana;
    return text.replace(text.find(what), what.size(), instead);
  };
  const auto page =
      page_of(1, {"7", with("{", R"({"more":")" + std::string(limits().record_bytes_max, 'x') + R"(",)"),
                  with("IES", "Instituci\xF3"), R"({"year":"2026"})", with(R"("2026")", "2026"),
                  with("2026-09-09", "yesterday"), with(R"("ESO")", R"("ISEACV")"), bru});
  page->salvage = true;
  const auto receipt = ask<page_receipt>(actor, page);
  ASSERT_EQ(publisher.shares.size(), 1U);
  std::vector<std::string_view> reasons;
  for (const auto& rejected : publisher.shares[0].request->page->rejected)
    reasons.push_back(name_of(rejected.reason.code));
  EXPECT_THAT(reasons, ElementsAre("record_not_object", "record_too_large", "record_not_utf8",
                                   "field_missing", "field_type", "field_value", "lane_unknown"));
  EXPECT_TRUE(first.shares.empty());
  EXPECT_THAT(second.shares.at(0).request.batch->indices, ElementsAre(0U));
  part_answers(second, {1, 0, {{1, 1}}});
  publisher_answers();
  ASSERT_TRUE(receipt->value);
  EXPECT_EQ(receipt->value->read, 8U);
  EXPECT_EQ(receipt->value->quarantined, 7U);
  EXPECT_EQ(receipt->value->changed, 1U);
}

}  // namespace
}  // namespace matricula::testing
