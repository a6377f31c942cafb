// SPDX-License-Identifier: Apache-2.0
#include "given_file.hpp"

#include <gmock/gmock.h>

namespace matricula::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

/// One change to the valid file, and the one problem that it makes.
struct mistake {
  const char* name;
  const char* from;
  const char* to;
  const char* at;  ///< the problem stands where this begins; null: the file as a whole
  const char* what;
  const char* instead;
};

void PrintTo(const mistake& made, std::ostream* out) { *out << made.name; }

class a_mistake : public given_file, public ::testing::WithParamInterface<mistake> {};

TEST_P(a_mistake, is_one_problem_with_its_place_and_what_to_write_instead) {
  const auto& made = GetParam();
  replace(made.from, made.to);
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  std::string all;
  for (const auto& each : loaded.problems)
    all += text_of(each) + "\n";
  ASSERT_EQ(loaded.problems.size(), 1U) << all;
  const auto& found = loaded.problems.front();
  const auto place = made.at == nullptr ? position{} : place_of(made.at);
  EXPECT_EQ(found.line, place.line) << all;
  EXPECT_EQ(found.column, place.column) << all;
  EXPECT_EQ(found.file, file().string());
  EXPECT_THAT(found.what, HasSubstr(made.what));
  EXPECT_THAT(found.instead, HasSubstr(made.instead));
  EXPECT_THAT(all, Not(HasSubstr("opensesame")));
}

constexpr auto database_eso46 = R"("${DATABASE_ESO46}")";
constexpr auto lane_fp = "flavour = \"FP\"\nprovinces = [\"46\"]";
constexpr auto limits_table = "batch_records_max = 5000";

const mistake shape_mistakes[] = {
    {"syntax", "kind = \"http\"", "kind = http", "http\nurl", "not TOML", "correct this first"},
    {"key_written_twice", "kind = \"http\"", "kind = \"http\"\nkind = \"http\"", "\"http\"\nurl", "redefine",
     "correct"},
    {"key_outside_of_tables", "[pipeline]", "stray = 1\n[pipeline]", "stray", "outside of any table",
     "[pipeline]"},
    {"unknown_table", "[limits]", "[limit]", "limit]", "unknown table \"limit\"", "\"limits\""},
    {"unknown_key_near_a_known_one", "page_records_max = 30000", "page_record_max = 30000", "page_record_max",
     "unknown key \"page_record_max\" in [[source]]", "did you mean \"page_records_max\"?"},
    {"unknown_key_near_none", "page_records_max = 30000", "colour = 1", "colour", "unknown key \"colour\"",
     "one of: name, kind, url, every, page_records_max, request_timeout"},
    {"missing_required_key", "url = \"${FEED}\"\n", "", "[[source]]", "[[source]] has no \"url\"",
     "add url = "},
    {"wrong_type", "page_records_max = 30000", "page_records_max = \"30000\"", "\"30000\"",
     "must be a whole number, not a string", "page_records_max = 30000"},
    {"wrong_type_in_a_list", "topics = [\"ESO-46\"]", "topics = [\"ESO-46\", 46]", "46]\ndatabase",
     "must be an array of strings, not a whole number", "topics = "},
    {"text_instead_of_list", "topics = [\"ESO-46\"]", "topics = \"ESO-46\"", "\"ESO-46\"",
     "must be an array of strings, not a string", "topics = ["},
    {"one_table_where_a_list_belongs", "[[node]]", "[node]", "node]", "\"node\" must be a list of tables",
     "[[node]]"},
    {"list_where_one_table_belongs", "[limits]", "[[limits]]", "limits]]", "\"limits\" must be one table",
     "[limits]"},
    {"empty_text", "listen = \"127.0.0.1:9464\"", "listen = \"\"", "\"\"", "\"listen\" of [[node]] is empty",
     "0.0.0.0:9464"},
    {"school_year_as_a_number", "school_year = \"2026\"", "school_year = 2026", "2026",
     "must be a string, not a whole number", "school_year = \"2026\""},
    {"limit_out_of_range", limits_table, "batch_records_max = -7", "-7", "out of range: -7",
     "from 1 to 1000000"},
    {"partitions_out_of_range", "partitions = 2", "partitions = 0", "0\nreplication",
     "\"partitions\" of [kafka]", "from 1 to 1000"},
    {"replication_out_of_range", "replication = 1", "replication = 100000", "100000",
     "\"replication\" of [kafka]", "from 1 to 10"},
    {"page_records_out_of_range", "page_records_max = 30000", "page_records_max = -1", "-1",
     "out of range: -1", "from 1 to 1000000"},
    {"interval_without_unit", "every = \"10s\"", "every = 10", "10\npage",
     "\"every\" of [[source]] has no unit", "ms, s, m and h"},
    {"interval_without_unit_as_text", "every = \"10s\"", "every = \"10\"", "\"10\"", "not a duration: \"10\"",
     "every = \"10s\""},
    {"interval_with_unknown_unit", "every = \"10s\"", "every = \"10 sec\"", "\"10 sec\"", "not a duration",
     "ms, s, m and h"},
    {"interval_out_of_range", "every = \"10s\"", "every = \"48h\"", "\"48h\"", "out of range: \"48h\"",
     "from 0ms to 24h"},
    {"property_of_wrong_type", "\"linger.ms\" = 5", "\"linger.ms\" = [5]", "[5]",
     "property \"linger.ms\" must be", "\"linger.ms\" = "},
    {"property_written_twice", "\"linger.ms\" = 5", "\"linger.ms\" = 5\nlinger.ms = 6", "ms = 6",
     "written twice", "write it once"},
};

