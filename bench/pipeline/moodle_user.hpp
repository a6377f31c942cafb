// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <pqxx/pqxx>
#include <string>
#include <thread>
#include <vector>

namespace matricula::bench {

/// Somebody at work in Moodle: one page after the other, each a transaction, and how long the database made him wait.
class moodle_user {
 public:
  /// What a page does, with the number of the page.
  using page = std::function<void(pqxx::transaction_base& work, std::size_t number)>;

  moodle_user(const std::string& database_url, page each);
  ~moodle_user();
  moodle_user(const moodle_user&) = delete;
  moodle_user& operator=(const moodle_user&) = delete;

  struct waits {
    double longest_ms = 0;
    std::size_t pages = 0;
  };
  /// Since this was asked last. Throws std::runtime_error if a page has failed.
  waits take();

  /// The server's process for him; 0: not connected yet.
  int server_process() const { return server_process_; }

 private:
  void work_on();

  std::string database_url_;
  page each_;
  std::atomic<bool> stopping_ = false;
  std::atomic<int> server_process_ = 0;
  std::mutex mutex_;
  // From here on under the mutex.
  waits seen_;
  std::string failure_;
  std::thread thread_;
};

/// Opens a course and the list of his own courses, of the people and courses that matricula has made.
void look_at_a_course(pqxx::transaction_base& work, std::size_t number);
/// A page by which one of `people`, ITACA's ids, is seen in a course of his, changes its date, and enrols a person in it by
/// hand; as long as he has no course, or there are none, one of the first whom matricula has given an account.
moodle_user::page changing_courses_of(std::vector<std::string> people);

}  // namespace matricula::bench
