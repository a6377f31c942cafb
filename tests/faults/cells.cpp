// SPDX-License-Identifier: Apache-2.0
#include "cells.hpp"

#include "small_disk.hpp"

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <numeric>
#include <pqxx/pqxx>
#include <set>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace matricula::faults {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::vector<std::string> both{"eso46", "fp46"};
/// A fault strikes somewhere in this part of the load.
constexpr double from_share = 0.15, to_share = 0.6;
/// Long enough for Kafka to have given up who does not answer, and for a new owner to have begun.
constexpr seconds takeover_max{4 * session_timeout_s};
/// More entries than Kafka adds of its own.
constexpr std::int64_t unread_min = 100;
/// The aims: twice the session that Kafka waits for, and what a site may take once a server is there again.
constexpr double takeover_s = 2.0 * session_timeout_s, outage_aim_s = 2;
/// Every kind of actor dies within this time.
constexpr std::uint64_t crash_within_ms = 8'000;
/// Where there is no terminal (docs/operations.md).
constexpr seconds figures_every{10};
/// The resident set in an outage, as a multiple of that at full load before it; and what a process that has worked takes
/// anyway.
constexpr double outage_memory_max = 1.3;
constexpr std::uint64_t working_memory_bytes = 100'000'000;
/// The pages a second in an outage of one site, as a share of those before it.
constexpr double outage_pace_min = 0.7;
/// What the other site may fall behind meanwhile: as much as comes in about two seconds.
constexpr std::int64_t behind_max = 10'000;
/// What a process of the sites says when it has partitions of a site, and when it has none.
constexpr std::string_view has_some = " has partitions of its topics",
                           has_none = " waits for partitions of its topics";
/// The others miss a dead broker after 3 s (scripts/lib/kafka.sh), and may have a controller to elect first.
constexpr seconds broker_replaced_max{60};
/// Longer than the product waits for a lock; so often at least, and until a batch has come in between.
constexpr seconds lock_held{12};
constexpr int locked_times_min = 2, locked_times_max = 8;

void load_to_random_moment(fault_run& run) {
  const auto share = from_share + (to_share - from_share) * static_cast<double>(run.lot(1'000)) / 1'000;
  run.load(share);
  run.pass(milliseconds{run.lot(300)});  // anywhere in a page
}

void start_both(fault_run& run) {
  run.start("sites", "sites");
  run.start("source", "source");
}

/// Waits until each site has its tables and a row in them.
void both_begin(fault_run& run) {
  run.wait("both sites have begun", seconds{60}, [&] {
    for (const auto& site : run.world().sites()) {
      pqxx::connection connection{run.world().direct_url(site)};
      if (pqxx::nontransaction{connection}.exec("select from audit.effect limit 1").empty())
        return false;
    }
    return true;
  });
}

bool owns_source(const running_process& process) {
  const auto log = process.log();
  const auto running = log.rfind("source:itaca running");
  const auto after = [&](const char* how) {
    const auto at = log.rfind(std::string{"source:itaca "} + how);
    return at != log.npos && at > running;
  };
  return running != log.npos && !after("standby") && !after("restarting");
}

/// Whether a process has partitions of every site.
bool owns_partitions(fault_run& run, const std::string& process) {
  const auto log = run.world().process(process).log();
  return std::all_of(both.begin(), both.end(), [&](const std::string& site) {
    const auto some = log.rfind(site + std::string{has_some}), none = log.rfind(site + std::string{has_none});
    return some != log.npos && (none == log.npos || none < some);
  });
}

/// Two processes share the sites between them.
void start_shared(fault_run& run) {
  start_both(run);
  run.load(0.05);
  run.start("sites2", "sites");
  if (!run.peer())
    run.wait("the sites are shared", takeover_max,
             [&] { return owns_partitions(run, "sites") && owns_partitions(run, "sites2"); });
}

/// Until whoever is left, or started again, reads on what the process "sites" had, which is dead or stopped.
void sites_resume(fault_run& run, bool taken_over) {
  if (!run.peer())
    return run.every_partition_resumes();
  run.resumes(false, both);
  run.pass(seconds{session_timeout_s} + milliseconds{2'000 + run.lot(3'000)});
  run.await_resumption();
  if (taken_over)
    run.wait("the other worker has every task", broker_replaced_max,
             [&] { return run.peer()->is_relieved("sites"); });
}

/// A second process of the node, and which of the two is the owner now: its name first.
std::pair<std::string, std::string> start_with_standby(fault_run& run) {
  start_both(run);
  run.load(0.05);
  run.start("source2", "source");
  run.wait("one owner and a standby", takeover_max, [&] {
    return run.world().process("source2").has_logged("standby") &&
           owns_source(run.world().process("source")) != owns_source(run.world().process("source2"));
  });
  return owns_source(run.world().process("source")) ? std::pair{"source", "source2"}
                                                    : std::pair{"source2", "source"};
}

// ---------------------------------------------------------------- processes

void kill_source(fault_run& run) {
  if (run.lot(2) == 0) {
    run.note("taken over");
    const auto [owner, standby] = start_with_standby(run);
    load_to_random_moment(run);
    run.kill(owner);
    run.resumes(true, both);
  } else {
    run.note("restarted");
    start_both(run);
    load_to_random_moment(run);
    run.kill("source");
    run.resumes(true, both);
    run.start("source", "source");
  }
  run.load(1);
}

void kill_sites(fault_run& run) {
  const bool taken_over = run.lot(2) == 0;
  run.note(taken_over ? "taken over" : "restarted");
  taken_over ? start_shared(run) : start_both(run);
  load_to_random_moment(run);
  run.kill("sites");
  if (!taken_over)
    run.start("sites", "sites");
  sites_resume(run, taken_over);
  run.load(1);
}

void kill_all(fault_run& run) {
  start_both(run);
  load_to_random_moment(run);
  run.kill("source");
  run.kill("sites");
  run.resumes(true, both);
  start_both(run);
  run.load(1);
}

/// A call of the world outside that keeps coming while there is work.
struct crash_site {
  std::string call;
  std::uint64_t many = 1;  ///< so many of them come one after another
};

/// An actor, and at which of its calls it may throw. Without one it touches nothing outside of it, and dies between two
/// messages.
struct crashing_kind {
  std::string name;
  std::vector<crash_site> at;
};

/// Each kind of actor throws, most of them in the middle of a message.
void kill_actor(fault_run& run) {
  static const std::array<crashing_kind, 9> kinds{
      {{"elector", {{"poll"}}},
       {"fetcher", {{"read"}, {"tail"}}},
       {"partitioner", {}},
       {"deduplicator", {}},
       {"publisher", {{"begin"}, {"send", 400}, {"commit"}}},
       {"loader", {{"scan"}}},
       {"subscriber", {{"poll", 400}, {"note_applied"}}},
       {"applier", {{"apply"}}},
       {"reporter", {{"take"}, {"send", 50}, {"flush"}, {"remove_taken"}}}}};
  std::array<std::uint64_t, kinds.size()> at_ms{};
  for (auto& at : at_ms)
    at = 500 + run.lot(crash_within_ms);
  // There is a loader only when its group begins, so that one of the others must die after it.
  constexpr std::size_t elector = 0, loader = 5;
  if (std::max_element(at_ms.begin(), at_ms.begin() + loader + 1) == at_ms.begin() + loader)
    std::swap(at_ms[elector], at_ms[loader]);
  std::string crashes;
  std::set<std::string> awaited;  // what each of them says
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    const auto& [kind, sites] = kinds[i];
    crashes += (crashes.empty() ? "" : ",") + kind + '@' + std::to_string(at_ms[i]);
    if (sites.empty()) {
      awaited.insert("its " + kind + " dies, as planned");
      continue;
    }
    const auto& site = sites[run.lot(sites.size())];
    const auto call = (run.lot(2) == 0 ? "before_" : "after_") + site.call;
    crashes += ':' + call + '+' + std::to_string(run.lot(site.many));
    awaited.insert(kind + " throws " + call + ", as planned");
  }
  run.note(crashes);
  run.start("all", "all", {{"MATRICULA_CRASH", crashes}});
  run.wait("the death of every kind of actor", seconds{60}, [&] {
    const auto died = std::erase_if(
        awaited, [&](const std::string& words) { return run.world().process("all").has_logged(words); });
    if (died > 0)
      run.resumes(true, both);
    return awaited.empty();
  });
  for (const auto& words : awaited)
    run.problem("nothing says: " + words);
  run.load(1);
}

