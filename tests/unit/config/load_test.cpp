// SPDX-License-Identifier: Apache-2.0
#include "given_file.hpp"

#include <gmock/gmock.h>

namespace matricula::testing {
namespace {

using ::testing::_;
using ::testing::ElementsAre;
using ::testing::Pair;

class loading : public given_file {};

TEST_F(loading, fills_in_every_value_of_the_file) {
  const auto loaded = load();
  ASSERT_TRUE(loaded) << text_of(loaded.problems.front());
  const auto& all = *loaded.topology;
  EXPECT_EQ(all.pipeline.name, "demo");
  EXPECT_EQ(all.pipeline.school_year, "2026");
  EXPECT_EQ(all.kafka.bootstrap, "localhost:9092,localhost:9093");
  EXPECT_EQ(all.kafka.partitions, 2);
  EXPECT_EQ(all.kafka.replication, 1);
  EXPECT_THAT(all.kafka.properties,
              ElementsAre(Pair("linger.ms", "5"), Pair("message.max.bytes", "1016384")));
  ASSERT_EQ(all.sources.size(), 1U);
  EXPECT_EQ(all.sources[0].url, "http://localhost:8080/feed");
  EXPECT_EQ(all.sources[0].every, std::chrono::seconds{10});
  ASSERT_EQ(all.lanes.size(), 2U);
  EXPECT_EQ(all.lanes[1].flavour, "FP");
  EXPECT_EQ(all.lanes[1].province, "46");
  EXPECT_EQ(all.lanes[1].source, "itaca");
  EXPECT_EQ(all.lanes[1].topic, "FP-46");
  ASSERT_EQ(all.sites.size(), 2U);
  EXPECT_EQ(all.sites[0].database.reveal(), "postgresql://matricula:opensesame@/eso46?host=/run/postgresql");
  EXPECT_EQ(all.sites[1].database.reveal(), "postgresql://matricula:opensesame@db/fp46");
  EXPECT_EQ(all.sites[0].target_directory, std::filesystem::canonical(root_ / "targets" / "classrooms"));
  ASSERT_EQ(all.nodes.size(), 1U);
  EXPECT_THAT(all.nodes[0].sources, ElementsAre("itaca"));
  EXPECT_THAT(all.nodes[0].sites, ElementsAre("eso46", "fp46"));
  EXPECT_EQ(all.limits.batch_records_max, 5000U);
  EXPECT_EQ(all.limits.page_bytes_max, limits{}.page_bytes_max);
}

TEST_F(loading, takes_the_slash_off_the_end_of_a_base_url) {
  EXPECT_EQ(load().topology->sites[1].base_url, "https://aules.example/fp");
}

TEST_F(loading, gives_every_site_the_calendar) {
  replace("[limits]", "[calendar]\nhide = \"07-31\"\nopen = \"09-01\"\ndelete = \"01-20\"\n"
                      "blackout = [\"12-22/01-07\", \"12-06\", \"2028-02-29/2028-03-19\"]\n"
                      "timezone = \"Atlantic/Canary\"\n\n[limits]");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << text_of(loaded.problems.front());
  for (const auto& site : loaded.topology->sites) {
    EXPECT_EQ(site.calendar.hide, "07-31");
    EXPECT_EQ(site.calendar.open, "09-01");
    EXPECT_EQ(site.calendar.deletion, "01-20");
    EXPECT_THAT(site.calendar.blackout, ElementsAre("12-22/01-07", "12-06/12-06", "2028-02-29/2028-03-19"));
    EXPECT_EQ(site.calendar.timezone, "Atlantic/Canary");
  }
}

TEST_F(loading, does_without_a_calendar) {
  const auto calendar = load().topology->calendar;
  EXPECT_EQ(calendar.hide + calendar.open + calendar.deletion, "");
  EXPECT_THAT(calendar.blackout, ElementsAre());
  EXPECT_EQ(calendar.timezone, "Europe/Madrid");
}

TEST_F(loading, makes_a_lane_of_every_province) {
  replace("flavour = \"FP\"\nprovinces = [\"46\"]", "flavour = \"FP\"\nprovinces = [\"03\", \"46\"]");
  const auto loaded = load();
  ASSERT_TRUE(loaded);
  ASSERT_EQ(loaded.topology->lanes.size(), 3U);
  EXPECT_EQ(loaded.topology->lanes[1].topic, "FP-03");
  EXPECT_EQ(loaded.topology->lanes[2].topic, "FP-46");
}

TEST_F(loading, takes_a_lane_s_own_topic_over_the_template) {
  replace("flavour = \"FP\"\nprovinces = [\"46\"]",
          "flavour = \"FP\"\nprovinces = [\"46\"]\ntopic = \"aules.fp.{province}\"");
  replace("\"FP-46\"", "\"aules.fp.46\"");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << text_of(loaded.problems.front());
  EXPECT_EQ(loaded.topology->lanes[1].topic, "aules.fp.46");
}

TEST_F(loading, reads_properties_with_and_without_quotes_alike) {
  replace("\"linger.ms\" = 5",
          "linger.ms = 5\nsecurity.protocol = \"ssl\"\n\"socket.keepalive.enable\" = true");
  EXPECT_THAT(load().topology->kafka.properties,
              ElementsAre(Pair("linger.ms", "5"), Pair("message.max.bytes", _),
                          Pair("security.protocol", "ssl"), Pair("socket.keepalive.enable", "true")));
}

TEST_F(loading, gives_messages_room_for_a_record_of_the_size_allowed) {
  replace("batch_records_max = 5000", "record_bytes_max = 10000000");
  EXPECT_EQ(load().topology->kafka.properties.at("message.max.bytes"), "10016384");
  replace("record_bytes_max = 10000000", "record_bytes_max = 2000");
  EXPECT_EQ(load().topology->kafka.properties.at("message.max.bytes"), "1000000");
}

TEST_F(loading, leaves_messages_the_room_that_the_file_says) {
  replace("\"linger.ms\" = 5", "\"message.max.bytes\" = 20000000");
  EXPECT_THAT(load().topology->kafka.properties, ElementsAre(Pair("message.max.bytes", "20000000")));
}

TEST_F(loading, looks_targets_up_where_the_pipeline_says) {
  std::filesystem::rename(root_ / "targets", root_ / "sql");
  replace("school_year", "targets_directory = \"../sql\"\nschool_year");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << text_of(loaded.problems.front());
  EXPECT_EQ(loaded.topology->sites[0].target_directory,
            std::filesystem::canonical(root_ / "sql" / "classrooms"));
}

TEST_F(loading, gives_a_site_every_setting_of_its_target) {
  std::ofstream{root_ / "targets" / "classrooms" / "target.toml"} << R"([settings]
sections = { default = "4" }
lang = { default = "ca_valencia" }
)";
  replace("base_url = \"https://aules.example/eso46\"",
          "base_url = \"https://aules.example/eso46\"\nsettings.sections = 0");
  const auto loaded = load();
  ASSERT_TRUE(loaded) << text_of(loaded.problems.front());
  EXPECT_THAT(loaded.topology->sites[0].settings,
              ElementsAre(Pair("lang", "ca_valencia"), Pair("sections", "0")));
  EXPECT_THAT(loaded.topology->sites[1].settings,
              ElementsAre(Pair("lang", "ca_valencia"), Pair("sections", "4")));
}

TEST_F(loading, follows_references_in_any_text) {
  environment_["PORT"] = "9999";
  replace("127.0.0.1:9464", "127.0.0.1:${PORT}");
  EXPECT_EQ(load().topology->nodes[0].listen, "127.0.0.1:9999");
}

}  // namespace
}  // namespace matricula::testing
