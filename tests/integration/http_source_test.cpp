// SPDX-License-Identifier: Apache-2.0
#include "actors/fetch/http_source.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <functional>
#include <string>
#include <thread>

namespace matricula {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

/// A server that answers as the test says, and a source that reads from it.
class http_source_test : public ::testing::Test {
 protected:
  static constexpr std::size_t page_bytes_max = 1'000;

  void SetUp() override {
    server_.Get("/feed", [this](const httplib::Request& request, httplib::Response& answer) {
      answers(request, answer);
    });
    const int port = server_.bind_to_any_port("127.0.0.1");
    ASSERT_GT(port, 0);
    thread_ = std::thread{[this] { server_.listen_after_bind(); }};
    while (!server_.is_running())
      std::this_thread::yield();
    source_settings settings;
    settings.url = "http://127.0.0.1:" + std::to_string(port) + "/feed";
    settings.request_timeout = seconds{20};
    source = make_http_source(settings, page_bytes_max);
  }

  void TearDown() override {
    server_.stop();
    if (thread_.joinable())
      thread_.join();
  }

  /// From now on every answer is this one.
  void answers_with(int status, const std::string& body, const std::string& header = "",
                    const std::string& value = "") {
    answers = [=](const httplib::Request&, httplib::Response& answer) {
      answer.status = status;
      answer.set_content(body, "application/json");
      if (!header.empty())
        answer.set_header(header, value);
    };
  }

  error_code code_of_a_read() {
    const auto read = source->read(std::nullopt, "");
    return read ? error_code::none : read.error().code;
  }

  std::function<void(const httplib::Request&, httplib::Response&)> answers;
  page_source_ptr source;

 private:
  httplib::Server server_;
  std::thread thread_;
};

TEST_F(http_source_test, waits_as_long_as_it_is_asked_to_but_not_for_ever) {
  answers_with(503, "", "Retry-After", "7");
  EXPECT_EQ(code_of_a_read(), error_code::source_unavailable);
  EXPECT_EQ(source->retry_after(), seconds{7});
  answers_with(503, "", "Retry-After", "86400");
  EXPECT_EQ(code_of_a_read(), error_code::source_unavailable);
  EXPECT_EQ(source->retry_after(), minutes{10});
  answers_with(503, "", "Retry-After", "9223372036854775000");
  EXPECT_EQ(code_of_a_read(), error_code::source_unavailable);
  EXPECT_EQ(source->retry_after(), minutes{10});
  answers_with(200, "{}");
  EXPECT_EQ(code_of_a_read(), error_code::none);
  EXPECT_EQ(source->retry_after(), milliseconds{0});
}

TEST_F(http_source_test, tells_a_cursor_that_is_gone_from_a_source_that_is_down) {
  answers_with(410, "");
  EXPECT_EQ(code_of_a_read(), error_code::cursor_unknown);
  answers_with(500, "");
  EXPECT_EQ(code_of_a_read(), error_code::source_unavailable);
}

TEST_F(http_source_test, reads_no_page_that_is_too_long) {
  answers_with(200, std::string(page_bytes_max, ' '));
  EXPECT_EQ(code_of_a_read(), error_code::none);
  answers_with(200, std::string(page_bytes_max + 1, ' '));
  EXPECT_EQ(code_of_a_read(), error_code::page_invalid);
}

TEST_F(http_source_test, is_told_that_a_page_is_as_it_was) {
  answers = [](const httplib::Request& request, httplib::Response& answer) {
    answer.set_header("ETag", "\"7\"");
    if (request.get_header_value("If-None-Match") == "\"7\"")
      answer.status = 304;
    else
      answer.set_content("{}", "application/json");
  };
  const auto first = source->read(std::nullopt, "");
  ASSERT_TRUE(first) << first.error().text;
  EXPECT_EQ(first->etag, "\"7\"");
  EXPECT_FALSE(first->not_modified);
  const auto again = source->read(std::nullopt, first->etag);
  ASSERT_TRUE(again) << again.error().text;
  EXPECT_TRUE(again->not_modified);
  EXPECT_EQ(again->etag, "\"7\"");
}

}  // namespace
}  // namespace matricula