/// A supervisor that dies, or who keeps the figures, takes its process with it, which says so and is started again.
void kill_supervisor(fault_run& run) {
  constexpr std::array kinds{"source_supervisor", "site_supervisor", "node_supervisor", "scoreboard"};
  for (const std::string kind : kinds) {
    const auto at = std::to_string(2'000 + run.lot(crash_within_ms));
    run.note(kind + '@' + at);
    run.world().start("all", "all", {{"MATRICULA_CRASH", kind + '@' + at}});
    auto& process = run.world().process("all");
    if (run.wait("the end of the process", takeover_max, [&] { return !process.alive(); }) &&
        (process.exit_code() != 1 || !process.has_logged("a supervisor gave up or died")))
      run.problem("a process whose " + kind + " has died does not say so");
  }
  run.resumes(true, both);
  run.start("all", "all");
  run.load(1);
}

void zombie_source(fault_run& run) {
  const auto [owner, standby] = start_with_standby(run);
  load_to_random_moment(run);
  auto& zombie = run.world().process(owner);
  zombie.signal(SIGSTOP);
  run.resumes(true, both);
  run.wait("the standby takes over", takeover_max,
           [&, other = standby] { return owns_source(run.world().process(other)); });
  run.pass(milliseconds{run.lot(2'000)});
  const auto said = zombie.log().size();
  zombie.signal(SIGCONT);
  run.wait("the zombie notices", takeover_max, [&] {
    const auto log = zombie.log();
    return log.find("source:itaca standby", said) != log.npos ||
           log.find("source:itaca restarting", said) != log.npos;
  });
  run.load(1);
}

void zombie_site(fault_run& run) {
  start_shared(run);
  load_to_random_moment(run);
  auto& zombie = run.world().process("sites");
  zombie.signal(SIGSTOP);
  const auto session_over = steady_clock::now() + seconds{session_timeout_s + 2};
  sites_resume(run, true);
  // Of a small school's lanes the other may have had all partitions in use before.
  run.pass(std::max(std::chrono::ceil<milliseconds>(session_over - steady_clock::now()), milliseconds{0}) +
           milliseconds{run.lot(2'000)});
  const auto said = zombie.log().size();
  zombie.signal(SIGCONT);
  if (!run.peer())
    run.wait("the zombie notices", takeover_max, [&] {
      const auto log = zombie.log();
      return std::all_of(both.begin(), both.end(), [&](const std::string& site) {
        return log.find(site + std::string{has_none}, said) != log.npos;
      });
    });
  run.load(1);
}

void rebalance_storm(fault_run& run) {
  start_both(run);
  load_to_random_moment(run);
  for (int round = 0; round < 4; ++round) {
    run.start("sites2", "sites");
    run.resumes(false, both);
    run.pass(seconds{5});
    run.wait("the second process has partitions", takeover_max,
             [&] { return owns_partitions(run, "sites2"); });
    if (run.lot(2) == 0)
      run.terminate({"sites2"});
    else
      run.kill("sites2");
    run.resumes(false, both);
    run.pass(seconds{5});
  }
  run.load(1);
}

/// The sites have a backlog, so that their load is as full as it can be.
void terminate(fault_run& run) {
  run.start("source", "source");
  load_to_random_moment(run);
  run.start("sites", "sites");
  both_begin(run);
  run.pass(milliseconds{run.lot(300)});
  std::int64_t most_left = 0;  // the smaller site may be done by now
  for (const auto& site : run.world().sites()) {
    const auto left = run.behind(site);
    run.note(site.site + ' ' + std::to_string(left) + " behind");
    most_left = std::max(most_left, left);
  }
  if (most_left <= unread_min)
    run.problem("no site had anything to do");
  std::vector<std::string> order{"source", "sites"};
  if (run.lot(2) == 0)
    std::swap(order[0], order[1]);
  if (run.lot(2) == 0) {
    run.note("both at once");
    run.terminate(order);
  } else {
    run.note(order[0] + " first");
    run.terminate({order[0]});
    run.terminate({order[1]});
  }
  run.resumes(true, both);
  start_both(run);
  run.load(1);
}

// ---------------------------------------------------------------- databases

void execute(const std::string& url, const std::string& sql) {
  pqxx::connection connection{url};
  pqxx::nontransaction{connection}.exec(sql);
}

/// Ends every connection to the site's database.
void cut_off(deployment& world, const lane_site& site) {
  execute(world.administration_url(),
          "select pg_terminate_backend(pid) from pg_stat_activity where datname = '" + site.database + "'");
}

void kill_in_commit(fault_run& run) {
  start_both(run);
  load_to_random_moment(run);
  std::array moments{std::pair{moment::copying, "copy"}, std::pair{moment::held_back, "commit held back"},
                     std::pair{moment::commit, "commit"}, std::pair{moment::committed, "committed"}};
  std::swap(moments[run.lot(moments.size())], moments[0]);
  const auto& on = run.world().on();
  for (const auto& [when, name] : moments) {
    auto& site = run.any_site();
    const auto how = run.lot(3);
    run.note(std::string{name} +
             (how == 0   ? " cut"
              : how == 1 ? " terminated"
                         : " killed") +
             " at " + site.site);
    site.way->at_next(when, [&, how] {
      if (how == 1)
        cut_off(run.world(), site);
      else if (how == 2)
        on.tell({"kill-postgres"});
    });
    run.wait("a transaction to strike at", seconds{60}, [&] { return site.way->has_struck(); });
    if (how == 2)
      on.tell({"start-postgres"});
    run.resumes(false, both);
    run.pass(milliseconds{1'000 + run.lot(1'000)});
  }
  run.load(1);
}

/// The sites begin with a backlog, so that they are at full load before the outage too.
void database_outage(fault_run& run) {
  run.start("source", "source");
  load_to_random_moment(run);
  std::vector<std::int64_t> backlogs;
  for (const auto& site : run.world().sites())
    backlogs.push_back(run.behind(site));
  run.start("sites", "sites");
  for (std::size_t i = 0; i < backlogs.size(); ++i) {
    const auto& site = run.world().sites()[i];
    run.wait("the backlog of " + site.site + " is applied", seconds{60},
             [&] { return run.read_of(site) >= backlogs[i] - unread_min; });
  }
  auto& down = run.any_site();
  auto& world = run.world();
  const auto& other = &down == &world.sites().front() ? world.sites().back() : world.sites().front();
  const auto& up = other.site;
  const bool silent = run.lot(2) == 0;
  run.note(down.site + (silent ? " silent" : " refused"));
  const auto rss_before = world.rss_peak_since_last("sites");
  const auto pace_before = run.pages_per_second_so_far();
  const auto behind_before = run.behind(other);
  const auto began = steady_clock::now();
  down.way->set(silent ? passage::silent : passage::refused);
  run.resumes(true, {up});
  run.pass(run.settings().outage / 2);
  const auto offsets = run.offsets_of(down);
  run.goes_on_during(run.settings().outage / 2, {up});
  const auto rss_meanwhile = world.rss_peak_since_last("sites");
  const auto pace_meanwhile = run.pages_per_second_since(began);
  const auto behind_meanwhile = run.behind(other);
  if (run.offsets_of(down) != offsets)
    run.problem(down.site + " was written all the same");
  down.way->reset();
  down.way->set(passage::open);
  run.resumes(true, both);
  constexpr std::uint64_t megabyte = 1'000'000;
  run.note(fmt::format("{} MB before, {} MB meanwhile, {:.1f} pages/s before, {:.1f} meanwhile, the other {} "
                       "behind before, {} at its end",
                       rss_before / megabyte, rss_meanwhile / megabyte, pace_before, pace_meanwhile,
                       behind_before, behind_meanwhile));
  run.memory_was({rss_before, rss_meanwhile});
  if (static_cast<double>(rss_meanwhile) >
      outage_memory_max * static_cast<double>(std::max(rss_before, working_memory_bytes)))
    run.problem("an outage takes too much memory");
  if (pace_meanwhile < outage_pace_min * pace_before)
    run.problem("an outage of one site slows the source down");
  if (behind_meanwhile > behind_before + behind_max)
    run.problem("an outage of one site slows the other down");
  run.load(1);
}

void read_only(fault_run& run) {
  start_both(run);
  load_to_random_moment(run);
  auto& site = run.any_site();
  const auto be = [&](const char* how) {
    execute(run.world().administration_url(),
            "alter database " + site.database + " set default_transaction_read_only = " + how);
  };
  be("on");
  cut_off(run.world(), site);  // what is connected keeps its own setting
  run.wait("a refused write is noticed", seconds{60},
           [&] { return run.world().process("sites").has_logged("25006"); });
  run.pass(seconds{3} + milliseconds{run.lot(2'000)});
  be("off");
  run.resumes(true, both);
  run.load(1);
}

/// A second writer takes rows of a site as `how` says and keeps them for a time, as often as `again` answers; so many
/// times it was the one whom the database chose to give up.
int lock_rows(fault_run& run, const std::string& how, milliseconds hold,
              const std::function<bool(int times, int given_up)>& again) {
  start_both(run);
  both_begin(run);
  load_to_random_moment(run);
  auto& site = run.any_site();
  int given_up = 0;
  for (int times = 0; again(times, given_up); ++times) {
    pqxx::connection connection{run.world().direct_url(site)};
    pqxx::work other{connection};
    try {
      other.exec(how);
      run.pass(hold);
    } catch (const pqxx::deadlock_detected&) {
      ++given_up;
    }
  }
  run.resumes(true, both);
  run.load(1);
  return given_up;
}

/// A file system of its own holds the site's database, and somebody else's file fills it.
void disk_full(fault_run& run) {
  if (geteuid() != 0) {
    run.leave_out("only root can mount a small disk");
    return;
  }
  auto& site = run.any_site();
  const auto disk = std::make_shared<small_disk>(run.world().folder() / "disk");
  run.keep(disk);
  const auto administer = [&](const std::string& sql) { execute(run.world().administration_url(), sql); };
  administer("create tablespace " + site.database + "_disk location '" + disk->folder().string() + "'");
  administer("alter database " + site.database + " allow_connections false");
  cut_off(run.world(), site);
  administer("alter database " + site.database + " set tablespace " + site.database + "_disk");
  administer("alter database " + site.database + " allow_connections true");
  start_both(run);
  load_to_random_moment(run);
  disk->fill();
  run.wait("a full disk is noticed", seconds{60},
           [&] { return run.world().process("sites").has_logged("53100"); });
  run.pass(milliseconds{run.lot(3'000)});
  disk->empty();
  run.resumes(true, both);
  run.load(1);
}

std::uint64_t deadlocks_of(deployment& world) {
  pqxx::connection connection{world.administration_url()};
  return pqxx::nontransaction{connection}
      .exec1("select coalesce(sum(deadlocks), 0) from pg_stat_database where datname like '" + world.name() +
             "%'")[0]
      .as<std::uint64_t>();
}

/// In the order opposite to that of a batch, of a table that each target has. The server chooses who of the two is to give up.
void deadlock(fault_run& run) {
  constexpr int times_min = 8, times_max = 80;  // a batch need not come in between
  const auto matriculas = [&](int given_up) {
    return static_cast<std::int64_t>(deadlocks_of(run.world())) - given_up;
  };
  const auto given_up = lock_rows(
      run,
      "do $$ declare r record; begin for r in (select person_id from classrooms.person order by code desc "
      "limit 3000) loop perform 1 from classrooms.person where person_id = r.person_id for update; "
      "perform pg_sleep(0.0005); end loop; end $$",
      milliseconds{0}, [&](int times, int so_far) {
        return times < times_min || (times < times_max && matriculas(so_far) <= 0);
      });
  run.note(fmt::format("{} deadlocks that matricula gave up", matriculas(given_up)));
  if (matriculas(given_up) <= 0)
    run.problem("the other writer gave up every deadlock");
}

void lock_timeout(fault_run& run) {
  lock_rows(run, "select 1 from classrooms.person for update", lock_held, [&](int times, int) {
    return times < locked_times_min ||
           (times < locked_times_max && !run.world().process("sites").has_logged("55P03"));
  });
  if (!run.world().process("sites").has_logged("55P03"))
    run.problem("no lock timed out");
}

/// The database gives up a transaction in five, as one that has other writers may, and would like it all serializable.
void serialization(fault_run& run) {
  for (const auto& site : run.world().sites())
    execute(run.world().administration_url(),
            "alter database " + site.database + " set default_transaction_isolation = serializable");
  start_both(run);
  load_to_random_moment(run);
  both_begin(run);
  const auto url = run.world().direct_url(run.any_site());
  execute(
      url,
      "create function public.give_up() returns trigger language plpgsql as $$ begin "
      "if random() < 0.2 then raise exception 'could not serialize access' using errcode = '40001'; end if; "
      "return null; end $$; "
      "create trigger give_up after insert or update on classrooms.enrolment "
      "for each statement execute function public.give_up()");
  run.pass(run.settings().outage);
  execute(url, "drop function public.give_up cascade");
  run.resumes(true, both);
  if (!run.world().process("sites").has_logged("40001"))
    run.problem("no transaction was given up");
  run.load(1);
}

// ---------------------------------------------------------------- Kafka

/// A broker's part of the work: what it is, and who has it now.
struct broker_role {
  std::string name;
  std::function<int()> holder;
};

constexpr std::string_view controller = "the controller";

broker_role any_role(fault_run& run, topic_reader& asked) {
  switch (run.lot(3)) {
  case 0:
    return {"a partition's leader",
            [&asked, topic = run.any_site().topic] { return asked.leader_of(topic, 0); }};
  case 1:
    return {"the transaction coordinator",
            [&asked, id = run.world().transactional_id()] { return asked.transaction_coordinator_of(id); }};
  default:
    return {std::string{controller}, [&on = run.world().on()] { return std::stoi(on.tell({"controller"})); }};
  }
}

/// Waits until another broker has what this one had. Kafka says -1 while nobody has.
void moves_from(fault_run& run, const broker_role& role, int broker) {
  run.wait(role.name + " is another than broker " + std::to_string(broker), broker_replaced_max, [&] {
    run.pass(milliseconds{500});  // a question may be a process of its own
    try {
      const auto now = role.holder();
      return now > 0 && now != broker;
    } catch (const std::exception&) {
      return false;  // whom we asked was the one that went
    }
  });
}

void kill_broker(fault_run& run) {
  start_both(run);
  load_to_random_moment(run);
  const auto& on = run.world().on();
  topic_reader asked{on.bootstrap()};
  const auto role = any_role(run, asked);
  run.note(role.name);
  const int broker = role.holder();
  if (role.name != controller && std::stoi(on.tell({"controller"})) == broker)
    run.note("the controller, too");
  on.tell({"kill-broker", std::to_string(broker)});
  run.resumes(true, both);
  moves_from(run, role, broker);
  run.pass(seconds{10});
  on.tell({"start-broker", std::to_string(broker)});
  run.load(1);
}

void rolling_restart(fault_run& run) {
  start_both(run);
  load_to_random_moment(run);
  const auto& on = run.world().on();
  topic_reader asked{on.bootstrap()};
  std::size_t moved = 0;
  for (int broker = 1; broker <= on.brokers(); ++broker) {
    const auto led =
        asked.led_by(broker, {run.world().sites().front().topic, run.world().sites().back().topic});
    on.tell({"stop-broker", std::to_string(broker)});
    run.resumes(true, both);
    for (const auto& [topic, partition] : led)
      moves_from(run,
                 {"the leader of " + topic + '-' + std::to_string(partition),
                  [&, topic = topic, partition = partition] { return asked.leader_of(topic, partition); }},
                 broker);
    moved += led.size();
    run.pass(seconds{3});
    on.tell({"start-broker", std::to_string(broker)});
    run.pass(seconds{3});
  }
  run.note(fmt::format("{} leaders moved", moved));
  if (moved == 0)
    run.problem("no broker had anything to lead");
  run.load(1);
}

/// Somebody lets Kafka delete what a stopped site has not read of one partition. The site says so and goes on with the
/// others; replay lets it go on with what is there, and the source, once it is started again as the site has said, publishes
/// what its lane no longer holds.
void retention(fault_run& run) {
  start_both(run);
  run.load(from_share);
  auto& site = run.any_site();
  topic_reader topics{run.world().on().bootstrap()};
  run.wait("every partition with a record is read", seconds{60}, [&] {
    const auto ends = topics.ends(site.topic);
    const auto filled = std::count_if(ends.begin(), ends.end(), [](auto end) { return end > 0; });
    return filled > 0 && static_cast<std::ptrdiff_t>(run.offsets_of(site).size()) >= filled;
  });
  run.terminate({"sites"});
  load_to_random_moment(run);
  const auto before = run.offsets_of(site);
  const auto [partition, stands_at] = *std::next(before.begin(), static_cast<int>(run.lot(before.size())));
  run.note(fmt::format("{}, partition {} of {}", site.site, partition, before.size()));
  run.wait("the partition has what the site has not read", seconds{60},
           [&, partition = partition, at = stands_at] {
             return topics.ends(site.topic).at(static_cast<std::size_t>(partition)) > at + unread_min;
           });
  topics.delete_all(site.topic, partition);
  run.start("sites", "sites");
  run.wait("the partition is stuck", seconds{60}, [&] {
    return run.world().process("sites").has_logged("the topic no longer holds the site's offset");
  });
  if (!run.world().process("sites").has_logged("then restart the process that runs the source"))
    run.problem("nobody is told what to do");
  run.wait("the others go on", seconds{60}, [&, partition = partition] {
    const auto now = run.offsets_of(site);
    return std::all_of(before.begin(), before.end(), [&](const auto& each) {
      return each.first == partition || now.at(each.first) > each.second;
    });
  });
  run.pass(seconds{3});
  if (run.offsets_of(site).at(partition) != stands_at)
    run.problem("the partition goes on behind a hole");
  // As the site has said.
  const auto [code, printed] =
      run.world().finish("replay", {"--site", site.site, "--from", "beginning", "--no-follow"});
  if (code != 0)
    run.problem("replay: " + printed);
  run.terminate({"source"});
  run.start("source", "source");
  run.every_partition_resumes();
  run.load(1);
}

// ---------------------------------------------------------------- the network

/// Between matricula and a server, in a way drawn by lot. Work goes on under the last two.
enum class hindrance { both_ways, requests, answers, reset, lossy, slow };
constexpr const char* hindrance_names[] = {"cut", "requests lost", "answers lost", "reset", "lossy", "slow"};
constexpr milliseconds slow_by{200};

bool goes_on_under(hindrance how) { return how == hindrance::lossy || how == hindrance::slow; }

/// The way of the run's `nth` hindrance: one after the other with the seeds, so that a few of them show all ways.
hindrance way_of(const fault_run& run, std::uint64_t nth) {
  const auto ways = std::size(hindrance_names);
  return static_cast<hindrance>((run.settings().seed + nth * (1 + run.settings().seed / ways)) % ways);
}

/// `source` and `sites` stand still under a way that lets nothing pass. `delayed`: bytes that came late.
void hinder(fault_run& run, hindrance how, const std::string& whom, const std::vector<int>& ports,
            bool source, const std::vector<std::string>& sites, const std::function<void()>& slow_down,
            const std::function<std::uint64_t()>& delayed) {
  auto& between = *run.world().on().apart();
  run.note(whom + ' ' + hindrance_names[static_cast<std::size_t>(how)]);
  if (how == hindrance::slow)
    slow_down();
  else
    between.hinder(ports, static_cast<cut>(how));
  if (goes_on_under(how))
    run.goes_on_during(run.settings().outage, both);
  if (how == hindrance::lossy && between.dropped() == 0)
    run.problem("no packet was lost: " + whom);
  if (how == hindrance::slow && delayed() == 0)
    run.problem("nothing was delayed: " + whom);
  if (!goes_on_under(how))
    run.stands_still_during(run.settings().outage, source, sites);
}

void cut_off_network(fault_run& run) {
  auto* const between = run.world().on().apart();
  if (between == nullptr) {
    run.leave_out("only root can make network namespaces");
    return;
  }
  start_both(run);
  load_to_random_moment(run);
  const auto kafka = run.world().on().kafka_ports();
  std::vector<std::unique_ptr<forwarder>> slow_ways;
  hinder(
      run, way_of(run, 0), "Kafka", kafka, true, both,
      [&] {
        for (const int port : kafka) {
          slow_ways.push_back(std::make_unique<forwarder>(port));
          slow_ways.back()->delay(slow_by);
          between->lead(port, slow_ways.back()->port());
        }
        // What is connected already goes the old way.
        between->hinder(kafka, cut::reset);
        run.pass(seconds{1});
        between->let_pass();
      },
      [&] {
        return std::accumulate(slow_ways.begin(), slow_ways.end(), std::uint64_t{0},
                               [](std::uint64_t sum, const auto& way) { return sum + way->bytes_delayed(); });
      });
  between->mend();
  slow_ways.clear();
  run.resumes(true, both);
  run.await_resumption();
  run.pass(seconds{1} + milliseconds{run.lot(2'000)});

  auto& site = run.any_site();
  hinder(
      run, way_of(run, 1), site.site, {site.way->port()}, false, {site.site},
      [&] { site.way->delay(slow_by); }, [&] { return site.way->bytes_delayed(); });
  between->mend();
  site.way->delay(milliseconds{0});
  run.resumes(true, both);
  run.load(1);
}

// ---------------------------------------------------------------- the clock

/// What a process takes for the time of day, by libfaketime.
class jumping_clock {
 public:
  explicit jumping_clock(std::filesystem::path file)
      : file_(std::move(file)) {
    set("+0");
  }

  /// "+1h": so far ahead of everybody else from now on.
  void set(const std::string& offset) const {
    const auto next = file_.string() + ".next";
    std::ofstream{next} << offset << '\n';
    std::filesystem::rename(next, file_);
  }

  /// Whether a program that is started with it now takes the time for another by about an hour.
  bool is_an_hour_off(const deployment& world) const {
    running_process date{{"/usr/bin/date", "+%s"}, world.folder() / "date.log", environment()};
    if (date.exit_code() != 0)
      return false;
    return std::abs(std::stoll(date.log()) - std::time(nullptr)) > 3'500;
  }

  /// Whether a process runs with it.
  static bool is_in(const running_process& process) {
    std::ifstream maps{"/proc/" + std::to_string(process.id()) + "/maps"};
    for (std::string line; std::getline(maps, line);)
      if (line.find(FAKETIME_LIBRARY) != std::string::npos)
        return true;
    return false;
  }

  running_process::variables environment() const {
    return {{"LD_PRELOAD", FAKETIME_LIBRARY},
            {"FAKETIME_TIMESTAMP_FILE", file_.string()},
            {"FAKETIME_NO_CACHE", "1"},
            {"FAKETIME_DONT_FAKE_MONOTONIC", "1"}};
  }

 private:
  std::filesystem::path file_;
};

void jump_clocks(fault_run& run) {
  const std::map<std::string, jumping_clock> clocks{
      {"source", jumping_clock{run.world().folder() / "time-of-source"}},
      {"sites", jumping_clock{run.world().folder() / "time-of-sites"}}};
  for (const auto& [name, clock] : clocks)
    run.start(name, name, clock.environment());
  load_to_random_moment(run);
  const std::array<std::string, 3> offsets{"-1h", "+1h", "+0"};
  constexpr int jumps = 4;
  for (int jump = 0; jump < jumps; ++jump) {
    for (const auto& [name, clock] : clocks) {
      // The last one is back by two hours.
      const auto& offset = jump >= jumps - 2 ? offsets[jump == jumps - 2 ? 1 : 0]
                                             : offsets[run.lot(jump == 0 ? 2 : offsets.size())];
      run.note(name + ' ' + offset);
      clock.set(offset);
      if (jump == 0 && !(clock.is_an_hour_off(run.world()) && clock.is_in(run.world().process(name))))
        run.problem("the clock of " + name + " does not jump");
    }
    run.resumes(true, both);
    run.pass(seconds{2} + milliseconds{run.lot(2'000)});
  }
  for (const auto& [name, clock] : clocks) {
    auto& process = run.world().process(name);
    const auto told = process.log().size();
    run.wait("the figures of " + name, figures_every + seconds{5},
             [&] { return process.log().find("\"sources\"", told) != std::string::npos; });
  }
  run.load(1);
}

// ---------------------------------------------------------------- the judge

/// The first message of a key that has a newer one, as it was.
void publish_the_first_again(fault_run& run, topic_reader& topics) {
  const auto& topic = run.world().sites().front().topic;
  std::map<std::string, int> times;
  topics.read_all(topic, [&](const read_message& message) { ++times[std::string{message.key}]; });
  bool done = false;
  topics.read_all(topic, [&](const read_message& message) {
    if (done || times[std::string{message.key}] == 1)
      return;
    append(run.world().on().bootstrap(), topic, message);
    done = true;
  });
}

/// One is suspended, one enrolled whom nobody wants, one has his role twice; each column of Moodle's is as it must be.
void tamper_with_moodle(const std::string& url) {
  execute(url,
          "update mdl_user_enrolments set status = 1 where id = (select min(id) from mdl_user_enrolments "
          "where status = 0)");
  execute(url,
          "insert into mdl_user_enrolments (enrolid, userid, status) select e.enrolid, u.id, 0 from "
          "(select max(id) as id from mdl_user) as u cross join lateral (select max(x.enrolid) as enrolid "
          "from mdl_user_enrolments x where not exists (select from mdl_user_enrolments y "
          "where y.enrolid = x.enrolid and y.userid = u.id)) as e");
  execute(url,
          "insert into mdl_role_assignments (roleid, contextid, userid) select roleid, contextid, userid "
          "from mdl_role_assignments order by id desc limit 1");
}

/// Nothing breaks; somebody writes into a site what matricula must never do. A judge that finds nothing is broken.
void tampered(fault_run& run) {
  run.world().simulator().add_faults({{{"kind", "wrong-type"}, {"probability", 1}, {"per_page", 1}}});
  start_both(run);
  run.load(1);
  run.world().simulator().clear_faults();
  run.world().simulator().change(0);
  run.wait("the sites as the truth", seconds{60}, [&] { return sites_are_as_the_truth(run.world()); });
  const auto url = run.world().direct_url(run.world().sites().front());
  const auto one = [](const char* how, int which) {
    return std::string{"update classrooms.enrolment set "} + how +
           " where key_hash = (select key_hash from classrooms.enrolment order by key_hash limit 1 offset " +
           std::to_string(which) + ")";
  };
  execute(
      url,
      "delete from classrooms.enrolment where key_hash = (select min(key_hash) from classrooms.enrolment)");
  topic_reader topics{run.world().on().bootstrap()};
  topics.delete_all(run.world().quarantine_topic());
  execute(
      run.world().direct_url(run.world().sites().back()),
      "update classrooms.person set name = name || 'x', revision = revision + 1 where person_id = (select "
      "min(person_id) from classrooms.enrolment)");
  publish_the_first_again(run, topics);
  execute(url,
          "update classrooms.membership set status = 'withdrawn' where group_id = (select min(group_id) from "
          "classrooms.membership where status = 'enrolled')");
  execute(url, "update classrooms.teaching set status = status where person_id = (select min(person_id) from "
               "classrooms.teaching)");
  if (run.world().target() == "moodle")
    tamper_with_moodle(url);
  execute(url, one("since = since", 0));
  execute(url, one("revision = revision - 1, content_hash = content_hash + 1", 1));
  run.settles_within(seconds{1});
}

// ---------------------------------------------------------------- the feed

/// Ends the faults; each kind must have struck by now.
void all_were_injected(fault_run& run, const std::vector<std::string>& kinds) {
  const auto injected = run.world().simulator().faults().at("injected");
  run.world().simulator().clear_faults();
  for (const auto& kind : kinds)
    if (injected.at(kind) == 0)
      run.problem("no fault of the kind " + kind + " has struck");
}

void poison(fault_run& run) {
  // One of the thousand records of a page is bad, 0.1 %; in some pages of several kinds. A page that is not UTF-8 is
  // read again, and so is one that was read behind it meanwhile: what is bad there must be bad again, or nobody sees it.
  constexpr std::array kinds{"latin1",   "no-centre", "unknown-flavour", "wrong-type",
                             "oversize", "twice",     "twice-stale"};
  auto faults = nlohmann::json::array();
  for (const char* kind : kinds) {
    faults.push_back({{"kind", kind}, {"count", 1}, {"stays", true}});
    faults.push_back({{"kind", kind}, {"probability", 0.5 / kinds.size()}, {"per_page", 2}, {"stays", true}});
  }
  run.world().simulator().add_faults(faults);
  start_both(run);
  run.load(1);
  all_were_injected(run, {kinds.begin(), kinds.end()});
}

void bad_pages(fault_run& run) {
  start_both(run);
  load_to_random_moment(run);
  constexpr std::array kinds{"500",       "503",   "429", "cut",         "hang",  "repeat",
                             "reordered", "empty", "410", "wrong-count", "latin1"};
  auto faults = nlohmann::json::array();
  for (const char* kind : kinds) {
    faults.push_back({{"kind", kind}, {"count", 1}, {"seconds", 2}});
    faults.push_back({{"kind", kind}, {"probability", 0.03}, {"seconds", 2}});
  }
  run.world().simulator().add_faults(faults);
  run.load(0.9);
  run.pass(seconds{10});
  all_were_injected(run, {kinds.begin(), kinds.end()});
  run.resumes(true, both);
  run.load(1);
}

}  // namespace

const std::vector<cell>& cells() {
  static const std::vector<cell> all{
      {"kill-source", "SIGKILL to the process that runs the source; taken over or restarted",
       ground::one_broker, kill_source, takeover_s},
      {"kill-sites", "SIGKILL to the process that runs the sites; taken over or restarted",
       ground::one_broker, kill_sites, takeover_s},
      {"kill-all", "SIGKILL to both; restarted", ground::one_broker, kill_all, takeover_s},
      {"kill-actor",
       "each kind of actor throws, those that call the world outside in the middle of a message",
       ground::one_broker, kill_actor, takeover_s},
      {"kill-supervisor",
       "each kind of supervisor and the scoreboard die, and the process with them; started again",
       ground::one_broker, kill_supervisor, takeover_s},
      {"zombie-source", "SIGSTOP to the source's owner until another has taken over, then SIGCONT",
       ground::one_broker, zombie_source, takeover_s},
      {"zombie-site",
       "SIGSTOP to a process of the sites until another has taken over all of it, then SIGCONT",
       ground::one_broker, zombie_site, takeover_s},
      {"kill-in-commit",
       "connection, backend or PostgreSQL die in COPY, before COMMIT, in it and before its answer",
       ground::one_broker, kill_in_commit, takeover_s},
      {"database-outage", "a site's database refuses connections or falls silent", ground::one_broker,
       database_outage, outage_aim_s, false, false, "", wishes{}.page_records_max, 120},
      {"read-only", "a site's database refuses writes (25006)", ground::one_broker, read_only, outage_aim_s},
      {"disk-full", "the file system of a site's database is full (53100)", ground::one_broker, disk_full,
       outage_aim_s},
      {"deadlock", "a second writer takes the rows of a batch in the opposite order (40P01)",
       ground::one_broker, deadlock, outage_aim_s},
      {"lock-timeout", "a second writer keeps the rows of a batch (55P03)", ground::one_broker, lock_timeout,
       outage_aim_s},
      {"serialization", "the database gives transactions up now and then (40001), and is set to serializable",
       ground::one_broker, serialization, outage_aim_s},
      {"kill-broker",
       "SIGKILL to a partition's leader, the transaction coordinator or the controller; started again",
       ground::three_brokers, kill_broker, takeover_s},
      {"rolling-restart", "each of three brokers is restarted in turn", ground::three_brokers,
       rolling_restart, takeover_s},
      {"cut", "the network to Kafka, then to a site's database: cut both or one way, reset, lossy or slow",
       ground::hosts_apart, cut_off_network, outage_aim_s},
      {"rebalance-storm", "a second process of the sites joins and leaves every 5 s", ground::one_broker,
       rebalance_storm, takeover_s},
      {"clock", "the wall clocks of the processes jump by an hour or two, ahead and back", ground::one_broker,
       jump_clocks, outage_aim_s},
      // Pages of which a small run has several a sweep, too: what stays waits for one with a cursor.
      {"poison", "bad records of every kind among the good ones", ground::one_broker, poison, 0, false, false,
       "", 1'000},
      {"bad-pages", "cut, repeated, reordered, empty, miscounted and Latin-1 pages, 410, 429, 500, 503",
       ground::one_broker, bad_pages, outage_aim_s},
      {"terminate", "SIGTERM under full load; started again", ground::one_broker, terminate, takeover_s},
      {"retention", "a partition begins after a stopped site's offset; replay mends it", ground::one_broker,
       retention, 0, false, true},
      {"tampered", "somebody writes what matricula must not: a judge that says clean is broken",
       ground::one_broker, tampered, 0, true},
  };
  return all;
}

}  // namespace matricula::faults