const mistake secret_mistakes[] = {
    {"environment_variable_not_set", "\"${FEED}\"", "\"${FEED_URL}\"", "\"${FEED_URL}\"",
     "the environment variable FEED_URL is not set", "set FEED_URL before starting"},
    {"secret_not_set", database_eso46, "\"${DATABASE}\"", "\"${DATABASE}\"",
     "\"database\" of [[site]]: the environment variable DATABASE is not set", "set DATABASE"},
    {"reference_not_closed", "\"${FEED}\"", "\"${FEED\"", "\"${FEED\"", "without its \"}\"", "${NAME}"},
    {"reference_without_a_name", "\"${FEED}\"", "\"${}\"", "\"${}\"", "not an environment variable's",
     "${NAME}"},
    {"secret_file_unreadable", "file:secrets/fp46", "file:secrets/fp", "\"file:secrets/fp\"",
     "cannot be read", "create it"},
    {"password_in_the_file", database_eso46, "\"postgresql://matricula:opensesame@db/eso46\"",
     "\"postgresql://", "holds a password", "a reference: \"${NAME}\""},
    {"password_as_a_parameter", database_eso46, "\"postgresql://db/eso46?password=opensesame\"",
     "\"postgresql://", "holds a password", "a reference"},
    {"password_in_a_url", "\"${FEED}\"", "\"https://matricula:opensesame@itaca.example/feed\"",
     "\"https://matricula", "holds a password", "a reference"},
    {"password_in_kafka_s_properties", "\"linger.ms\" = 5", "\"sasl.password\" = \"opensesame\"",
     "\"sasl.password\"", "is a secret and stands in the file", "a reference"},
    {"database_that_is_no_uri", database_eso46, "\"opensesame\"", "\"opensesame\"",
     "not a PostgreSQL connection URI", "postgresql://"},
};

