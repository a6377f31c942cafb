// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/partition/key_shares.hpp"
#include "messages/hashing.hpp"
#include "messages/page_decoder.hpp"
#include "messages/receipts.hpp"
#include "tests/actors/scripted_feed.hpp"

#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>
#include <vector>

namespace matricula::testing {

/// A decoded page of these records: flavour ESO is lane 0, FP lane 1, others are no lane's.
inline page_ptr given_page(std::uint64_t number, const std::vector<std::string>& records,
                           reading how = reading::whole) {
  page_decoder decoder{[](std::string_view flavour, std::string_view) -> std::optional<std::uint16_t> {
                         if (flavour == "ESO")
                           return std::uint16_t{0};
                         return flavour == "FP" ? std::optional<std::uint16_t>{1} : std::nullopt;
                       },
                       1'000'000, how};
  page empty;
  empty.source = "itaca";
  empty.number = number;
  auto decoded = decoder.decode(page_bytes(records, std::to_string(number), std::to_string(number + 1)),
                                std::move(empty));
  if (!decoded)
    throw std::invalid_argument(decoded.error().text);
  return *decoded;
}

/// The `nth` key of this part of so many (actors/partition/key_shares.hpp), from 0: a person's, or any text.
inline std::string person_in_part(std::size_t part, std::size_t parts, std::size_t nth = 0) {
  for (int id = 10'000'000;; ++id)
    if (part_of_keys(key_hash_of(key_of({.person = std::to_string(id)})), parts) == part && nth-- == 0)
      return std::to_string(id);
}
inline std::string key_in_part(std::size_t part, std::size_t parts) {
  for (int number = 0;; ++number)
    if (part_of_keys(key_hash_of(std::to_string(number)), parts) == part)
      return std::to_string(number);
}

/// The lane's records of a page.
inline batch_ptr share_of(const page_ptr& page, std::uint16_t lane) {
  auto share = std::make_shared<record_batch>();
  share->page = page;
  for (std::uint32_t i = 0; i < page->records.size(); ++i)
    if (page->records[i].lane == lane)
      share->indices.push_back(i);
  return share;
}

/// The partitioner's own share of a page.
inline page_share_ptr own_share(const page_ptr& page, std::uint32_t shares_total) {
  return std::make_shared<page_share>(page_share{
      page, shares_total, nullptr, source_position{page->number, page->envelope.next, page->envelope.sweep}});
}

/// A lane's share of a page, all of it changed.
inline page_share_ptr changed_share(const page_ptr& page, std::uint16_t lane, std::uint32_t shares_total) {
  return std::make_shared<page_share>(page_share{page, shares_total, share_of(page, lane), std::nullopt});
}

}  // namespace matricula::testing
