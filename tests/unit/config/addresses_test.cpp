// SPDX-License-Identifier: Apache-2.0
#include "config/addresses.hpp"

#include <gtest/gtest.h>

namespace matricula::config {
namespace {

TEST(an_http_url, has_a_scheme_and_a_host) {
  for (const auto* const text :
       {"http://localhost:8080/feed", "https://itaca.example/a?b=c", "http://[::1]/"})
    EXPECT_TRUE(is_http_url(text)) << text;
  for (const auto* const text : {"", "localhost:8080", "/feed", "http://", "ftp://itaca.example/",
                                 "http://a b/", "http://itaca.example:port/", "https:itaca"})
    EXPECT_FALSE(is_http_url(text)) << text;
}

TEST(an_address, has_a_host_and_a_port) {
  for (const auto* const text : {"localhost:9092", "0.0.0.0:9464", "[::1]:9464", "kafka-1.example:1"})
    EXPECT_TRUE(is_host_and_port(text)) << text;
  for (const auto* const text :
       {"", "localhost", "localhost:", ":9092", "localhost:0", "localhost:65536", "localhost:x",
        "http://localhost:1", "localhost:1/x", "user@localhost:1", "a:1,b:2"})
    EXPECT_FALSE(is_host_and_port(text)) << text;
}

TEST(a_database, is_given_by_a_uri) {
  EXPECT_TRUE(is_database_uri("postgresql://user@/db?host=/run/postgresql"));
  EXPECT_TRUE(is_database_uri("postgres://db"));
  EXPECT_FALSE(is_database_uri("host=db dbname=x"));
  EXPECT_FALSE(is_database_uri("mysql://db"));
}

TEST(a_password, is_found_in_a_uri) {
  for (const auto* const text :
       {"postgresql://user:secret@db/x", "postgresql://db/x?password=secret",
        "postgresql://db/x?a=b&sslpassword=s", "http://:secret@host/", "postgresql://user:se@cret@db/x"})
    EXPECT_TRUE(holds_password(text)) << text;
  for (const auto* const text :
       {"postgresql://user@db:5432/x", "postgresql://user:@db/x", "postgresql://db:5432/x",
        "postgresql://db/x?password=", "", "postgresql://user:@/x?password=&host=a"})
    EXPECT_FALSE(holds_password(text)) << text;
}

}  // namespace
}  // namespace matricula::config
