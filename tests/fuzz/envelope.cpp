// SPDX-License-Identifier: Apache-2.0
// Any bytes as a page: the envelope that is read ahead is the one that the whole page turns out to have.
#include "messages/control_json.hpp"

#include "tests/fuzz/fuzzing.hpp"

namespace matricula::fuzzing {
namespace {

void peek_and_compare(const std::string& bytes) {
  static auto decoder = make_decoder();
  const auto ahead = peek_envelope(bytes);
  if (!ahead)
    return;
  for (const bool salvage : {false, true}) {
    const auto page = decoded(decoder, bytes, salvage);
    if (!page)
      continue;
    const auto& envelope = (*page)->envelope;
    require(ahead->cursor == envelope.cursor, "the cursor read ahead is the page's");
    require(ahead->next == envelope.next, "the next cursor read ahead is the page's");
    require(ahead->sweep == envelope.sweep, "the sweep read ahead is the page's");
    require(ahead->count == envelope.count, "the count read ahead is the page's");
  }
}

}  // namespace
}  // namespace matricula::fuzzing

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  matricula::fuzzing::peek_and_compare(matricula::fuzzing::text_of(data, size));
  return 0;
}
