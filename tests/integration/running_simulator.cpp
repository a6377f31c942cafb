// SPDX-License-Identifier: Apache-2.0
#include "running_simulator.hpp"

#include <chrono>
#include <fstream>
#include <httplib.h>
#include <sstream>
#include <stdexcept>

namespace matricula {
namespace {

constexpr std::chrono::seconds answer_max{60};

std::vector<std::string> command_of(const std::filesystem::path& folder, std::uint64_t records,
                                    const std::vector<std::string>& options) {
  std::vector<std::string> command{MATRICULA_SIMULATOR,
                                   "--port",
                                   "0",
                                   "--port-file",
                                   (folder / "feed-port").string(),
                                   "--records",
                                   std::to_string(records),
                                   "--lanes",
                                   "ESO-46,FP-46"};
  command.insert(command.end(), options.begin(), options.end());
  return command;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::istringstream in{text};
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

std::string filter_of(const std::string& lane) {
  const auto dash = lane.rfind('-');
  return "/truth?all&flavour=" + lane.substr(0, dash) + "&province=" + lane.substr(dash + 1);
}

}  // namespace

running_simulator::running_simulator(const std::filesystem::path& folder, std::uint64_t records,
                                     const std::vector<std::string>& options)
    : process_(command_of(folder, records, options), folder / "simulator.log") {
  const auto port_file = folder / "feed-port";
  if (!eventually([&] { return std::filesystem::exists(port_file) || !process_.alive(); }))
    throw std::runtime_error{"the simulator does not start"};
  if (!(std::ifstream{port_file} >> port_))
    throw std::runtime_error{"the simulator did not start: " + process_.log()};
}

std::string running_simulator::get(const std::string& path) const {
  httplib::Client client{"127.0.0.1", port_};
  client.set_read_timeout(answer_max);  // all records of a lane take a sanitizer's build a while
  const auto answer = client.Get(path.c_str());
  if (!answer || answer->status != 200)
    throw std::runtime_error{"the simulator does not answer GET " + path};
  return answer->body;
}

void running_simulator::post(const std::string& path, const nlohmann::json& body) const {
  httplib::Client client{"127.0.0.1", port_};
  const auto answer = client.Post(path.c_str(), body.dump(), "application/json");
  if (!answer || answer->status != 200)
    throw std::runtime_error{"the simulator does not take " + body.dump() + ": " +
                             (answer ? answer->body : "no answer")};
}

std::map<std::string, std::string> running_simulator::hashes(const std::string& lane) const {
  std::map<std::string, std::string> all;
  for (const auto& line : lines_of(get(filter_of(lane) + "&format=hash"))) {
    const auto tab = line.find('\t');
    all.emplace(line.substr(0, tab), line.substr(tab + 1));
  }
  return all;
}

void running_simulator::each_record(const std::string& lane,
                                    const std::function<void(nlohmann::json)>& take) const {
  std::istringstream in{get(filter_of(lane))};
  for (std::string line; std::getline(in, line);)
    take(nlohmann::json::parse(line));
}

void running_simulator::change(double share) const { post("/life", {{"changes", share}}); }

std::uint64_t running_simulator::sweeps() const {
  return nlohmann::json::parse(get("/life")).at("sweeps_begun").get<std::uint64_t>();
}

std::uint64_t running_simulator::events(const std::string& kind) const {
  return nlohmann::json::parse(get("/life")).at("events").at(kind).get<std::uint64_t>();
}

bool running_simulator::passes_a_sweep() const {
  const auto before = sweeps();
  return eventually([&] { return sweeps() >= before + 2; });
}

void running_simulator::read_all(std::uint32_t page_records_max) const {
  const auto first = "/feed?limit=" + std::to_string(page_records_max);
  for (auto path = first;;) {
    const auto page = nlohmann::json::parse(get(path)).at("page");
    if (!page.contains("next"))
      return;
    path = first + "&cursor=" + page["next"].get<std::string>();
  }
}

void running_simulator::add_faults(const nlohmann::json& faults) const { post("/faults", faults); }

void running_simulator::clear_faults() const {
  httplib::Client client{"127.0.0.1", port_};
  const auto answer = client.Delete("/faults");
  if (!answer || answer->status != 200)
    throw std::runtime_error{"the simulator does not take DELETE /faults"};
}

nlohmann::json running_simulator::faults() const { return nlohmann::json::parse(get("/faults")); }

}  // namespace matricula