const mistake kafka_mistakes[] = {
    {"bootstrap_without_port", "\"${KAFKA}\"", "\"localhost\"", "\"localhost\"", "not a list of brokers",
     "host:port"},
    {"bootstrap_with_a_bad_second_broker", "\"${KAFKA}\"", "\"localhost:9092, localhost:9093\"",
     "\"localhost:9092,", "not a list of brokers", "without spaces"},
    {"transactional_id", "linger.ms", "transactional.id", "\"transactional.id\"", "is matricula's to set",
     "the source's name"},
    {"group_id", "linger.ms", "group.id", "\"group.id\"", "is matricula's to set", "leave it out"},
    {"enable_auto_commit", "linger.ms", "enable.auto.commit", "\"enable.auto.commit\"", "is matricula's",
     "database"},
    {"isolation_level", "linger.ms", "isolation.level", "\"isolation.level\"", "is matricula's", "committed"},
    {"bootstrap_servers", "linger.ms", "bootstrap.servers", "\"bootstrap.servers\"", "is matricula's",
     "bootstrap in [kafka]"},
    {"cleanup_policy", "[kafka.properties]\n\"linger.ms\" = 5",
     "[kafka.topic_properties]\n\"cleanup.policy\" = \"delete\"", "\"cleanup.policy\"", "is matricula's",
     "compacted"},
    {"more_replicas_than_there_are", "[kafka.properties]\n\"linger.ms\" = 5",
     "[kafka.topic_properties]\n\"min.insync.replicas\" = 2", "\"min.insync", "greater than replication",
     "at most 1"},
    {"min_insync_replicas_no_number", "[kafka.properties]\n\"linger.ms\" = 5",
     "[kafka.topic_properties]\n\"min.insync.replicas\" = \"all\"", "\"min.insync", "not a whole number",
     "= 2"},
    {"own_topic_that_is_no_name", "replication = 1", "replication = 1\ncursors_topic = \"los cursores\"",
     "\"los cursores\"", "not a topic's name", "up to 249"},
    {"two_own_topics_in_one", "replication = 1", "replication = 1\ncursors_topic = \"matricula.outcomes\"",
     "\"matricula.outcomes\"", "cursors_topic and outcomes_topic are the same topic", "matricula.cursors"},
};

const mistake flow_mistakes[] = {
    {"name_with_spaces", "name = \"demo\"", "name = \"the demo\"", "\"the demo\"",
     "\"the demo\" is not a name", "without accents"},
    {"school_year_of_two_digits", "\"2026\"", "\"26\"", "\"26\"", "not four digits: \"26\"", "\"2026\""},
    {"unknown_kind_of_source", "kind = \"http\"", "kind = \"htp\"", "\"htp\"", "unknown kind of source",
     "\"http\""},
    {"url_that_is_none", "\"${FEED}\"", "\"itaca\"", "\"itaca\"\nevery", "not an http or https URL",
     "http://"},
    {"url_of_another_scheme", "\"${FEED}\"", "\"ftp://itaca.example/\"", "\"ftp", "not an http or https URL",
     "http://"},
    {"url_with_a_fragment", "\"${FEED}\"", "\"http://itaca.example/#x\"", "\"http://itaca", "fragment",
     "up to"},
    {"lane_without_province", lane_fp,
     "flavour = \"FP\"\nprovinces = [\"46\"]\n[[lane]]\nflavour = \"FPA\"\nprovinces = []", "[]",
     "a lane without a province", "\"03\", \"12\", \"46\""},
    {"lane_without_the_key_provinces", lane_fp,
     "flavour = \"FP\"\nprovinces = [\"46\"]\n#\n[[lane]]\nflavour = \"FPA\"", "[[lane]]\nflavour = \"FPA\"",
     "[[lane]] has no \"provinces\"", "provinces = "},
    {"province_of_three_digits", lane_fp, "flavour = \"FP\"\nprovinces = [\"46\", \"460\"]", "\"460\"",
     "\"460\" is not a province", "\"03\", \"12\" or \"46\""},
    {"province_by_name", lane_fp, "flavour = \"FP\"\nprovinces = [\"46\", \"València\"]", "\"València\"",
     "is not a province", "two digits"},
    {"flavour_in_two_spellings", lane_fp,
     "flavour = \"FP\"\nprovinces = [\"46\"]\n[[lane]]\nflavour = \"Eso\"\nprovinces = [\"03\"]", "\"Eso\"",
     "is spelled \"ESO\" on line 22", "one spelling"},
    {"flavour_that_makes_no_topic", lane_fp,
     "flavour = \"FP\"\nprovinces = [\"46\"]\n[[lane]]\nflavour = \"Educació Infantil\"\nprovinces = "
     "[\"03\"]",
     "\"Educació Infantil\"", "is not a name that Kafka takes", "give the lane a topic"},
    {"lane_of_an_unknown_source", lane_fp, "flavour = \"FP\"\nprovinces = [\"46\"]\nsource = \"itacca\"",
     "\"itacca\"", "no [[source]] is named \"itacca\"", "did you mean \"itaca\"?"},
    {"template_without_province", "{flavour}-{province}", "{flavour}-46", "\"{flavour}-46\"",
     "has no {province}", "{flavour}-{province}"},
    {"two_lanes_with_one_topic", lane_fp,
     "flavour = \"FP\"\nprovinces = [\"46\"]\n[[lane]]\nflavour = \"FPA\"\nprovinces = [\"46\"]\ntopic = "
     "\"FP-46\"",
     "\"FP-46\"\n\n[[site]]",
     "topic \"FP-46\" of FPA of province 46 is already that of FP of province 46 (line 27)",
     "a topic of its own"},
    {"one_lane_twice", lane_fp,
     "flavour = \"FP\"\nprovinces = [\"46\"]\n[[lane]]\nflavour = \"ESO\"\nprovinces = [ \"46\"]",
     "\"46\"]\n\n[[site]]", "is already that of ESO of province 46 (line 23)", "each lane once"},
    {"one_topic_for_two_provinces", lane_fp,
     "flavour = \"FP\"\nprovinces = [\"46\"]\n[[lane]]\nflavour = \"FPA\"\nprovinces = [\"03\", "
     "\"46\"]\ntopic = \"fpa\"",
     "\"fpa\"", "topic \"fpa\" of FPA of province 46 is already that of FPA of province 03", "{province}"},
    {"lane_in_a_topic_of_ours", lane_fp,
     "flavour = \"FP\"\nprovinces = [\"46\"]\n[[lane]]\nflavour = \"FPA\"\nprovinces = [\"03\"]\ntopic = "
     "\"matricula.cursors\"",
     "\"matricula.cursors\"", "is already that of cursors_topic of [kafka]", "a topic of its own"},
};

