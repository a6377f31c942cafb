// SPDX-License-Identifier: Apache-2.0
#include "actors/apply/copy_encoder.hpp"
#include "messages/enrolment.hpp"
#include "messages/hashing.hpp"
#include "messages/page_decoder.hpp"
#include "parts/counting.hpp"
#include "parts/school_pages.hpp"

#include <benchmark/benchmark.h>

#include <vector>

namespace matricula::bench {
namespace {

page_ptr one_page() {
  page_decoder decoder{[](std::string_view, std::string_view) { return std::optional<std::uint16_t>{0}; },
                       1U << 20};
  return *decoder.decode(school_pages{page_records}.first(), {});
}

staged_record row_of(const page& from, const record_view& view, std::int32_t ordinal,
                     const enrolment& record) {
  return {.ordinal = ordinal,
          .key = from.key(view),
          .classroom = from.key(view).substr(0, 30),
          .key_hash = view.key_hash,
          .content_hash = view.content_hash,
          .revision = static_cast<revision_t>(ordinal),
          .record = record};
}

void count_rows(benchmark::State& state, std::size_t bytes, std::size_t rows) {
  state.counters["bytes_per_row"] = static_cast<double>(bytes) / static_cast<double>(rows);
  count(state, rows);
}

/// Records that have been read become rows for COPY. A reader keeps but one, so each has its own, and they are few.
void copy_encoding_alone(benchmark::State& state) {
  constexpr std::size_t records_read = 1'000;
  const auto page = one_page();
  std::vector<enrolment_reader> readers(records_read);
  std::vector<enrolment> records(records_read);
  for (std::size_t i = 0; i < records_read; ++i)
    if (const auto rejected = readers[i].read(page->json(page->records[i]), records[i]))
      state.SkipWithError(rejected->text.c_str());
  copy_encoder encoder;
  std::size_t bytes = 0;
  for (auto _ : state) {
    encoder.clear();
    for (std::size_t i = 0; i < records_read; ++i)
      encoder.append(row_of(*page, page->records[i], static_cast<std::int32_t>(i + 1), records[i]));
    bytes = encoder.rows().size();
    benchmark::DoNotOptimize(bytes);
  }
  count_rows(state, bytes, records_read);
}
BENCHMARK(copy_encoding_alone)->Unit(benchmark::kMillisecond);

/// Messages of a site become rows for COPY: read, checked, encoded.
void copy_encoding(benchmark::State& state) {
  const auto page = one_page();
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
      encoder.append(row_of(*page, view, ++ordinal, record));
    }
    bytes = encoder.rows().size();
  }
  count_rows(state, bytes, page->records.size());
}
BENCHMARK(copy_encoding)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace matricula::bench
