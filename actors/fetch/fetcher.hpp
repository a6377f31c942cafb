// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/fetch/page_memory.hpp"
#include "actors/fetch/page_source.hpp"
#include "actors/fetch/retry_queue.hpp"
#include "actors/fetch/topic_tail.hpp"
#include "actors/protocol.hpp"
#include "actors/supervise/adapters.hpp"
#include "actors/supervise/outage_log.hpp"
#include "actors/supervise/restart_policy.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

#include <map>
#include <optional>
#include <string>

namespace matricula {

/// Reads pages one after the other, each `every` after the start of the one before. Skips no page: while
/// pages_in_flight_max pages are unanswered it waits, and after a failure it reads again from the last page
/// committed.
///
///     start ─▶ due ──read──▶ due …                       (fewer pages in flight than the limit)
///              │ │            └▶ full ──receipt──▶ due
///              │ └ read fails ─▶ back-off ─▶ due
///              └ a page is sent back ─▶ waits for all others in flight ─▶ back-off ─▶ due, from the last
///              page committed
///
/// Before each page it looks into the quarantine topic. If retries were asked for, a page of their records goes first,
/// which leaves the cursor where it is; the source's own page follows at once.
struct fetcher_state {
  /// A page between here and Kafka.
  struct page_in_flight {
    std::optional<std::string> cursor;  ///< it was asked for with this
    std::string etag;
    std::size_t retries = 0;             ///< records out of quarantine; 0: it was read from the source
    std::vector<std::string> dropped{};  ///< see page::dropped
  };

  static inline const char* name = "fetcher";
  static constexpr std::size_t pages_remembered_max = 4096;
  /// A page that is invalid this often in a row is what the source has: what can be used of it is.
  static constexpr std::uint32_t invalid_reads_max = 3;
  /// Requests for retries are read on only while fewer bytes of records are held.
  static constexpr std::size_t retry_bytes_max = 64U << 20U;

  fetcher_actor::pointer self = nullptr;
  deployment_ptr deployment;
  source_settings settings;
  page_source_ptr source;
  partitioner_actor partitioner;
  scoreboard_actor scoreboard;

  std::uint64_t last_page = 0;  ///< no page after this one is read; 0: no such page
  source_position committed;    ///< the last page that Kafka has
  source_position asked;        ///< the last page asked for; next comes asked.page_number + 1 at asked.cursor
  bool cursor_known =
      true;  ///< false: the page asked for last must be answered before the next can be asked for
  std::map<std::uint64_t, page_in_flight> in_flight;
  std::uint32_t invalid_reads = 0;  ///< of the page after the last committed, one after the other
  bool sent_back = false;           ///< a page failed; the others in flight will too
  bool reading_again = false;       ///< a page was sent back, and none of the source's was committed since
  bool timer_set = false;
  steady_time due;  ///< when the timer that counts is up; earlier ones are void
  bool stopping = false;
  steady_time started_last;
  std::optional<back_off> delays;         ///< after a page was sent back
  std::optional<back_off> source_delays;  ///< after the source failed: grow to what it is asked at its best
  page_memory memory{pages_remembered_max};
  outage_log outage;
  topic_tail_ptr quarantine;
  std::optional<retry_queue> retries;
  std::vector<std::string> dropped;  ///< see page::dropped; for the next page
  bool retried_last = false;         ///< the page asked for last was one of retries: the source's turn
  outage_log quarantine_outage;
  caf::typed_response_promise<done> stopped;

  ~fetcher_state();

  void start(source_position position);
  void tick();
  caf::result<done> stop();

 private:
  bool finished() const;
  bool may_read() const;
  void schedule();
  void wait(std::chrono::milliseconds delay);
  void read_page();
  void forget_pages();
  bool send_retries();
  bool knows_retries();
  void send_on(fetched_page page, page_in_flight flight, const std::optional<page_envelope>& envelope);
  void received(page_receipt receipt);
  void refused(std::uint64_t number, const caf::error& why);
  void answered();
  void log_failure(const failure& why);
};

fetcher_actor::behavior_type fetcher(fetcher_actor::stateful_pointer<fetcher_state> self,
                                     deployment_ptr deployment, source_settings settings,
                                     page_source_ptr source, partitioner_actor partitioner,
                                     scoreboard_actor scoreboard, std::uint64_t last_page);

}  // namespace matricula