const mistake site_mistakes[] = {
    {"site_without_topics", "topics = [\"FP-46\"]", "topics = []", "[]", "a site without topics",
     "ESO-46, FP-46"},
    {"topic_nobody_produces", "\"FP-46\"", "\"FP-64\"", "\"FP-64\"", "nobody produces topic \"FP-64\"",
     "\"FP-46\""},
    {"topic_twice_in_one_site", "[\"FP-46\"]", "[\"FP-46\",\"FP-46\"]", "\"FP-46\"]",
     "stands twice in one site", "each topic once"},
    {"unknown_target", "target = \"classrooms\"\nbase_url = \"https://aules.example/fp/\"",
     "target = \"classroom\"\nbase_url = \"https://aules.example/fp/\"", "\"classroom\"",
     "no target \"classroom\" in ", "did you mean \"classrooms\"?"},
    {"two_sites_with_one_database", "file:secrets/fp46", "${DATABASE_ESO46}",
     "\"${DATABASE_ESO46}\"\ntarget = "
     "\"classrooms\"\nbase_url = \"https://aules.example/fp/\"",
     "the same database as that of the site on line 32", "a database for each site"},
    {"base_url_that_is_none", "https://aules.example/fp/", "aules.example/fp", "\"aules.example/fp\"",
     "not the address of a Moodle site", "https://"},
    {"base_url_with_a_query", "https://aules.example/fp/", "https://aules.example/?site=fp",
     "\"https://aules.example/?", "not the address of a Moodle site", "the host and the path"},
};

