// SPDX-License-Identifier: Apache-2.0
#include "deployment.hpp"

#include <pqxx/pqxx>

#include <atomic>
#include <csignal>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <unistd.h>

namespace matricula::faults {
namespace {

std::string name_of_next_run() {
  static std::atomic<int> made = 0;
  return "faults" + std::to_string(getpid()) + "x" + std::to_string(++made);
}

std::string text_of_file(const std::filesystem::path& file) {
  std::ifstream in{file};
  if (!in)
    throw std::runtime_error{"cannot read " + file.string()};
  return {std::istreambuf_iterator<char>{in}, {}};
}

void execute(const std::string& url, const std::string& sql) {
  pqxx::connection connection{url};
  pqxx::nontransaction{connection}.exec(sql);
}

std::vector<std::string> simulator_options(const wishes& what) {
  return {"--changes", std::to_string(what.changes), "--seed", std::to_string(what.seed)};
}

}  // namespace

deployment::deployment(const services& on, std::filesystem::path folder, const wishes& what)
    : on_(on)
    , folder_(std::move(folder))
    , file_(folder_ / "topology.toml")
    , name_(name_of_next_run())
    , cursors_(name_ + "-cursors")
    , quarantine_(name_ + "-quarantine")
    , target_(what.target) {
  std::filesystem::create_directories(folder_);
  for (const std::string lane : {"ESO-46", "FP-46"}) {
    const std::string site = lane == "ESO-46" ? "eso46" : "fp46";
    sites_.push_back({lane, name_ + '-' + lane, site, name_ + '_' + site,
                      std::make_unique<forwarder>(on_.postgres_port())});
  }
  make_databases();
  simulator_.emplace(folder_, what.records, simulator_options(what));
  write_topology(what);
  if (const auto [code, printed] = finish("topics", {"--create"}); code != 0)
    throw std::runtime_error{"matricula topics failed: " + printed};
}

deployment::~deployment() {
  processes_.clear();
  simulator_.reset();
  try {
    for (const auto& site : sites_)
      execute(administration_url(), "drop database if exists " + site.database + " with (force)");
  } catch (const std::exception&) {
    // The server goes with the program.
  }
}

void deployment::make_databases() {
  const auto audit = text_of_file(MATRICULA_SOURCE_DIRECTORY "/tests/faults/audit.sql");
  for (const auto& site : sites_) {
    execute(administration_url(), "create database " + site.database);
    if (target_ == "moodle")
      execute(direct_url(site),
              text_of_file(MATRICULA_SOURCE_DIRECTORY "/tests/integration/moodle/moodle_4_3.sql"));
    execute(direct_url(site), audit);
  }
}

void deployment::write_topology(const wishes& what) const {
  std::ofstream out{file_};
  out << "[pipeline]\nname = \"" << name_ << "\"\nschool_year = \"2026\"\ntargets_directory = \""
      << MATRICULA_SOURCE_DIRECTORY "/config/targets\"\n"
      << "[kafka]\nbootstrap = \"" << on_.bootstrap() << "\"\npartitions = 2\nreplication = " << on_.brokers()
      << "\ntopic = \"" << name_ << "-{flavour}-{province}\"\ncursors_topic = \"" << cursors_
      << "\"\nquarantine_topic = \"" << quarantine_ << "\"\noutcomes_topic = \"" << outcomes_topic()
      << "\"\n[kafka.properties]\n\"session.timeout.ms\" = " << session_timeout_s * 1'000
      << "\n\"heartbeat.interval.ms\" = 1000\n"
      << "[[source]]\nname = \"itaca\"\nurl = \"" << simulator_->feed() << "\"\nevery = \"" << what.every
      << "\"\npage_records_max = " << what.page_records_max << "\nrequest_timeout = \"3s\"\n"
      << "[[lane]]\nflavour = \"ESO\"\nprovinces = [\"46\"]\n"
      << "[[lane]]\nflavour = \"FP\"\nprovinces = [\"46\"]\n";
  for (const auto& site : sites_)
    out << "[[site]]\nname = \"" << site.site << "\"\ntopics = [\"" << site.topic
        << "\"]\ndatabase = \"${FAULTS_DATABASE_" << site.site << "}\"\ntarget = \"" << target_
        << "\"\nbase_url = \"https://aules.example/" << site.site
        << "\"\n"
        // Half of a sweep changes here, which is more than an administrator would let go by.
        << (target_ == "moodle" ? "[site.settings]\nwithdraw_people_min = \"999999999\"\n" : "");
  out << "[[node]]\nname = \"source\"\nruns = [\"source:itaca\"]\n"
      << "[[node]]\nname = \"sites\"\nruns = [\"site:eso46\", \"site:fp46\"]\n"
      << "[[node]]\nname = \"all\"\nruns = [\"source:itaca\", \"site:eso46\", \"site:fp46\"]\n"
      << "[limits]\n"
      << what.limits;
}

running_process::variables deployment::environment() const {
  running_process::variables all;
  for (const auto& site : sites_)
    all.emplace_back("FAULTS_DATABASE_" + site.site, on_.url_at(site.way->port()) + '/' + site.database);
  return all;
}

running_process& deployment::start(const std::string& name, const std::string& node,
                                   const running_process::variables& more) {
  processes_.erase(name);
  auto variables = environment();
  variables.insert(variables.end(), more.begin(), more.end());
  const auto log = folder_ / (name + '-' + std::to_string(++started_) + ".log");
  const auto runner = runners_.find(node);
  const auto command = runner == runners_.end() ? std::vector<std::string>{MATRICULA_PROGRAM, "run",
                                                                           file_.string(), "--node", node}
                                                : runner->second->command_of(name);
  const network::visit on_its_host{on_.apart()};
  auto& process = processes_.emplace(name, running_process{command, log, variables}).first->second;
  if (runner != runners_.end())
    runner->second->when_started(name);
  return process;
}

std::pair<std::optional<int>, std::string> deployment::finish(const std::string& command,
                                                              const std::vector<std::string>& options) {
  std::vector<std::string> line{MATRICULA_PROGRAM, command, file_.string()};
  line.insert(line.end(), options.begin(), options.end());
  running_process process{line, folder_ / (command + '-' + std::to_string(++started_) + ".log"),
                          environment()};
  const auto code = process.exit_code();
  return {code, process.log()};
}

void deployment::note_rss() {
  const auto is = [](const std::string& line, const char* name) { return line.rfind(name, 0) == 0; };
  const auto raise = [](std::uint64_t& peak, const std::string& line) {
    peak = std::max<std::uint64_t>(peak, std::stoull(line.substr(line.find(':') + 1)) * 1024);
  };
  for (const auto& [name, process] : processes_) {
    std::ifstream status{"/proc/" + std::to_string(process.id()) + "/status"};
    for (std::string line; std::getline(status, line);)
      if (line == "Name:\tfaults")
        break;  // it is about to become the program: the memory is still ours
      else if (is(line, "VmHWM:"))
        raise(rss_peak_, line);
      else if (is(line, "VmRSS:"))
        raise(rss_peaks_since_last_[name], line);
  }
}

}  // namespace matricula::faults
