// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/errors.hpp"

#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace matricula {

/// What the source answered to one request for a page.
struct source_answer {
  std::string bytes;
  std::string etag;           ///< empty: none
  bool not_modified = false;  ///< the page of this cursor is as it was under the etag sent
};

/// A feed of pages (docs/feed.md). Blocking; read is called by one thread, interrupt by any.
class page_source {
 public:
  virtual ~page_source() = default;

  /// Reads the page at `cursor` (none: the first of a sweep). Errors: source_unavailable, page_cut,
  /// page_invalid (longer than limits.page_bytes_max), cursor_unknown, stopping (interrupted).
  virtual result<source_answer> read(const std::optional<std::string>& cursor, const std::string& etag) = 0;

  /// How long the source asked us to wait, by the last answer's Retry-After; zero if it did not.
  virtual std::chrono::milliseconds retry_after() const = 0;

  /// Makes a read that goes on, and every later one, answer `stopping` soon.
  virtual void interrupt() = 0;
};

using page_source_ptr = std::shared_ptr<page_source>;

}  // namespace matricula