const mistake node_mistakes[] = {
    {"node_that_runs_nothing", "[limits]", "[[node]]\nname = \"two\"\nruns = []\n[limits]", "[]",
     "a node that runs nothing", "source:itaca, site:eso46, site:fp46"},
    {"node_that_runs_an_unknown_site", "\"site:fp46\"]", "\"site:fp46\", \"site:fp64\"]", "\"site:fp64\"",
     "a node cannot run \"site:fp64\"", "did you mean \"site:fp46\"?"},
    {"node_that_runs_an_unknown_source", "\"site:fp46\"]", "\"site:fp46\", \"source:itacas\"]",
     "\"source:itacas\"", "a node cannot run \"source:itacas\"", "did you mean \"source:itaca\"?"},
    {"node_that_runs_something_else", "\"site:fp46\"]", "\"site:fp46\", \"broker\"]", "\"broker\"",
     "a node cannot run \"broker\"", "one of: source:itaca, site:eso46, site:fp46"},
    {"node_that_runs_a_site_twice", "\"site:fp46\"]", "\"site:eso46\", \"site:fp46\"]",
     "\"site:eso46\", \"site:fp46\"", "stands twice in one node", "each entry once"},
    {"site_that_no_node_runs", ", \"site:fp46\"]", "]", "[[site]]\nname = \"fp46\"",
     "no node runs site \"fp46\"", "add \"site:fp46\" to runs"},
    {"source_that_no_node_runs", "\"source:itaca\", ", "", "[[source]]", "no node runs source \"itaca\"",
     "add \"source:itaca\" to runs"},
    {"two_nodes_of_one_name", "[limits]", "[[node]]\nname =  \"one\"\nruns = [\"source:itaca\"]\n[limits]",
     "\"one\"\nruns", "two [[node]] are named \"one\"", "a name of its own"},
    {"listen_without_port", "127.0.0.1:9464", "127.0.0.1", "\"127.0.0.1\"", "not an address with a port",
     "listen = \"0.0.0.0:9464\""},
    {"two_nodes_on_one_address", "[limits]",
     "[[node]]\nname = \"two\"\nlisten =  \"127.0.0.1:9464\"\nruns = [\"source:itaca\"]\n[limits]",
     "\"127.0.0.1:9464\"\nruns = [\"source:itaca\"]", "two nodes listen on \"127.0.0.1:9464\"",
     "a port of its own"},
};

const mistake limit_mistakes[] = {
    {"batch_smaller_than_a_record", limits_table, "batch_bytes_max = 1024", "1024",
     "record_bytes_max (1000000) is greater than batch_bytes_max (1024)", "no greater than batch_bytes_max"},
    {"page_smaller_than_a_record", limits_table, "page_bytes_max = 1024", "1024",
     "greater than page_bytes_max", "record_bytes_max no greater"},
    {"prefetch_smaller_than_a_record", limits_table, "prefetch_bytes_max = 1024", "1024",
     "greater than prefetch_bytes_max", "record_bytes_max no greater"},
    {"message_smaller_than_a_record", "\"linger.ms\" = 5", "\"message.max.bytes\" = 1000000",
     "\"message.max.bytes\"",
     "message.max.bytes is no number of bytes that a message of a record of record_bytes_max (1000000) fits",
     "at least 1016384"},
    {"topic_for_messages_smaller_than_a_record", "[kafka.properties]\n\"linger.ms\" = 5",
     "[kafka.topic_properties]\n\"max.message.bytes\" = 1016383", "\"max.message.bytes\"",
     "max.message.bytes is no number", "at least 1016384, or a lower record_bytes_max"},
    {"fetch_smaller_than_a_message", "\"linger.ms\" = 5", "\"fetch.max.bytes\" = 1000000",
     "\"fetch.max.bytes\"", "fetch.max.bytes is no number", "at least 1016384"},
    {"message_of_no_number_of_bytes", "\"linger.ms\" = 5", "\"message.max.bytes\" = \"2 MB\"",
     "\"message.max.bytes\"", "message.max.bytes is no number", "at least 1016384"},
    {"least_delay_above_the_greatest", limits_table, "retry_delay_ms_min = 5000\nretry_delay_ms_max = 4999",
     "4999", "retry_delay_ms_min (5000) is greater than retry_delay_ms_max (4999)", "no greater"},
    {"delay_longer_than_a_request_may_take", limits_table, "request_timeout_ms = 499", "499",
     "would time out before its last retry", "no greater"},
};

