// SPDX-License-Identifier: Apache-2.0
#include "faults.hpp"
#include "feed.hpp"
#include "feed_server.hpp"
#include "school_system.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <future>
#include <iostream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <pthread.h>

namespace {

constexpr const char* examples = R"(
Examples:
  itaca_simulator                                    one page is one sweep, nothing ever changes
  itaca_simulator --port 0 --port-file /tmp/port     on a free port, told to a script
  itaca_simulator --records 8000000 --changes 0.01   the whole system; 1 % of it changes every sweep
  itaca_simulator --changes 0.01 --changes-from-sweep 3
                                                     first all new, then unchanged, then 1 % changed
  curl 'http://127.0.0.1:8460/feed?limit=30000'      begins a sweep
  itaca_simulator --fault 503:2 --fault cut:0.05     two refusals, then one page in twenty is cut off
  curl 'http://127.0.0.1:8460/feed?cursor=1:30000'   goes on

The feed and the other addresses (/truth, /life, /faults) are described in docs/feed.md.
Exit code 0: stopped; 1: the port cannot be had; 2: wrong usage.
)";

// So that nobody reads a half-written file.
bool write_port_file(const std::string& name, int port) {
  const auto half = name + ".new";
  {
    std::ofstream file(half);
    file << port << '\n';
    if (!file.flush())
      return false;
  }
  return std::rename(half.c_str(), name.c_str()) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace matricula::simulator;

  std::uint64_t seed = 1, records = 30'000, first_changed = 2;
  int year = 2026, port = 8460;
  double rate = 0;
  feed_limits limits;
  std::string address = "127.0.0.1", port_file;
  std::vector<std::string> fault_texts, lane_texts;

  CLI::App options{"Serves the enrolment records of a made-up school system, page by page, as ITACA would."};
  options.footer(examples);
  options.add_option("--records", records, "Records of the first sweep")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{8'000'000}))
      ->capture_default_str();
  options.add_option("--seed", seed, "The same seed gives the same system")->capture_default_str();
  options.add_option("--year", year, "School year")->check(CLI::Range(2000, 2100))->capture_default_str();
  options.add_option("--lanes", lane_texts, "Only schools of these flavours and provinces, as ESO-46,FP-46")
      ->delimiter(',')
      ->check([](const std::string& text) {
        return lane_from(text) ? std::string{}
                               : "'" + text + "' is no lane; write flavour and province as ESO-46";
      });
  options.add_option("--changes", rate, "Share of the records that changes from sweep to sweep")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  options.add_option("--changes-from-sweep", first_changed, "The first sweep with changes")
      ->check(CLI::Range(std::uint64_t{2}, std::uint64_t{1'000'000'000}))
      ->capture_default_str();
  options.add_option("--pages-ready", limits.pages_ready, "Pages written ahead of the reader, 20 MB each")
      ->check(CLI::Range(0, 64))
      ->capture_default_str();
  options.add_option("--sweeps-kept", limits.sweeps_kept, "Cursors of older sweeps are answered with 410")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  options.add_flag("--gzip", limits.gzip, "Compress for clients that accept it");
  options
      .add_option(
          "--fault", fault_texts,
          "What goes wrong, as KIND (once), KIND:COUNT or KIND:PROBABILITY; may be repeated. Kinds: " +
              fault_kind_names())
      ->type_name("KIND[:N|:P]");
  options.add_option("--address", address, "Address to listen at")->capture_default_str();
  options.add_option("--port", port, "Port to listen at; 0 takes a free one")
      ->check(CLI::Range(0, 65535))
      ->capture_default_str();
  options.add_option("--port-file", port_file, "File to write the port to, when ready");
  try {
    options.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return options.exit(error) == 0 ? 0 : 2;
  }

  std::vector<lane> lanes;
  for (const auto& text : lane_texts)
    lanes.push_back(*lane_from(text));
  faults wrong(seed);
  for (const auto& text : fault_texts) {
    fault read;
    if (const auto problem = fault::parse(text, read); !problem.empty()) {
      std::cerr << "itaca_simulator: --fault " << text << ": " << problem << '\n';
      return 2;
    }
    wrong.add(read);
  }

  // Every thread inherits the mask; this one waits for the signals.
  sigset_t stop_signals;
  sigemptyset(&stop_signals);
  sigaddset(&stop_signals, SIGTERM);
  sigaddset(&stop_signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &stop_signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN);

  const school_system school(seed, records, year, lanes);
  feed source(school, rate, first_changed, limits);
  feed_server server(source, wrong);
  const int bound = server.bind(address, port);
  if (bound == 0) {
    std::cerr << "itaca_simulator: cannot listen at " << address << ':' << port
              << ": is the port in use? --port 0 takes a free one.\n";
    return 1;
  }
  auto serving = std::async(std::launch::async, [&] { server.run(); });
  if (!port_file.empty() && !write_port_file(port_file, bound))
    std::cerr << "itaca_simulator: cannot write " << port_file << '\n';
  std::cout << "listening on http://" << address << ':' << bound << std::endl;
  int received = 0;
  sigwait(&stop_signals, &received);
  server.stop();
  // A client that keeps an idle connection open is not waited for.
  if (serving.wait_for(std::chrono::seconds(1)) != std::future_status::ready)
    std::_Exit(0);
  return 0;
}
