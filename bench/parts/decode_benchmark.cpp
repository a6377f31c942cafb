// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/content_index.hpp"
#include "actors/partition/key_shares.hpp"
#include "actors/partition/lane_table.hpp"
#include "messages/hashing.hpp"
#include "messages/page_decoder.hpp"
#include "parts/counting.hpp"
#include "parts/key_fields.hpp"
#include "parts/school_pages.hpp"

#include <benchmark/benchmark.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace matricula::bench {
namespace {

constexpr std::size_t record_bytes_max = 1U << 20;
constexpr std::uint64_t compared_records = 1'000'000;
/// As many as do not all stay in the caches.
constexpr std::size_t pages_read = 8;

/// All lanes of the three provinces, one source.
std::vector<lane_settings> all_lanes() {
  std::vector<lane_settings> lanes;
  for (const char* flavour :
       {"Infantil", "Primaria", "ESO", "Batxillerat", "FP", "FPA", "ISEACV", "Especials"})
    for (const char* province : {"03", "12", "46"}) {
      lane_settings lane;
      lane.flavour = flavour;
      lane.province = province;
      lane.source = "itaca";
      lane.topic = std::string{flavour} + '-' + province;
      lanes.push_back(lane);
    }
  return lanes;
}

page_decoder decoder(reading how) {
  return page_decoder{
      [table = lane_table{all_lanes(), "itaca"}](std::string_view flavour, std::string_view province) {
        return table.find(flavour, province);
      },
      record_bytes_max, how};
}

page numbered(std::uint64_t number) {
  page empty;
  empty.source = "itaca";
  empty.number = number;
  return empty;
}

/// As it comes from the source: with room behind it for what simdjson reads beyond the end.
std::string as_read(const std::string& bytes) {
  std::string page;
  page.reserve(bytes.size() + simdjson::SIMDJSON_PADDING);
  page.assign(bytes);
  return page;
}

/// Pages in turns, which are copied while the clock stands: those that decode_and_dedup_of_an_unchanged_page/1000000 reads.
class pages_in_turns {
 public:
  explicit pages_in_turns(std::vector<std::string> pages)
      : pages_(std::move(pages)) {}

  std::string next(benchmark::State& state) {
    state.PauseTiming();
    const auto& page = pages_[turn_++ % pages_.size()];
    bytes_ += page.size();
    auto copy = as_read(page);
    state.ResumeTiming();
    return copy;
  }
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<std::string> pages_;
  std::size_t turn_ = 0, bytes_ = 0;
};

void count_pages(benchmark::State& state, const pages_in_turns& read) {
  count(state, page_records);
  state.SetBytesProcessed(static_cast<std::int64_t>(read.bytes()));
}

/// What no reader of this feed can be faster than: simdjson looks for the fields of the key, in the order in which the
/// source writes them, and does nothing with them.
void floor_key_fields_by_simdjson(benchmark::State& state) {
  pages_in_turns pages{school_pages{compared_records}.first(pages_read)};
  simdjson::ondemand::parser parser;
  std::size_t lengths = 0;
  for (auto _ : state) {
    const auto copy = pages.next(state);
    lengths += lengths_of_key_fields(parser,
                                     simdjson::padded_string_view{copy.data(), copy.size(), copy.capacity()});
  }
  benchmark::DoNotOptimize(lengths);
  count_pages(state, pages);
}
BENCHMARK(floor_key_fields_by_simdjson)->Unit(benchmark::kMillisecond);

/// A page's bytes become records with lane, key and hashes.
void decode(benchmark::State& state, reading how) {
  pages_in_turns pages{school_pages{compared_records}.first(pages_read)};
  auto decoding = decoder(how);
  for (auto _ : state) {
    auto page = decoding.decode(pages.next(state), numbered(1));
    benchmark::DoNotOptimize(page);
    state.PauseTiming();
    page = failure{};
    state.ResumeTiming();
  }
  count_pages(state, pages);
}
BENCHMARK_CAPTURE(decode, whole, reading::whole)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(decode, keys, reading::keys)->Unit(benchmark::kMillisecond);

/// Decoded, dealt out by the keys, and compared with an index of so many keys, which knows all of them. From a million on
/// those that are not read are made up.
void decode_and_dedup_of_an_unchanged_page(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  const school_pages pages{std::min(keys, compared_records)};
  auto decoding = decoder(reading::keys);
  std::vector<content_index> parts(parts_of_a_source);
  std::uint64_t number = 0;
  const auto deal_out = [&](const page_ptr& page) {
    std::size_t changed = 0;
    const auto shares = shares_of(page, parts.size());
    for (std::size_t part = 0; part < parts.size(); ++part)
      if (shares[part]) {
        changed += parts[part].select(*shares[part]).size();
        parts[part].commit(page->number);
      }
    return changed;
  };
  pages.for_each(
      [&](std::string bytes) { deal_out(*decoding.decode(std::move(bytes), numbered(++number))); });
  for (auto key = compared_records; key < keys; ++key) {
    const auto key_hash =
        key_hash_of({reinterpret_cast<const char*>(&key), sizeof key});  // NOLINT: any bytes
    parts[part_of_keys(key_hash, parts.size())].load({key_hash, key, 1});
  }
  pages_in_turns known{pages.first(pages_read)};
  std::size_t changed = 0, records = 0;
  for (auto _ : state) {
    const auto page = decoding.decode(known.next(state), numbered(++number));
    changed += deal_out(*page);
    records += (*page)->records.size();
  }
  if (changed != 0)
    state.SkipWithError("a page that is not changed was taken for one");
  state.SetItemsProcessed(static_cast<std::int64_t>(records));
  state.SetBytesProcessed(static_cast<std::int64_t>(known.bytes()));
}
BENCHMARK(decode_and_dedup_of_an_unchanged_page)
    ->Arg(100'000)
    ->Arg(compared_records)
    ->Arg(8'000'000)
    ->Unit(benchmark::kMillisecond);

void lane_of_a_record(benchmark::State& state) {
  const lane_table table{all_lanes(), "itaca"};
  const auto lanes = all_lanes();
  std::size_t i = 0;
  for (auto _ : state) {
    const auto& lane = lanes[i++ % lanes.size()];
    benchmark::DoNotOptimize(table.find(lane.flavour, lane.province));
  }
  count(state, 1);
}
BENCHMARK(lane_of_a_record);

}  // namespace
}  // namespace matricula::bench