const mistake calendar_mistakes[] = {
    {"day_that_is_none", "[limits]", "[calendar]\nhide = \"31 July\"\n[limits]", "\"31 July\"",
     "\"hide\" of [calendar] is not a day of every year: \"31 July\"", "as \"07-31\""},
    {"day_of_no_month", "[limits]", "[calendar]\nopen = \"09-31\"\n[limits]", "\"09-31\"",
     "\"open\" of [calendar] is not a day", "as \"09-01\""},
    {"day_of_some_years", "[limits]", "[calendar]\ndelete = \"02-29\"\n[limits]", "\"02-29\"",
     "is not a day of every year", "as \"01-20\""},
    {"day_of_one_year", "[limits]", "[calendar]\ndelete = \"2027-01-20\"\n[limits]", "\"2027-01-20\"",
     "is not a day of every year", "month and day"},
    {"day_without_quotes", "[limits]", "[calendar]\nhide = 2027-07-31\n[limits]", "2027-07-31",
     "\"hide\" of [calendar] must be a string, not a date", "hide = \"07-31\""},
    {"blackout_of_no_days", "[limits]", "[calendar]\nblackout = [\"Christmas\"]\n[limits]", "\"Christmas\"",
     "\"Christmas\" of blackout is neither a day nor a range", "\"12-22/01-07\""},
    {"blackout_without_an_end", "[limits]", "[calendar]\nblackout = [\"12-22/\"]\n[limits]", "\"12-22/\"",
     "neither a day nor a range", "\"2027-03-15/2027-03-22\""},
    {"blackout_of_two_kinds", "[limits]", "[calendar]\nblackout = [\"12-22/2027-01-07\"]\n[limits]",
     "\"12-22/2027", "neither a day nor a range", "of every year"},
    {"blackout_of_a_day_that_is_not_there", "[limits]", "[calendar]\nblackout = [\"2027-02-29\"]\n[limits]",
     "\"2027-02-29\"", "neither a day nor a range", "of one"},
    {"blackout_that_ends_before_it_begins", "[limits]",
     "[calendar]\nblackout = [\"12-22/01-07\", \"2027-03-22/2027-03-15\"]\n[limits]", "\"2027-03-22/",
     "ends before it begins", "the first day before the last"},
    {"time_zone_that_is_none", "[limits]", "[calendar]\ntimezone = \"València, mainland\"\n[limits]",
     "\"València, mainland\"", "is not a time zone's name", "\"Europe/Madrid\""},
    {"unknown_key_of_the_calendar", "[limits]", "[calendar]\nblackouts = [\"12-22/01-07\"]\n[limits]",
     "blackouts", "unknown key \"blackouts\" in [calendar]", "did you mean \"blackout\"?"},
};

std::string name_of(const ::testing::TestParamInfo<mistake>& info) { return info.param.name; }

INSTANTIATE_TEST_SUITE_P(of_shape, a_mistake, ::testing::ValuesIn(shape_mistakes), name_of);
INSTANTIATE_TEST_SUITE_P(of_secrets, a_mistake, ::testing::ValuesIn(secret_mistakes), name_of);
INSTANTIATE_TEST_SUITE_P(of_kafka, a_mistake, ::testing::ValuesIn(kafka_mistakes), name_of);
INSTANTIATE_TEST_SUITE_P(of_flow, a_mistake, ::testing::ValuesIn(flow_mistakes), name_of);
INSTANTIATE_TEST_SUITE_P(of_sites, a_mistake, ::testing::ValuesIn(site_mistakes), name_of);
INSTANTIATE_TEST_SUITE_P(of_nodes, a_mistake, ::testing::ValuesIn(node_mistakes), name_of);
INSTANTIATE_TEST_SUITE_P(of_the_calendar, a_mistake, ::testing::ValuesIn(calendar_mistakes), name_of);
INSTANTIATE_TEST_SUITE_P(of_limits, a_mistake, ::testing::ValuesIn(limit_mistakes), name_of);

/// Files that have several problems, or none of a place.
class problems : public given_file {
 protected:
  std::vector<std::string> whats() {
    std::vector<std::string> out;
    for (const auto& each : load().problems)
      out.push_back(std::to_string(each.line) + ": " + each.what);
    return out;
  }
};

using ::testing::ElementsAre;

TEST_F(problems, are_all_reported_at_once_in_the_order_of_the_file) {
  replace("school_year = \"2026\"", "school_year = \"26\"");
  replace("partitions = 2", "partitions = 0");
  replace("every = \"10s\"", "every = 10");
  replace("topics = [\"FP-46\"]", "topics = []");
  replace("batch_records_max", "batch_record_max");
  EXPECT_THAT(whats(), ElementsAre("3: school_year is not four digits: \"26\"",
                                   "8: \"partitions\" of [kafka] is out of range: 0",
                                   "18: \"every\" of [[source]] has no unit",
                                   "38: a site without topics would never receive anything",
                                   "49: unknown key \"batch_record_max\" in [limits]"));
}

