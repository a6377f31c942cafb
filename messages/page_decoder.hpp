// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/page.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace matricula {

/// The lane of a flavour and province, or nothing if the topology has none.
using lane_lookup =
    std::function<std::optional<std::uint16_t>(std::string_view flavour, std::string_view province)>;

/// How much of a record the decoder reads.
enum class reading : std::uint8_t {
  whole,  ///< every field: what is in page::records can be used
  keys,  ///< the fields of the key, and the rest only where these are not as usual: for who knows the content of most
  ///< records already, and has the others checked (record_checker)
};

/// Turns the bytes of one read of the feed (docs/feed.md) into a page. Not thread-safe; reuse one for many
/// pages, its buffers stay.
class page_decoder {
 public:
  /// Records longer than `record_bytes_max` are rejected unread.
  page_decoder(lane_lookup lanes, std::size_t record_bytes_max, reading how = reading::whole);
  ~page_decoder();
  page_decoder(page_decoder&&) noexcept;
  page_decoder& operator=(page_decoder&&) noexcept;

  /// Decodes a whole page or nothing. `into` has source, number and requested_at set by the caller; the rest
  /// is filled. A record that cannot be used, as far as it was read, is listed in page::rejected and the rest goes on. Of two records
  /// with one key the later wins. Errors: page_invalid (with the byte position), page_miscounted.
  ///
  /// A page that is not UTF-8 is invalid, for it may have been damaged on the way. With `salvage` it is taken
  /// for what the source has: its records with such bytes are rejected, and the rest goes on.
  result<page_ptr> decode(std::string bytes, page into, bool salvage = false);

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace matricula
