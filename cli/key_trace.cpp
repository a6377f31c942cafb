// SPDX-License-Identifier: Apache-2.0
#include "cli/key_trace.hpp"

#include "cli/natural_key.hpp"

#include <algorithm>
#include <ostream>

namespace matricula {
namespace {

std::string name_of(const topic_partition& where) {
  return "partition " + std::to_string(where.partition) + " of " + where.topic;
}

std::string place_of(revision_t revision) {
  return "page " + std::to_string(page_number_of(revision)) + ", record " +
         std::to_string(revision % page_positions_max);
}

std::string in_brackets(const std::optional<utc_time>& time) {
  return time ? " (" + text_of(*time) + ")" : "";
}

std::string counted(std::int64_t count) {
  return std::to_string(count) + (count == 1 ? " entry" : " entries");
}

std::string reading_of(const source_stop& source) {
  if (!source.position)
    return "has not been read yet";
  return "has been read up to page " + std::to_string(source.position->page_number) + " of sweep " +
         std::to_string(source.position->sweep) + in_brackets(source.at);
}

/// What was made of the record on its way into the lane: what a later page had otherwise would be the newest message.
std::string verdict_on(const topic_stop& message, const source_stop& source) {
  const auto page = page_number_of(message.revision);
  auto verdict = message.where.topic + ": new or changed with page " + std::to_string(page);
  if (source.position && source.position->page_number > page)
    verdict += "; what pages up to " + std::to_string(source.position->page_number) +
               " have said of it since was the same, or refused";
  return verdict;
}

/// Whether the site's row is at least what the message says.
bool holds(const site_stop& site, const topic_stop& message) {
  return site.row &&
         (site.row->revision >= message.revision || site.row->content_hash == message.content_hash);
}

std::string joined(const std::vector<std::string>& texts, const char* separator) {
  std::string all;
  for (const auto& text : texts)
    all += (all.empty() ? "" : separator) + text;
  return all;
}

/// What was done about a refusal.
std::string fate_of(const quarantine_entry& entry) {
  return entry.dropped ? ", which was dropped" : entry.retry ? ", " + text_of(*entry.retry) : "";
}

std::string row_text(const site_stop& site, const std::vector<topic_stop>& topics) {
  if (!site.row)
    return "no row";
  auto text = "row of revision " + std::to_string(site.row->revision) + ", " + printable(site.row->status);
  for (const auto& message : topics)
    if (message.where == site.where)
      text += site.row->content_hash == message.content_hash ? ", the message's content"
                                                             : ", other content than the message";
  return text;
}

std::string position_text(const site_stop& site, const std::vector<topic_stop>& topics) {
  if (!site.next_offset)
    return "has not begun " + name_of(site.where);
  auto text = "at offset " + std::to_string(*site.next_offset) + " of " + name_of(site.where);
  for (const auto& message : topics)
    if (message.where == site.where)
      text += *site.next_offset > message.offset
                  ? ", past the message"
                  : ", " + counted(message.offset + 1 - *site.next_offset) + " behind";
  return text;
}

}  // namespace

const topic_stop* key_trace::newest() const {
  const auto found = std::max_element(topics.begin(), topics.end(),
                                      [](const auto& a, const auto& b) { return a.revision < b.revision; });
  return found == topics.end() ? nullptr : &*found;
}

const quarantine_entry* key_trace::refused_on_the_way() const {
  const quarantine_entry* last = nullptr;
  for (const auto& entry : quarantine)
    if (!entry.source.empty() && (last == nullptr || entry.revision > last->revision))
      last = &entry;
  return last;
}

std::string key_trace::without_message() const {
  if (const auto* const refused = refused_on_the_way()) {
    const auto whence = "source " + refused->source + ", " + place_of(refused->revision);
    if (refused->reason == name_of(error_code::lane_unknown))
      return "no lane takes it: lane_unknown, " + whence + fate_of(*refused);
    return "refused before any lane: " + refused->reason + ", " + whence + fate_of(*refused);
  }
  if (!has_lane)
    return "no lane takes it: the topology has none of the province " +
           printable(natural_key::read(key).value_or(natural_key{}).province());
  std::vector<std::string> read;
  for (const auto& source : sources)
    read.push_back("source " + source.name + " has never sent it and " + reading_of(source));
  auto sentence = "unknown to every topic: " + joined(read, "; ");
  for (const auto& site : sites)
    if (site.row)
      sentence += "; site " + site.name + " has a row of it all the same";
  return sentence;
}

std::string key_trace::wrong_at(const site_stop& site, const topic_stop& message) const {
  const auto name = "site " + site.name;
  if (site.unanswered)
    return name + " could not be asked: " + std::string{name_of(site.unanswered->code)};
  if (holds(site, message))
    return {};
  for (const auto& entry : quarantine)
    if (entry.site == site.name && entry.revision == message.revision)
      return "refused by " + name + ": " + entry.reason + fate_of(entry);
  if (!site.next_offset)
    return name + " has not begun " + name_of(site.where);
  const auto replay = ": matricula replay T --site " + site.name + " --from beginning";
  if (*site.next_offset < site.first_offset)
    return name + " stands before the start of " + name_of(site.where) + replay;
  if (*site.next_offset <= message.offset)
    return name + " is " + counted(message.offset + 1 - *site.next_offset) + " behind";
  return name + (site.row ? " has an older row" : " has no row") + " though it has read past the message" +
         replay;
}

key_trace::conclusion key_trace::concluded() const {
  const auto* const newest = this->newest();
  if (newest == nullptr)
    return {false, without_message()};
  std::vector<std::string> wrong, right;
  if (const auto* const refused = refused_on_the_way();
      refused != nullptr && !refused->dropped && refused->revision > newest->revision)
    wrong.push_back("a newer record of it was refused before any lane: " + refused->reason + ", source " +
                    refused->source + ", " + place_of(refused->revision) + fate_of(*refused));
  for (const auto& site : sites)
    for (const auto& message : topics)
      if (message.where == site.where) {
        if (auto text = wrong_at(site, message); !text.empty())
          wrong.push_back(std::move(text));
        else
          right.push_back(site.name);
      }
  if (right.empty() && wrong.empty())
    return {false, "no site reads " + newest->where.topic};
  if (!wrong.empty())
    return {false, joined(wrong, "; ")};
  const auto where = "at every site that should have it: " + joined(right, ", ");
  if (newest->status == "withdrawn")
    return {true, "withdrawn by the source, and so it is " + where};
  return {true, where};
}

void key_trace::print(std::ostream& out) const {
  const auto line = [&](const char* stop, const std::string& text) {
    out << "  " << stop << std::string(12 - std::char_traits<char>::length(stop), ' ') << printable(text)
        << '\n';
  };
  const auto refused = [&](const quarantine_entry& entry) {
    line("quarantine",
         entry.where() + ": " + entry.reason + in_brackets(entry.at) +
             (entry.revision == 0 ? "" : ", " + place_of(entry.revision)) +
             (entry.dropped ? ", dropped" + in_brackets(entry.dropped_at) + ": " + entry.why : "") +
             (entry.retry ? ", " + text_of(*entry.retry) : ""));
  };
  out << printable(key) << '\n';
  for (const auto& source : sources) {
    line("source", source.name + " " + reading_of(source));
    for (const auto& message : topics)
      if (message.source == source.name)
        line("", "the record of " + message.where.topic + " came with " + place_of(message.revision));
  }
  for (const auto& entry : quarantine)
    if (entry.site.empty())
      refused(entry);
  if (quarantine.empty())
    line("quarantine", "nobody has refused it");
  for (const auto& source : sources)
    for (const auto& message : topics)
      if (message.source == source.name)
        line("dedup", verdict_on(message, source));
  if (topics.empty())
    line("dedup", "no lane was given it");
  for (const auto& message : topics)
    line("topic", message.where.topic + ", partition " + std::to_string(message.where.partition) +
                      ", offset " + std::to_string(message.offset) + in_brackets(message.at) + ", revision " +
                      std::to_string(message.revision) + ", " +
                      (message.status.empty() ? "not a record" : message.status));
  if (topics.empty())
    line("topic", has_lane ? "none has it" : "none could have it");
  for (const auto& site : sites) {
    const auto known = site.unanswered ? site.unanswered->text
                       : site.where.topic.empty()
                           ? row_text(site, topics)
                           : position_text(site, topics) + "; " + row_text(site, topics);
    line("site", site.name + ": " + known);
    for (const auto& entry : quarantine)
      if (entry.site == site.name)
        refused(entry);
  }
  out << "=> " << printable(concluded().sentence) << ".\n";
}

}  // namespace matricula
