// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "actors/apply/postgres_session.hpp"
#include "actors/apply/site_store.hpp"
#include "config/topology.hpp"
#include "messages/enrolment.hpp"
#include "messages/hashing.hpp"
#include "messages/site_batch.hpp"

#include <gtest/gtest.h>
#include <pqxx/pqxx>

#include <cstdlib>
#include <deque>
#include <filesystem>
#include <memory>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace matricula {

/// The repository's targets.
inline std::filesystem::path repository_targets() { return MATRICULA_SOURCE_DIRECTORY "/config/targets"; }

/// The server that POSTGRES_URL names, or a failure that says so.
inline std::string postgres_url() {
  const char* url = std::getenv("POSTGRES_URL");
  if (url == nullptr || *url == '\0')
    throw std::runtime_error{"POSTGRES_URL is not set. Run the tests by scripts/test, or start a server with "
                             "scripts/services start --dir DIR and load DIR/env"};
  return url;
}

/// A database of a test's own, dropped at its end.
class site_database {
 public:
  site_database()
      : name_("matricula_test_" + std::to_string(getpid()) + "_" + std::to_string(++made())) {
    administer("drop database if exists " + name_ + " with (force)");
    administer("create database " + name_);
  }
  ~site_database() {
    try {
      administer("drop database if exists " + name_ + " with (force)");
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
    }
  }
  site_database(const site_database&) = delete;
  site_database& operator=(const site_database&) = delete;

  const std::string& name() const { return name_; }
  std::string url() const { return postgres_url() + "/" + name_; }

  pqxx::result query(const std::string& sql) const {
    pqxx::connection connection{url()};
    return pqxx::nontransaction{connection}.exec(sql);
  }
  std::string value(const std::string& sql) const {
    const auto rows = query(sql);
    return rows.empty() ? "no row" : rows[0][0].is_null() ? "null" : rows[0][0].as<std::string>();
  }
  void administer(const std::string& sql) const {
    pqxx::connection connection{postgres_url() + "/postgres"};
    pqxx::nontransaction{connection}.exec(sql);
  }

 private:
  static int& made() {
    static int count = 0;
    return count;
  }
  std::string name_;
};

/// A site in that database.
inline site_settings site_in(const site_database& database) {
  site_settings site;
  site.name = "eso46";
  site.database = secret{database.url()};
  site.target = "classrooms";
  site.target_directory = repository_targets() / "classrooms";
  site.base_url = "https://aules.example/eso46";
  return site;
}

/// A session of the site that reads on in this partition.
inline std::unique_ptr<postgres_session> opened_session(const site_settings& site,
                                                        const topic_partition& from) {
  auto session = std::make_unique<postgres_session>(site);
  const auto position = session->open(from);
  EXPECT_TRUE(position) << position.error().text;
  return session;
}

/// Text as a JSON string.
inline std::string json_text(std::string_view text) {
  constexpr char hex[] = "0123456789abcdef";
  std::string out = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\')
      (out += '\\') += c;
    else if (byte < 0x20)
      ((out += "\\u00") += hex[byte >> 4U]) += hex[byte & 15U];
    else
      out += c;
  }
  return out + '"';
}

/// A record, to be varied.
struct given_record {
  std::string person = "10000001", name = "Anna", status = "enrolled", since = "2026-09-09", role = "student";
  std::string centre = "46012345", centre_name = "IES Jaume I", group = "1ESOA", subject = "MAT";
  std::string subject_name = "Matemàtiques", group_name = "1r ESO A", year = "2026";
  std::string teachers =
      R"([{"id":"012345678Z","name":"Joan","surname1":"Fuster","surname2":null,"email":null,)"
      R"("substitutes":null}])";
  std::string room = "A12", flavour = "ESO", course_name = "1r ESO";

  std::string key() const {
    return year + "/" + centre + "/1234567890/" + subject + "/" + group + "/" + person + "/" + role;
  }
  std::string json() const {
    return R"({"year":")" + year + R"(","status":")" + status + R"(","since":")" + since + R"(","role":")" +
           role + R"(","centre":{"code":")" + centre + R"(","name":)" + json_text(centre_name) +
           R"(,"flavour":")" + flavour + R"("},"course":{"code":"1234567890","name":)" +
           json_text(course_name) + R"(},"subject":{"code":")" + subject + R"(","name_val":)" +
           json_text(subject_name) + R"(,"name_cas":"x"},"group":{"code":")" + group + R"(","name":)" +
           json_text(group_name) + R"(,"tutor":"012345678Z"},"person":{"id":")" + person + R"(","name":)" +
           json_text(name) + R"(,"surname1":"Ferrer","surname2":null,"email":")" + person +
           R"(@alu.example","born":"2013-04-05"},"teachers":)" + teachers +
           R"(,"timetable":[{"day":1,"from":"08:00","to":"08:55","room":")" + room + R"("}]})";
  }
};

inline given_record withdrawn(given_record record) {
  record.status = "withdrawn";
  return record;
}

/// A batch as a subscriber hands it over, which owns its bytes.
class given_batch {
 public:
  explicit given_batch(std::int64_t first_offset = 0, topic_partition from = {"ESO-46", 0}) {
    batch.from = std::move(from);
    batch.next_offset = first_offset;
  }

  given_batch& add(const given_record& record, revision_t revision) {
    return add(record.key(), record.json(), revision);
  }
  given_batch& add(std::string key, std::string value, revision_t revision) {
    const std::string_view kept_key = bytes_.emplace_back(std::move(key));
    const std::string_view kept_value = bytes_.emplace_back(std::move(value));
    batch.records.push_back(
        {batch.next_offset++, kept_key, kept_value, content_hash_of(kept_value), revision});
    batch.bytes += kept_key.size() + kept_value.size();
    return *this;
  }

  batch_range all() const { return {0, batch.records.size()}; }

  site_batch batch;

 private:
  std::deque<std::string> bytes_;
};

}  // namespace matricula