TEST_F(problems, of_a_file_that_does_not_exist) {
  const auto loaded = load_topology(root_ / "nowhere.toml");
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(text_of(loaded.problems[0]),
            (root_ / "nowhere.toml").string() +
                ": there is no such file\n    instead: the path of a topology file, such "
                "as config/topologies/demo.toml");
}

TEST_F(problems, of_a_folder) {
  const auto loaded = load_topology(root_);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].what, "it cannot be read");
}

TEST_F(problems, of_an_empty_file) {
  text_.clear();
  EXPECT_THAT(whats(), ElementsAre("0: no [pipeline]", "0: no [kafka]", "0: no [[source]]", "0: no [[lane]]",
                                   "0: no [[site]]"));
}

TEST_F(problems, of_two_sources_and_lanes_that_do_not_choose) {
  replace("[[source]]\nname = \"itaca\"",
          "[[source]]\nname = \"other\"\nurl = \"${FEED}\"\n\n[[source]]\nname = \"itaca\"");
  replace("\"source:itaca\"", "\"source:itaca\", \"source:other\"");
  EXPECT_THAT(whats(),
              ElementsAre("25: a lane that does not say which source feeds it, and there are several",
                          "29: a lane that does not say which source feeds it, and there are several"));
}

TEST_F(problems, of_two_sources_with_one_name) {
  replace("[[source]]\nname = \"itaca\"",
          "[[source]]\nname = \"itaca\"\nurl = \"${FEED}\"\n\n[[source]]\nname = \"itaca\"");
  EXPECT_THAT(whats(), ElementsAre("19: two [[source]] are named \"itaca\"; the first is on line 15"));
}

TEST_F(problems, of_a_name_that_stands_twice_are_not_repeated) {
  replace("[[source]]\nname = \"itaca\"",
          "[[source]]\nname = \"itaca\"\nurl = \"${FEED}\"\n\n[[source]]\nname = \"itaca\"");
  replace("flavour = \"ESO\"", "source = \"elsewhere\"\nflavour = \"ESO\"");
  replace("\"source:itaca\", ", "");
  const auto found = load().problems;
  ASSERT_EQ(found.size(), 3U);
  EXPECT_EQ(found[0].what, "no node runs source \"itaca\"");
  EXPECT_EQ(found[1].what, "two [[source]] are named \"itaca\"; the first is on line 15");
  EXPECT_EQ(found[2].what, "no [[source]] is named \"elsewhere\"");
  EXPECT_EQ(found[2].instead, "one of: itaca");
}

TEST_F(problems, of_two_sites_with_one_name) {
  replace("name = \"fp46\"", "name = \"eso46\"");
  EXPECT_THAT(whats(), ElementsAre("37: two [[site]] are named \"eso46\"; the first is on line 30",
                                   "46: a node cannot run \"site:fp46\": there is no such source or site"));
}

TEST_F(problems, of_a_template_without_flavour) {
  replace("{flavour}-{province}", "records-{province}");
  replace("\"ESO-46\"", "\"records-46\"");
  replace("\"FP-46\"", "\"records-46\"");
  EXPECT_THAT(
      whats(),
      ElementsAre("7: the topic template has no {flavour}",
                  "27: topic \"records-46\" of FP of province 46 is already that of ESO of province 46 "
                  "(line 23)"));
}

TEST_F(problems, of_a_template_with_an_unknown_placeholder) {
  replace("{flavour}-{province}", "{flavor}-{flavour}-{province}");
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.problems[0].what, "unknown placeholder {flavor} in a topic");
  EXPECT_EQ(loaded.problems[0].instead, "did you mean \"flavour\"?");
}

TEST_F(problems, of_a_placeholder_that_a_reference_makes_do_not_tell_it) {
  replace("{flavour}-{province}", "{flavour}-{${DATABASE_ESO46}}");
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  for (const auto& found : loaded.problems)
    EXPECT_THAT(text_of(found), Not(HasSubstr("opensesame")));
}

