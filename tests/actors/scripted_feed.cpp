// SPDX-License-Identifier: Apache-2.0
#include "tests/actors/scripted_feed.hpp"

#include "messages/hashing.hpp"

#include <stdexcept>
#include <utility>

namespace matricula::testing {

std::string json_of(const enrolled& who) {
  return R"({"year":"2026","status":")" + who.status + R"(","since":"2026-09-09","role":")" + who.role +
         R"(","centre":{"code":")" + who.centre + R"(","name":"IES","flavour":")" + who.flavour +
         R"("},"course":{"code":"1234567890","name":"1r"},"subject":{"code":"MAT","name_val":"Mat",)"
         R"("name_cas":"Mat"},"group":{"code":"1A","name":"1A","tutor":null},"person":{"id":")" +
         who.person +
         R"(","name":"N","surname1":"S","surname2":null,"email":null,"born":null},)"
         R"("teachers":[],"timetable":[]})";
}

std::string key_of(const enrolled& who) {
  return "2026/" + who.centre + "/1234567890/MAT/1A/" + who.person + "/" + who.role;
}

std::string page_bytes(const std::vector<std::string>& records, const std::optional<std::string>& cursor,
                       const std::optional<std::string>& next) {
  std::string bytes = R"({"page":{"cursor":")" + cursor.value_or("") + '"';
  if (next)
    bytes += R"(,"next":")" + *next + '"';
  bytes += R"(,"sweep":17,"count":)" + std::to_string(records.size()) + R"(},"records":[)";
  for (std::size_t i = 0; i < records.size(); ++i)
    bytes += (i == 0 ? "" : ",") + records[i];
  return bytes + "]}";
}

class scripted_source final : public page_source {
 public:
  explicit scripted_source(scripted_feed& feed)
      : feed_(feed) {}

  result<source_answer> read(const std::optional<std::string>& cursor, const std::string& etag) override {
    if (interrupted_)
      return failure{error_code::stopping, "interrupted"};
    return feed_.read(cursor, etag);
  }
  std::chrono::milliseconds retry_after() const override { return feed_.retry_after; }
  void interrupt() override { interrupted_ = feed_.interrupted = true; }

 private:
  scripted_feed& feed_;
  bool interrupted_ = false;
};

void scripted_feed::add_page(const std::vector<enrolled>& records) {
  pages_.emplace_back();
  change_page(pages_.size() - 1, records);
}

void scripted_feed::change_page(std::size_t index, const std::vector<enrolled>& records) {
  auto& page = pages_[index];
  page.clear();
  for (const auto& record : records)
    page.push_back(json_of(record));
}

void scripted_feed::fail(failure why, std::size_t times) {
  for (std::size_t i = 0; i < times; ++i)
    played_first_.emplace_back(why);
}

void scripted_feed::answer(source_answer answer) { played_first_.emplace_back(std::move(answer)); }

std::vector<std::chrono::milliseconds> scripted_feed::times() const {
  std::vector<std::chrono::milliseconds> all;
  for (const auto& request : requests)
    all.push_back(std::chrono::duration_cast<std::chrono::milliseconds>(request.at - requests.front().at));
  return all;
}

std::vector<std::string> scripted_feed::cursors() const {
  std::vector<std::string> all;
  for (const auto& request : requests)
    all.push_back(request.cursor.value_or("-"));
  return all;
}

page_source_ptr scripted_feed::open() {
  ++opened;
  interrupted = false;
  return std::make_shared<scripted_source>(*this);
}

result<source_answer> scripted_feed::read(const std::optional<std::string>& cursor, const std::string& etag) {
  requests.push_back({cursor, etag, now_()});
  if (std::exchange(throws, false))
    throw std::logic_error{"a bug, as planned"};
  if (!played_first_.empty()) {
    auto next = std::move(played_first_.front());
    played_first_.pop_front();
    if (const auto* why = std::get_if<failure>(&next))
      return *why;
    return std::get<source_answer>(std::move(next));
  }
  const auto index = cursor ? static_cast<std::size_t>(std::stoul(*cursor)) : 0;
  if (index >= pages_.size())
    return failure{error_code::cursor_unknown, "no such page"};
  const auto next = index + 1 < pages_.size() ? std::optional{std::to_string(index + 1)} : std::nullopt;
  source_answer answer;
  answer.bytes = page_bytes(pages_[index], cursor, next);
  if (tells_etags) {
    answer.etag = std::to_string(content_hash_of(answer.bytes));
    if (answer.etag == etag) {
      answer.bytes.clear();
      answer.not_modified = true;
    }
  }
  return answer;
}

}  // namespace matricula::testing
