// SPDX-License-Identifier: Apache-2.0
#include "config/days.hpp"
#include "config/validate.hpp"

#include <algorithm>
#include <string>

namespace matricula::config {
namespace {

void validate_day(const char* key, const written_text& day, const char* example, problem_list& problems) {
  if (day && !is_day_of_every_year(*day))
    problems.add(day.at,
                 "\"" + std::string{key} + "\" of [calendar] is not a day of every year: \"" + day.literal +
                     "\"",
                 "month and day, as " + std::string{example});
}

void validate_blackout(const written_text& written, problem_list& problems) {
  if (!written)
    return;
  const auto [first, last] = day_range_of(*written);
  const auto of_one_year = is_date(first) && is_date(last);
  if (!of_one_year && !(is_day_of_every_year(first) && is_day_of_every_year(last)))
    problems.add(written.at, "\"" + written.literal + "\" of blackout is neither a day nor a range of days",
                 "days of every year, as \"12-22/01-07\", or of one, as \"2027-03-15/2027-03-22\"");
  else if (of_one_year && first > last)
    problems.add(written.at, "\"" + written.literal + "\" of blackout ends before it begins",
                 "the first day before the last");
}

bool names_a_zone(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  });
}

}  // namespace

void validate_calendar(const written_calendar& calendar, problem_list& problems) {
  validate_day("hide", calendar.hide, "\"07-31\"", problems);
  validate_day("open", calendar.open, "\"09-01\"", problems);
  validate_day("delete", calendar.deletion, "\"01-20\"", problems);
  if (calendar.blackout)
    for (const auto& range : *calendar.blackout)
      validate_blackout(range, problems);
  if (calendar.timezone && !names_a_zone(*calendar.timezone))
    problems.add(calendar.timezone.at,
                 "\"timezone\" of [calendar] is not a time zone's name: \"" + calendar.timezone.literal +
                     "\"",
                 "a name of the IANA's, as \"Europe/Madrid\"");
}

}  // namespace matricula::config
