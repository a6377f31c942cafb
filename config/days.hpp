// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string_view>

namespace matricula::config {

/// Whether the text is a day that every year has, as "07-31": month and day, so not "02-29".
bool is_day_of_every_year(std::string_view text);

/// Whether the text is a day of one year, as "2027-03-15".
bool is_date(std::string_view text);

/// The days from `first` to `last`, both included, as "12-22/01-07" says it; of a text without a slash both are all of
/// it. The parts are as they stand and not judged.
struct day_range {
  std::string_view first, last;
};
day_range day_range_of(std::string_view text);

}  // namespace matricula::config
