// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <mutex>
#include <optional>
#include <pqxx/pqxx>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace matricula {

/// Somebody who works in a Moodle by hand, one thing after the other, while a site's batches come: makes courses, a category
/// and accounts, enrols people, puts them into groups, gives other names, shows and hides courses and categories, moves and
/// deletes categories, suspends somebody. What he does is drawn from a seed. The rows are those that Moodle's own functions write, and each statement is a transaction of
/// its own, as in Moodle's pages.
///
/// What he has written is in the table by_hand: the table, the row's id, and the columns that are his. `differences` of it is
/// empty as long as nobody has changed or deleted any of that.
class moodle_worker {
 public:
  /// Names that a batch to come wants, and that he may take before it does.
  struct names_to_come {
    std::string shortname, category, username;
  };

  moodle_worker(const std::string& database_url, unsigned seed,
                std::vector<std::vector<names_to_come>> rounds);
  ~moodle_worker();
  moodle_worker(const moodle_worker&) = delete;
  moodle_worker& operator=(const moodle_worker&) = delete;

  /// From now on he takes no names of this round and of those before it.
  void begin_round(std::size_t round);
  /// How many things he has done.
  std::size_t done() const { return done_; }
  /// How many of them Moodle could not write, since a batch had written the same at that moment.
  std::size_t refused() const { return refused_; }
  /// Waits until he has done so many, or has failed.
  void await(std::size_t done);
  /// Has him end; why he had to end before; empty: he had not.
  std::string stop();

  /// The rows of by_hand that are otherwise now, a line each.
  static std::string differences(pqxx::transaction_base& work);

 private:
  void work_on();
  void do_something();

  void make_a_course();
  void take_a_shortname();
  void make_a_category();
  void make_an_account();
  void enrol();
  void put_into_a_group();
  void suspend();
  void look_into_a_course();
  void show_or_hide();
  void hide_or_show_a_category();
  void move_a_category();
  void delete_a_category();
  void rename(const char* table, const char* column, const std::string& whose);

  std::int64_t course_in(std::int64_t category, const std::string& name, const std::string& shortname);
  std::int64_t category_at_the_top(const std::string& idnumber);
  void give_context(int level, std::int64_t instance, std::int64_t above);
  void sort_and_count();
  /// Moodle's flag that somebody's rights are to be read anew.
  void flag(std::int64_t user);

  /// Inserts a row, his own in all its columns but `not_his`; its id, none if the statement inserts none.
  std::optional<std::int64_t> insert(const std::string& table, const std::string& sql,
                                     std::initializer_list<std::string> values,
                                     const std::string& not_his = "");
  /// Sets columns of a row, which are his from then on.
  void set(const std::string& table, std::int64_t id, const std::string& assignments,
           std::initializer_list<const char*> columns);
  /// What of his in these columns he has just changed himself, together with other rows.
  void know_anew(const std::string& table, std::initializer_list<const char*> columns);
  std::optional<std::int64_t> ask(const std::string& sql, std::initializer_list<std::string> values = {});
  void exec(const std::string& sql, std::initializer_list<std::string> values = {});
  std::int64_t drawn(std::size_t below);

  std::string database_url_;
  std::mt19937 random_;
  std::vector<std::vector<names_to_come>> rounds_;
  std::optional<pqxx::connection> connection_;
  std::size_t number_ = 0;  ///< of the thing that he does, for names
  std::atomic<std::size_t> done_ = 0, refused_ = 0;
  std::atomic<bool> stopping_ = false;
  std::mutex round_mutex_;  ///< held while a name to come is taken
  std::size_t first_round_to_come_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  // From here on under `mutex_`.
  std::string failure_;
  bool has_ended_ = false;
  std::thread thread_;
};

}  // namespace matricula
