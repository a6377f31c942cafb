// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>

namespace matricula {

/// What is known of pages that were read and committed, by their cursor: enough to skip a page that the
/// source says is not modified (HTTP 304).
class page_memory {
 public:
  struct remembered {
    std::string etag;
    page_envelope envelope;
  };

  /// Forgets everything once more than `pages_max` pages are remembered.
  explicit page_memory(std::size_t pages_max)
      : pages_max_(pages_max) {}

  void remember(const std::optional<std::string>& cursor, remembered what) {
    if (what.etag.empty())
      return;
    if (pages_.size() >= pages_max_)
      pages_.clear();
    pages_[cursor] = std::move(what);
  }

  /// What the pages hold may not be in Kafka any more: they are to be read again.
  void forget() { pages_.clear(); }

  /// Null if the page is not known.
  const remembered* find(const std::optional<std::string>& cursor) const {
    const auto found = pages_.find(cursor);
    return found == pages_.end() ? nullptr : &found->second;
  }

 private:
  std::size_t pages_max_;
  std::map<std::optional<std::string>, remembered> pages_;
};

}  // namespace matricula