TEST_F(problems, of_a_folder_of_targets_that_a_reference_makes_do_not_tell_it) {
  replace("school_year", "targets_directory = \"${DATABASE_ESO46}\"\nschool_year");
  const auto loaded = load();
  ASSERT_FALSE(loaded);
  EXPECT_THAT(loaded.problems[0].what, HasSubstr("in ${DATABASE_ESO46}"));
  for (const auto& found : loaded.problems)
    EXPECT_THAT(text_of(found), Not(HasSubstr("opensesame")));
}

TEST_F(problems, of_a_folder_of_targets_that_is_not_there) {
  replace("school_year", "targets_directory = \"../nowhere\"\nschool_year");
  const auto loaded = load();
  ASSERT_EQ(loaded.problems.size(), 2U);
  EXPECT_THAT(loaded.problems[0].what, HasSubstr("no target \"classrooms\" in "));
  EXPECT_THAT(loaded.problems[0].instead, HasSubstr("targets_directory of [pipeline]"));
}

TEST_F(problems, of_a_target_that_is_incomplete_stand_once_at_its_first_site) {
  const auto target = root_ / "targets" / "classrooms";
  std::filesystem::remove(target / "verify.sql");
  std::filesystem::remove(target / "10_step.sql");
  std::ofstream{target / "outcomes.sql"} << " \n";
  std::ofstream{target / "notes.sql"} << "select 1\n";
  const auto where =
      "33: target \"classrooms\" in " + std::filesystem::canonical(root_ / "targets").string() + ": ";
  EXPECT_THAT(whats(), ElementsAre(where + "verify.sql is missing",
                                   where + "notes.sql is neither a known file nor a step, NN_name.sql",
                                   where + "outcomes.sql is empty", where + "there is no step, NN_name.sql"));
}

TEST_F(problems, of_settings_that_the_target_does_not_take) {
  std::ofstream{root_ / "targets" / "classrooms" / "target.toml"} << R"([settings]
prefix = { default = "mdl_" }
withdraw = { default = "suspend", one_of = ["suspend", "keep"] }
)";
  replace("base_url = \"https://aules.example/eso46\"", R"(base_url = "https://aules.example/eso46"

[site.settings]
prefx = "mdl_"
prefix = "mdl-"
withdraw = "delete"
)");
  const auto loaded = load();
  ASSERT_EQ(loaded.problems.size(), 3U);
  EXPECT_EQ(loaded.problems[0].what, "target \"classrooms\" has no setting \"prefx\"");
  EXPECT_EQ(loaded.problems[0].instead, "did you mean \"prefix\"?");
  EXPECT_EQ(loaded.problems[1].what, "\"prefix\" of [site.settings] has a value that it does not take");
  EXPECT_THAT(loaded.problems[1].instead, HasSubstr("small letters"));
  EXPECT_EQ(loaded.problems[2].instead, "one of: suspend, keep");
  EXPECT_EQ(loaded.problems[2].line, place_of("withdraw = \"delete\"").line);
}

TEST_F(problems, of_settings_for_a_target_without_any) {
  replace("base_url = \"https://aules.example/eso46\"",
          "base_url = \"https://aules.example/eso46\"\nsettings = { withdraw = \"keep\" }");
  const auto loaded = load();
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems[0].instead, "nothing: it has no settings");
}

TEST_F(problems, never_hold_what_a_reference_stands_for) {
  environment_["DATABASE_ESO46"] = "opensesame";
  environment_["FEED"] = "opensesame";
  environment_["KAFKA"] = "opensesame";
  environment_["X"] = "opensesame!";
  replace("name = \"itaca\"", "name = \"${X}\"");
  replace("every = \"10s\"", "every = \"${X}\"");
  replace("127.0.0.1:9464", "${X}");
  replace("school_year = \"2026\"", "school_year = \"${X}\"");
  replace("kind = \"http\"", "kind = \"${X}\"");
  replace("topics = [\"ESO-46\"]", "topics = [\"${X}\"]");
  const auto loaded = load();
  EXPECT_GE(loaded.problems.size(), 9U);
  for (const auto& each : loaded.problems)
    EXPECT_THAT(text_of(each), Not(HasSubstr("opensesame")));
}

}  // namespace
}  // namespace matricula::testing
