// SPDX-License-Identifier: Apache-2.0
#include "page_spoiler.hpp"

#include <algorithm>

namespace matricula::simulator {

namespace {

constexpr std::uint32_t first_bad_nia = 90'000'000;  // nobody else's

struct insertion {
  std::size_t before;  ///< record of the page
  std::string record;
  bool bad;
  bad_record told;
};

flaw flaw_of(fault_kind kind) {
  switch (kind) {
  case fault_kind::latin1:
    return flaw::latin1;
  case fault_kind::no_centre:
    return flaw::no_centre;
  case fault_kind::unknown_flavour:
    return flaw::unknown_flavour;
  case fault_kind::wrong_type:
    return flaw::wrong_type;
  default:
    return flaw::oversize;
  }
}

struct spot {
  place where;
  std::uint64_t slot;
};

// A student's place at a record of the page or soon after it; at the feed's end, its very first.
spot pupil_near(const record_run& run, const moment& when, std::size_t index) {
  slot_walk walk(when, run.first_slot);
  for (; index > 0; --index)
    walk.advance();
  while (!walk.done() && walk.here().who != member::pupil)
    walk.advance();
  if (!walk.done())
    return {walk.here(), walk.slot()};
  const slot_walk first(when, 0);
  return {first.here(), first.slot()};
}

std::string with_other_status(std::string_view record) {
  constexpr std::string_view enrolled = R"("status":"enrolled")", withdrawn = R"("status":"withdrawn")";
  std::string other(record);
  if (const auto at = other.find(enrolled); at != std::string::npos)
    other.replace(at, enrolled.size(), withdrawn);
  else
    other.replace(other.find(withdrawn), withdrawn.size(), enrolled);
  return other;
}

std::string backwards(const record_run& run) {
  std::string records;
  records.reserve(run.bytes.size());
  for (auto i = run.count(); i > 0; --i) {
    records += run.record(i - 1);
    if (i > 1)
      records += ',';
  }
  return records;
}

std::string around(std::string head, std::string_view records) {
  head.reserve(head.size() + records.size() + feed_page::tail.size());
  head += records;
  head += feed_page::tail;
  return head;
}

}  // namespace

spoiled_page spoil(const feed_page& page, const moment& when, const std::vector<fault>& befall, faults& of) {
  const auto& run = *page.records;
  const auto count = run.count();
  const auto lot = [&](std::uint64_t a) {
    return draw(page.here.sweep, purpose::bad_position, page.here.slot, a);
  };

  if (befall.front().kind == fault_kind::empty) {
    auto again = page.here;
    ++again.again;
    return {around(envelope(page.here, again, 0), {}), {}};
  }
  if (befall.front().kind == fault_kind::wrong_count)
    return {around(envelope(page.here, page.next, lot(0) % 2 == 0 ? count + 1 : count - 1), run.bytes), {}};

  if (befall.front().kind == fault_kind::reordered)
    return {around(envelope(page.here, page.next, count), backwards(run)), {}};

  std::vector<insertion> insertions;
  record_writer writer(when);
  for (const auto& f : befall) {
    for (std::uint64_t n = 0; n < f.per_page; ++n) {
      insertion next{};
      const auto draws = 2 * static_cast<std::uint64_t>(insertions.size());
      const auto chosen = static_cast<std::size_t>(lot(draws) % count);
      if (f.kind == fault_kind::twice) {
        next.record = run.record(chosen);
        next.before = chosen + 1 + static_cast<std::size_t>(lot(draws + 1) % (count - chosen));
      } else if (f.kind == fault_kind::twice_stale) {
        next.record = with_other_status(run.record(chosen));
        next.before = static_cast<std::size_t>(lot(draws + 1) % (chosen + 1));
      } else {
        const auto near = pupil_near(run, when, chosen);
        const auto nia = first_bad_nia + of.next_bad_person();
        writer.append_flawed(next.record, near.where, near.slot, flaw_of(f.kind), nia);
        next.before = chosen;
        next.bad = true;
        next.told.kind = f.kind;
        writer.append_key(next.told.key, near.where, nia);
      }
      insertions.push_back(std::move(next));
    }
  }
  std::stable_sort(insertions.begin(), insertions.end(),
                   [](const insertion& a, const insertion& b) { return a.before < b.before; });

  spoiled_page spoiled;
  spoiled.stays = std::any_of(befall.begin(), befall.end(), [](const fault& f) { return f.stays; });
  spoiled.body = envelope(page.here, page.next, count + insertions.size());
  const auto first = spoiled.body.size();
  std::size_t position = 0;
  const auto put = [&](std::string_view bytes) {
    if (spoiled.body.size() > first)
      spoiled.body += ',';
    spoiled.body += bytes;
  };
  std::size_t copied = 0;  // records
  const auto copy_to = [&](std::size_t end) {
    if (end == copied)
      return;
    const auto from = run.begins[copied];
    const auto to = end < count ? run.begins[end] - 1 : run.bytes.size();
    put(std::string_view(run.bytes).substr(from, to - from));
    position += end - copied;
    copied = end;
  };
  for (auto& i : insertions) {
    copy_to(i.before);
    put(i.record);
    if (i.bad) {
      i.told.cursor = page.here.text();
      i.told.position = position;
      i.told.bytes = i.record.size();
      i.told.hash = hash_of(i.record);
      i.told.stays = spoiled.stays;
      spoiled.bad.push_back(std::move(i.told));
    }
    ++position;
  }
  copy_to(count);
  spoiled.body += feed_page::tail;
  return spoiled;
}

}  // namespace matricula::simulator
