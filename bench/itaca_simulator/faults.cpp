// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"

#include "random.hpp"

#include <algorithm>
#include <charconv>

namespace matricula::simulator {

namespace {

constexpr std::string_view kind_names[fault_kinds] = {"500",
                                                      "503",
                                                      "429",
                                                      "hang",
                                                      "cut",
                                                      "410",
                                                      "repeat",
                                                      "empty",
                                                      "wrong-count",
                                                      "reordered",
                                                      "latin1",
                                                      "no-centre",
                                                      "unknown-flavour",
                                                      "wrong-type",
                                                      "oversize",
                                                      "twice",
                                                      "twice-stale"};

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  return error == std::errc{} && stop == end;
}

}  // namespace

std::string_view name_of(fault_kind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

std::optional<fault_kind> fault_kind_of(std::string_view name) {
  const auto* found = std::find(std::begin(kind_names), std::end(kind_names), name);
  if (found == std::end(kind_names))
    return std::nullopt;
  return static_cast<fault_kind>(found - kind_names);
}

std::string fault_kind_names() {
  std::string all;
  for (const auto name : kind_names)
    all += (all.empty() ? "" : ", ") + std::string(name);
  return all;
}

std::string fault::parse(std::string_view text, fault& read) {
  const auto colon = text.find(':');
  const auto name = text.substr(0, colon);
  const auto kind = fault_kind_of(name);
  if (!kind)
    return "there is no fault \"" + std::string(name) + "\"; there are " + fault_kind_names();
  read = fault{};
  read.kind = *kind;
  if (colon == std::string_view::npos) {
    read.count = 1;
    return {};
  }
  const auto often = text.substr(colon + 1);
  if (often.find('.') == std::string_view::npos) {
    std::uint64_t count = 0;
    if (!read_number(often, count) || count == 0)
      return "\"" + std::string(often) + "\" is neither a count (1, 2, …) nor a probability (0.05)";
    read.count = count;
  } else if (!read_number(often, read.probability) || read.probability < 0 || read.probability > 1) {
    return "a probability lies between 0.0 and 1.0, not at " + std::string(often);
  }
  return {};
}

void faults::add(const fault& f) {
  const std::lock_guard lock(mutex_);
  state_.due.push_back(f);
}

void faults::clear() {
  const std::lock_guard lock(mutex_);
  state_.due.clear();
}

std::vector<fault> faults::next(bool has_cursor, bool has_previous) {
  const std::lock_guard lock(mutex_);
  const auto request = state_.requests++;
  const auto fires = [&](fault& f, std::size_t index) {
    const bool needs_cursor = f.kind == fault_kind::gone_410 || f.stays;
    if ((needs_cursor && !has_cursor) || (f.kind == fault_kind::repeat && !has_previous))
      return false;
    if (f.after > 0) {
      --f.after;
      return false;
    }
    if (f.count)
      return *f.count > 0;
    const auto lot = draw(seed_, purpose::fault, request, index);
    return static_cast<double>(lot >> 11) * 0x1p-53 < f.probability;
  };
  std::vector<std::size_t> firing;
  for (std::size_t i = 0; i < state_.due.size(); ++i)
    if (fires(state_.due[i], i))
      firing.push_back(i);
  const auto alone = std::find_if(firing.begin(), firing.end(),
                                  [&](std::size_t i) { return comes_alone(state_.due[i].kind); });
  if (alone != firing.end())
    firing = {*alone};
  std::vector<fault> befall;
  for (const auto i : firing) {
    auto& f = state_.due[i];
    if (f.count)
      --*f.count;
    state_.injected[static_cast<std::size_t>(f.kind)] += comes_alone(f.kind) ? 1 : f.per_page;
    befall.push_back(f);
  }
  const auto spent = std::remove_if(state_.due.begin(), state_.due.end(),
                                    [](const fault& f) { return f.count && *f.count == 0; });
  state_.due.erase(spent, state_.due.end());
  return befall;
}

void faults::pass_over() {
  const std::lock_guard lock(mutex_);
  ++state_.requests;
}

void faults::note(const std::vector<bad_record>& bad) {
  const std::lock_guard lock(mutex_);
  for (const auto& b : bad) {
    if (state_.bad.size() < bad_records_max)
      state_.bad.push_back(b);
    else
      ++state_.bad_not_listed;
  }
}

std::uint32_t faults::next_bad_person() {
  const std::lock_guard lock(mutex_);
  return bad_people_++;
}

faults::report faults::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}

}  // namespace matricula::simulator
