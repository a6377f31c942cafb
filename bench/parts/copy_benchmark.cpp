// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/copy_encoder.hpp"
#include "messages/enrolment.hpp"
#include "messages/hashing.hpp"
#include "messages/page_decoder.hpp"
#include "parts/counting.hpp"
#include "parts/school_pages.hpp"

#include <benchmark/benchmark.h>

namespace matricula::bench {
namespace {

/// Messages of a site become rows for COPY: read, checked, encoded.
void copy_encoding(benchmark::State& state) {
  page_decoder decoder{[](std::string_view, std::string_view) { return std::optional<std::uint16_t>{0}; },
                       1U << 20};
  const auto page = *decoder.decode(school_pages{page_records}.first(), {});
  enrolment_reader reader;
  enrolment record;
  copy_encoder encoder;
  std::size_t bytes = 0;
  for (auto _ : state) {
    encoder.clear();
    std::int32_t ordinal = 0;
    for (const auto& view : page->records) {
      if (const auto rejected = reader.read(page->json(view), record))
        state.SkipWithError(rejected->text.c_str());
      encoder.append({.ordinal = ++ordinal,
                      .key = page->key(view),
                      .classroom = page->key(view).substr(0, 30),
                      .key_hash = view.key_hash,
                      .content_hash = view.content_hash,
                      .revision = static_cast<revision_t>(ordinal),
                      .record = record});
    }
    bytes = encoder.rows().size();
  }
  state.counters["bytes_per_row"] = static_cast<double>(bytes) / static_cast<double>(page->records.size());
  count(state, page->records.size());
}
BENCHMARK(copy_encoding)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace matricula::bench
