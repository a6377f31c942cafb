// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/receipts.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace matricula {

/// The figures of a run: what was read, published and applied, and when a page was applied at every site of
/// this process that subscribes to one of its topics. Told in any order; a site may report a page's records
/// before the source reports the page.
class run_figures {
 public:
  struct site_topics {
    std::string name;
    std::vector<std::string> topics;
  };

  /// Figures of at most `pages_max` pages are kept, the newest. The run has begun at `began`.
  run_figures(std::vector<std::string> sources, std::vector<site_topics> sites, std::size_t pages_max,
              steady_time began = std::chrono::steady_clock::now());

  void page(const page_receipt& receipt);

  /// The source goes on after this position. A page that Kafka has, and whose receipt has not come since the
  /// first of these calls, was committed by a group that died before it could tell: it is counted, with no
  /// figures but those of its arrival, once every site has what the lanes held now.
  void begins(const std::string& source, const source_position& position);

  void applied(const std::string& site, const applied_receipt& receipt);
  /// So many entries of its topics are not applied yet at a site.
  void lag(const std::string& site, std::int64_t entries);
  void event(const stage_event& event);

  /// Whether each source has this many pages applied at every site.
  bool pages_applied(std::uint64_t pages) const;

  /// The figures so far (docs/operations.md describes them): {"pages": […], "sources": […], "sites": […]}.
  /// Without `with_pages` the pages' own figures are left out.
  std::string json(bool with_pages = true) const;

 private:
  /// A partition of a site that still has to reach an offset of a page.
  struct awaited {
    std::size_t site = 0;
    topic_partition where;
    std::int64_t last_offset = 0;
  };
  struct page_figures {
    page_receipt receipt;
    std::vector<awaited> awaited_at;
    std::optional<steady_time> applied_at;
    std::map<std::string, steady_time> applied_at_site;
    std::uint64_t applied = 0;  ///< records, at all sites together
  };
  struct reached {
    std::int64_t next_offset = 0;
    steady_time at;
  };
  struct page_read {
    steady_time requested_at, published_at;
    std::uint64_t records = 0;
  };
  struct source_figures {
    std::string name, state;
    std::uint64_t pages = 0, pages_applied = 0, read = 0, unchanged = 0, changed = 0, quarantined = 0,
                  restarts = 0;
    std::deque<page_read> last_pages;        ///< newest last
    std::optional<std::uint64_t> last_page;  ///< the number of the last page known to be in Kafka
  };
  struct site_figures {
    std::string name, state;
    std::vector<std::string> topics;
    std::uint64_t batches = 0, records = 0, created = 0, changed = 0, withdrawn = 0, unchanged = 0,
                  superseded = 0, held = 0, quarantined = 0, restarts = 0;
    std::map<std::pair<std::string, std::int32_t>, std::deque<reached>> partitions;  ///< newest last
    std::int64_t lag = 0;
    std::optional<steady_time> applied_at;     ///< the newest batch
    std::map<std::string, std::string> parts;  ///< what hinders a part of it
  };

  source_figures* source_named(const std::string& name);
  site_figures* site_named(const std::string& name);
  bool subscribes(const site_figures& site, const std::string& topic) const;
  std::optional<steady_time> reached_at(const awaited& what) const;
  void settle(page_figures& page);

  std::vector<source_figures> sources_;
  std::vector<site_figures> sites_;
  std::size_t pages_max_;
  steady_time began_;
  std::deque<page_figures> pages_;
};

}  // namespace matricula
