// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "faults.hpp"
#include "feed.hpp"

#include <string>
#include <vector>

namespace matricula::simulator {

/// A page that went wrong on purpose.
struct spoiled_page {
  std::string body;
  std::vector<bad_record> bad;
  bool stays = false;  ///< this is what its cursor leads to from now on
};

/// The page with a wrong count, without records, or with records added, as the faults say. Nothing that
/// belongs in the page is left out, except by `empty`, whose `next` leads to the page. With a fault that stays all of it
/// does, and every bad record says so. `when` must be the page's own moment. Requires a page with records.
spoiled_page spoil(const feed_page& page, const moment& when, const std::vector<fault>& befall, faults& of);

}  // namespace matricula::simulator
