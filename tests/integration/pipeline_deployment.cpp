// SPDX-License-Identifier: Apache-2.0
#include "pipeline_deployment.hpp"

#include "actors/dedup/kafka_topic_scan.hpp"
#include "actors/publish/kafka_client.hpp"
#include "config/load.hpp"
#include "given_deployment.hpp"
#include "messages/hashing.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <iterator>
#include <unistd.h>

namespace matricula {
namespace {

constexpr std::array lanes{"ESO-46", "FP-46"};
constexpr int kafka_wait_ms = 10'000;

std::string name_of_next_test() {
  static int made = 0;
  return "pipeline" + std::to_string(getpid()) + "x" + std::to_string(++made);
}

std::string site_of(const std::string& lane) { return lane == "ESO-46" ? "eso46" : "fp46"; }

/// A part of a natural key as it stands between the slashes.
std::string escaped(const std::string& part) {
  std::string out;
  for (const char c : part)
    out += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return out;
}

std::string text(const nlohmann::json& value) { return value.is_string() ? value.get<std::string>() : ""; }

std::string key_of(const nlohmann::json& record) {
  return escaped(text(record["year"])) + '/' + escaped(text(record["centre"]["code"])) + '/' +
         escaped(text(record["course"]["code"])) + '/' + escaped(text(record["subject"]["code"])) + '/' +
         escaped(text(record["group"]["code"])) + '/' + escaped(text(record["person"]["id"])) + '/' +
         escaped(text(record["role"]));
}

/// A classroom's list of teachers in the order of their ids; null and empty texts are the same.
std::string teachers_of(const nlohmann::json& list) {
  std::vector<std::string> all;
  for (const auto& teacher : list)
    all.push_back(text(teacher["id"]) + ',' + text(teacher["name"]) + ',' + text(teacher["surname1"]) + ',' +
                  text(teacher["surname2"]) + ',' + text(teacher["email"]) + ',' +
                  text(teacher["substitutes"]));
  std::sort(all.begin(), all.end());
  std::string out;
  for (const auto& teacher : all)
    out += teacher + ';';
  return out;
}

using fields = std::vector<std::string>;

fields fields_of(const nlohmann::json& record) {
  const auto& person = record["person"];
  const auto role = text(record["role"]);
  return {text(record["year"]),
          text(record["status"]),
          text(record["since"]),
          role,
          text(record["centre"]["code"]),
          text(record["centre"]["name"]),
          text(record["centre"]["flavour"]),
          text(record["course"]["code"]),
          text(record["course"]["name"]),
          text(record["subject"]["code"]),
          text(record["subject"]["name_val"]),
          text(record["subject"]["name_cas"]),
          text(record["group"]["code"]),
          text(record["group"]["name"]),
          text(record["group"]["tutor"]),
          text(person["id"]),
          text(person["name"]),
          text(person["surname1"]),
          text(person["surname2"]),
          text(person["email"]),
          role == "student" ? text(person["born"]) : "",
          teachers_of(record["teachers"]),
          record["timetable"].dump()};
}

constexpr const char* rows_of_a_site =
    "select key, year, status, since::text, role, centre_code, centre_name, flavour, course_code, "
    "course_name, "
    "subject_code, subject_name_val, subject_name_cas, group_code, group_name, group_tutor, person_id, "
    "person_name, person_surname1, person_surname2, person_email, "
    "case role when 'student' then person_born::text end, teachers, timetable from classrooms.record";

fields fields_of(const pqxx::row& row) {
  fields all;
  for (int i = 1; i < 24; ++i)
    all.push_back(row[i].is_null() ? "" : row[i].c_str());
  all[21] = teachers_of(nlohmann::json::parse(all[21]));
  all[22] = nlohmann::json::parse(all[22]).dump();
  return all;
}

/// Says in what two maps differ, keys only.
template <class Value>
std::string difference_between(const std::map<std::string, Value>& wanted,
                               const std::map<std::string, Value>& found) {
  std::size_t missing = 0, different = 0, extra = 0;
  std::string example;
  const auto note = [&](std::size_t& count, const std::string& what, const std::string& key) {
    if (count++ == 0)
      example += "; " + what + ": " + key;
  };
  for (const auto& [key, value] : wanted)
    if (const auto at = found.find(key); at == found.end())
      note(missing, "missing", key);
    else if (at->second != value)
      note(different, "different", key);
  for (const auto& [key, value] : found)
    if (wanted.find(key) == wanted.end())
      note(extra, "extra", key);
  if (example.empty())
    return wanted.empty() ? "the truth is empty" : "";
  return std::to_string(wanted.size()) + " wanted, " + std::to_string(missing) + " missing, " +
         std::to_string(different) + " different, " + std::to_string(extra) + " extra" + example;
}

kafka_handle<rd_kafka_t> admin_client() {
  kafka_settings settings;
  settings.bootstrap = kafka_bootstrap();
  auto configuration = kafka_configuration(settings, {});
  if (!configuration)
    throw std::runtime_error{configuration.error().text};
  auto client = kafka_client(RD_KAFKA_PRODUCER, *std::move(configuration));
  if (!client)
    throw std::runtime_error{client.error().text};
  return *std::move(client);
}

}  // namespace

pipeline_deployment::pipeline_deployment(pipeline_wishes wishes)
    : wishes_(std::move(wishes))
    , name_(name_of_next_test())
    , folder_(std::filesystem::temp_directory_path() / ("matricula_" + name_))
    , file_(folder_ / "topology.toml") {
  std::filesystem::remove_all(folder_);
  running_process::on_sanitizer_report = [](const std::string& report) { ADD_FAILURE() << report; };
  std::filesystem::create_directories(folder_);
  simulator_.emplace(folder_, wishes_.records, wishes_.simulator_options);
  write_topology();
}

pipeline_deployment::~pipeline_deployment() {
  try {
    simulator_.reset();
    remove_from_kafka();
  } catch (const std::exception& error) {
    ADD_FAILURE() << error.what();
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void pipeline_deployment::write_topology(int partitions, const std::string& bootstrap) const {
  const auto targets = wishes_.targets_directory.empty() ? repository_targets() : wishes_.targets_directory;
  std::ofstream out{file_};
  out << "[pipeline]\nname = \"" << name_ << "\"\nschool_year = \"2026\"\ntargets_directory = \""
      << targets.string() << "\"\n[kafka]\nbootstrap = \""
      << (bootstrap.empty() ? kafka_bootstrap() : bootstrap) << "\"\npartitions = " << partitions
      << "\ntopic = \"" << name_ << "-{flavour}-{province}\"\n";
  for (const char* which : {"cursors", "quarantine", "outcomes"})
    out << which << "_topic = \"" << topic(which) << "\"\n";
  out << "[kafka.properties]\n"
      << wishes_.kafka_properties << "\n[[source]]\nname = \"itaca\"\nurl = \"" << simulator_->feed()
      << "\"\nevery = \"" << wishes_.every << "\"\npage_records_max = " << wishes_.page_records_max
      << "\nrequest_timeout = \"" << wishes_.request_timeout << "\"\n"
      << "[[lane]]\nflavour = \"ESO\"\nprovinces = [\"46\"]\n"
      << "[[lane]]\nflavour = \"FP\"\nprovinces = [\"46\"]\n";
  for (const std::string lane : lanes)
    out << "[[site]]\nname = \"" << site_of(lane) << "\"\ntopics = [\"" << topic(lane)
        << "\"]\ndatabase = \"${PIPELINE_DATABASE_" << site_of(lane)
        << "}\"\ntarget = \"classrooms\"\nbase_url = \"https://aules.example/" << site_of(lane) << "\"\n";
  out << "[limits]\nretry_delay_ms_max = 500\n" << wishes_.limits;
}

running_process::variables pipeline_deployment::environment() const {
  return {{"PIPELINE_DATABASE_eso46", eso_.url()}, {"PIPELINE_DATABASE_fp46", fp_.url()}};
}

topology pipeline_deployment::load() const {
  const auto loaded =
      load_topology(file_, [all = environment()](std::string_view name) -> std::optional<std::string> {
        for (const auto& [known, value] : all)
          if (known == name)
            return value;
        return std::nullopt;
      });
  if (!loaded)
    throw std::runtime_error{text_of(loaded.problems.front())};
  return *loaded.topology;
}

running_process pipeline_deployment::start(const std::string& command,
                                           const std::vector<std::string>& options,
                                           const running_process::variables& more) {
  std::vector<std::string> line{MATRICULA_PROGRAM, command, file_.string()};
  line.insert(line.end(), options.begin(), options.end());
  auto variables = environment();
  variables.insert(variables.end(), more.begin(), more.end());
  return {std::move(line), next_log(command), variables};
}

running_process pipeline_deployment::start_run_told_to_stop() {
  // A signal that is blocked stays pending in the program that takes the shell's place.
  return {{"/usr/bin/env", "--block-signal=TERM", "/bin/sh", "-c", "kill -TERM $$ && exec \"$@\"", "sh",
           MATRICULA_PROGRAM, "run", file_.string()},
          next_log("run"),
          environment()};
}

std::pair<std::optional<int>, std::string>
pipeline_deployment::finish(const std::string& command, const std::vector<std::string>& options) {
  auto process = start(command, options);
  const auto code = process.exit_code();
  return {code, process.log()};
}

std::string pipeline_deployment::difference(const std::string& lane,
                                            const std::vector<std::string>& without) const {
  auto wanted = simulator_->hashes(lane);
  for (const auto& key : without)
    wanted.erase(key);
  std::map<std::string, std::string> found;
  const auto& database = this->database(lane);
  if (database.value("select to_regclass('classrooms.record')") == "null")
    return "the site has no tables yet";
  for (const auto& row :
       database.query("select key, lpad(to_hex(content_hash), 16, '0') from classrooms.record"))
    found.emplace(row[0].c_str(), row[1].c_str());
  return difference_between(wanted, found);
}

std::string pipeline_deployment::difference_of_fields(const std::string& lane,
                                                      const std::vector<std::string>& without) const {
  std::map<std::string, fields> wanted, found;
  simulator_->each_record(
      lane, [&](const nlohmann::json& record) { wanted.emplace(key_of(record), fields_of(record)); });
  for (const auto& key : without)
    wanted.erase(key);
  for (const auto& row : database(lane).query(rows_of_a_site))
    found.emplace(row[0].c_str(), fields_of(row));
  return difference_between(wanted, found);
}

void pipeline_deployment::expect_truth() {
  std::string differs;
  for (const std::string lane : lanes) {
    const bool equal = eventually([&] { return (differs = difference(lane)).empty(); });
    ASSERT_TRUE(equal) << lane << ": " << differs;
    EXPECT_EQ(difference_of_fields(lane), "") << lane;
  }
  const auto [code, printed] = finish("verify");
  EXPECT_EQ(code, 0) << printed;
}

std::vector<std::pair<std::string, std::string>>
pipeline_deployment::messages(const std::string& which) const {
  kafka_settings settings;
  settings.bootstrap = kafka_bootstrap();
  std::vector<std::pair<std::string, std::string>> all;
  std::string why;
  // A broker may not lead yet what has just been created.
  const bool read = eventually([&] {
    all.clear();
    const auto scan = make_kafka_topic_scan(settings, {topic(which)});
    for (;;) {
      const auto more = scan->next(10'000, [&](const scanned_message& message) {
        all.emplace_back(message.record.key, message.record.value);
      });
      if (!more)
        why = more.error().text;
      if (!more || !*more)
        return static_cast<bool>(more);
    }
  });
  if (!read)
    throw std::runtime_error{why};
  return all;
}

std::vector<std::int64_t> pipeline_deployment::ends(const std::string& which, int partitions) const {
  const auto client = admin_client();
  std::vector<std::int64_t> all;
  for (int i = 0; i < partitions; ++i) {
    std::int64_t low = 0, high = 0;
    const auto error =
        rd_kafka_query_watermark_offsets(client.get(), topic(which).c_str(), i, &low, &high, kafka_wait_ms);
    if (error != RD_KAFKA_RESP_ERR_NO_ERROR)
      throw std::runtime_error{rd_kafka_err2str(error)};
    all.push_back(high);
  }
  return all;
}

std::uint64_t pipeline_deployment::pages_committed() const {
  const auto all = messages("cursors");
  return all.empty() ? 0 : nlohmann::json::parse(all.back().second).at("page").get<std::uint64_t>();
}

std::string pipeline_deployment::row_versions(const std::string& lane) const {
  std::string versions;
  for (const char* table :
       {"centre", "school_group", "classroom", "person", "enrolment", "membership", "teaching"})
    versions += database(lane).value("select md5(string_agg(ctid::text || xmin::text, ',' order by ctid)) "
                                     "from classrooms." +
                                     std::string{table}) +
                ' ';
  return versions + database(lane).value("select string_agg(last_value::text, ',') from pg_sequences "
                                         "where schemaname = 'classrooms'");
}

void pipeline_deployment::remove_from_kafka() const {
  const auto client = admin_client();
  const kafka_handle<rd_kafka_queue_t> queue{rd_kafka_queue_new(client.get())};
  std::vector<rd_kafka_DeleteTopic_t*> topics;
  for (const char* which : {"ESO-46", "FP-46", "cursors", "quarantine", "outcomes"})
    topics.push_back(rd_kafka_DeleteTopic_new(topic(which).c_str()));
  rd_kafka_DeleteTopics(client.get(), topics.data(), topics.size(), nullptr, queue.get());
  const kafka_handle<rd_kafka_event_t> topics_gone{rd_kafka_queue_poll(queue.get(), kafka_wait_ms)};
  rd_kafka_DeleteTopic_destroy_array(topics.data(), topics.size());
  // A group with a member that was killed lives until the member's session is over.
  std::vector<rd_kafka_DeleteGroup_t*> groups;
  for (const char* which : {".source.itaca", ".site.eso46", ".site.fp46"})
    groups.push_back(rd_kafka_DeleteGroup_new(("matricula." + name_ + which).c_str()));
  rd_kafka_DeleteGroups(client.get(), groups.data(), groups.size(), nullptr, queue.get());
  const kafka_handle<rd_kafka_event_t> groups_gone{rd_kafka_queue_poll(queue.get(), kafka_wait_ms)};
  rd_kafka_DeleteGroup_destroy_array(groups.data(), groups.size());
}

void pipeline_test::given(pipeline_wishes wishes) {
  pipeline.emplace(std::move(wishes));
  const auto [code, printed] = pipeline->finish("topics", {"--create"});
  ASSERT_EQ(code, 0) << printed;
}

void pipeline_test::given_a_refused_record(std::string& refused) {
  namespace fs = std::filesystem;
  own_targets_ = fs::temp_directory_path() / ("matricula_targets_" + std::to_string(getpid()));
  fs::remove_all(own_targets_);
  pipeline_wishes wishes;
  wishes.targets_directory = own_targets_;
  fs::copy(repository_targets(), own_targets_, fs::copy_options::recursive);
  ASSERT_NO_FATAL_FAILURE(given(wishes));
  pipeline->simulator().read_all(wishes.page_records_max);
  const auto truth = pipeline->simulator().hashes("ESO-46");
  ASSERT_FALSE(truth.empty());
  refused = std::next(truth.begin(), static_cast<std::ptrdiff_t>(truth.size() / 3))->first;
  std::ofstream{own_targets_ / "classrooms" / "schema.sql", std::ios::app}
      << "alter table classrooms.enrolment drop constraint if exists no_such_place;\n"
      << "alter table classrooms.enrolment add constraint no_such_place check (key_hash <> "
      << static_cast<std::int64_t>(key_hash_of(refused)) << ");\n";
}

void pipeline_test::TearDown() {
  pipeline.reset();
  if (!own_targets_.empty())
    std::filesystem::remove_all(own_targets_);
}

bool pipeline_test::pages_flow(std::uint64_t more) {
  const auto before = pipeline->pages_committed();
  return eventually([&] { return pipeline->pages_committed() >= before + more; });
}

}  // namespace matricula
