// SPDX-License-Identifier: Apache-2.0
#include "actors/dedup/content_index.hpp"
#include "messages/hashing.hpp"
#include "parts/counting.hpp"

#include <benchmark/benchmark.h>
#include <malloc.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <random>

namespace matricula::bench {
namespace {

index_entry entry_of(std::uint64_t number) {
  const auto key_hash = key_hash_of(
      {reinterpret_cast<const char*>(&number), sizeof number});  // NOLINT: any eight bytes will do
  return {key_hash, key_hash * 31, number + 1};
}

std::unique_ptr<content_index> index_of(std::uint64_t keys) {
  auto index = std::make_unique<content_index>();
  for (std::uint64_t i = 0; i < keys; ++i)
    index->load(entry_of(i));
  return index;
}

/// Of the process, without what has been freed.
double resident_bytes() {
  malloc_trim(0);
  std::size_t pages_mapped = 0, pages_resident = 0;
  std::ifstream{"/proc/self/statm"} >> pages_mapped >> pages_resident;
  return static_cast<double>(pages_resident) * static_cast<double>(sysconf(_SC_PAGESIZE));
}

/// A page of records whose keys are drawn by lot from the index's, each with the content that it knows.
page_ptr page_of(std::uint64_t keys, std::uint64_t number, std::mt19937_64& lots) {
  auto drawn = std::make_shared<page>();
  drawn->number = number;
  drawn->records.resize(30'000);
  for (std::uint32_t i = 0; i < drawn->records.size(); ++i) {
    const auto entry = entry_of(lots() % keys);
    drawn->records[i].key_hash = entry.key_hash;
    drawn->records[i].content_hash = entry.content_hash;
    drawn->records[i].position = i;
  }
  return drawn;
}

record_batch all_of(const page_ptr& page) {
  record_batch share;
  share.page = page;
  for (std::uint32_t i = 0; i < page->records.size(); ++i)
    share.indices.push_back(i);
  return share;
}

void index_insert(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  double bytes_per_key = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto before = resident_bytes();
    state.ResumeTiming();
    auto index = index_of(keys);
    state.PauseTiming();
    bytes_per_key = (resident_bytes() - before) / static_cast<double>(keys);
    index.reset();
    state.ResumeTiming();
  }
  state.counters["bytes_per_key"] = bytes_per_key;
  count(state, keys);
}
BENCHMARK(index_insert)->Arg(100'000)->Arg(1'000'000)->Arg(8'000'000)->Unit(benchmark::kMillisecond);

void index_lookup_of_unchanged(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  const auto index = index_of(keys);
  std::mt19937_64 lots{46};
  std::uint64_t number = 1'000'000;
  std::size_t changed = 0;
  for (auto _ : state) {
    state.PauseTiming();
    const auto share = all_of(page_of(keys, ++number, lots));
    state.ResumeTiming();
    changed += index->select(share).size();
    index->commit(number);
  }
  if (changed != 0)
    state.SkipWithError("the index does not know what it holds");
  count(state, 30'000);
}
BENCHMARK(index_lookup_of_unchanged)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Arg(8'000'000)
    ->Unit(benchmark::kMillisecond);

/// Bytes of a key at sizes between two powers of two, where tables are emptier or fuller.
void index_bytes_per_key(benchmark::State& state) {
  const auto keys = static_cast<std::uint64_t>(state.range(0));
  double bytes = 0;
  for (auto _ : state) {
    const auto before = resident_bytes();
    const auto index = index_of(keys);
    bytes = resident_bytes() - before;
  }
  state.counters["bytes_per_key"] = bytes / static_cast<double>(keys);
}
BENCHMARK(index_bytes_per_key)
    ->Arg(4'200'000)
    ->Arg(5'000'000)
    ->Arg(6'000'000)
    ->Arg(7'000'000)
    ->Arg(7'312'000)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace matricula::bench
