// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "itaca_simulator/page_writer.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <nlohmann/json.hpp>

namespace matricula::simulator {

/// Records by natural key.
using records_by_key = std::map<std::string, std::string>;

inline std::string escaped(std::string_view part) {
  std::string out;
  for (const char c : part)
    out += c == '~' ? std::string("~0") : c == '/' ? std::string("~1") : std::string(1, c);
  return out;
}

/// The natural key, from the record's own bytes: independent of what the simulator says.
inline std::string key_in(std::string_view record) {
  std::string key;
  for (const std::string_view before :
       {R"("year":")", R"("centre":{"code":")", R"("course":{"code":")", R"("subject":{"code":")",
        R"("group":{"code":")", R"("person":{"id":")", R"("role":")"}) {
    const auto from = record.find(before) + before.size();
    key += (key.empty() ? "" : "/") + escaped(record.substr(from, record.find('"', from) - from));
  }
  return key;
}

/// The same of a parsed record.
inline std::string key_in(const nlohmann::json& r) {
  const auto text = [](const nlohmann::json& value) { return escaped(value.get<std::string>()); };
  return text(r["year"]) + '/' + text(r["centre"]["code"]) + '/' + text(r["course"]["code"]) + '/' +
         text(r["subject"]["code"]) + '/' + text(r["group"]["code"]) + '/' + text(r["person"]["id"]) + '/' +
         text(r["role"]);
}

inline record_run whole_sweep(const school_system& school, const event_counts& events) {
  return write_run(moment(school, events), 0, school.slots_end());
}

inline records_by_key by_key(const record_run& run) {
  records_by_key records;
  for (std::size_t i = 0; i < run.count(); ++i)
    records.emplace(key_in(run.record(i)), run.record(i));
  return records;
}

inline std::vector<nlohmann::json> parsed(const record_run& run) {
  std::vector<nlohmann::json> records;
  for (std::size_t i = 0; i < run.count(); ++i)
    records.push_back(nlohmann::json::parse(run.record(i)));
  return records;
}

}  // namespace matricula::simulator
