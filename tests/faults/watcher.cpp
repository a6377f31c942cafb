// SPDX-License-Identifier: Apache-2.0
#include "watcher.hpp"

#include "topic_reader.hpp"

#include <algorithm>
#include <pqxx/pqxx>

namespace matricula::faults {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds look_every{20};
constexpr milliseconds grace{200};

}  // namespace

watcher::watcher(const deployment& what)
    : what_(what) {
  for (const auto& site : what.sites())
    threads_.emplace_back([this, &site] { watch_site(site); });
  threads_.emplace_back([this] { watch_pages(); });
}

watcher::~watcher() {
  stopping_ = true;
  for (auto& thread : threads_)
    thread.join();
}

void watcher::watch_pages() {
  topic_tail tail{what_.on().bootstrap(), what_.cursors_topic()};
  while (!stopping_)
    if (tail.next(look_every)) {
      const std::lock_guard lock{mutex_};
      pages_.push_back(steady_clock::now());
    }
}

void watcher::watch_site(const lane_site& site) {
  std::string last;
  while (!stopping_) {
    try {
      pqxx::connection connection{what_.direct_url(site)};
      pqxx::nontransaction work{connection};
      for (; !stopping_; std::this_thread::sleep_for(look_every)) {
        const std::string now = work.exec("select coalesce(max(id), 0) from audit.effect")[0][0].c_str();
        if (now != last && !last.empty()) {
          const std::lock_guard lock{mutex_};
          writes_[site.site].push_back(steady_clock::now());
        }
        last = now;
      }
    } catch (const std::exception&) {  // the server is down, which may be what is tried
      std::this_thread::sleep_for(look_every);
    }
  }
}

std::optional<steady_clock::duration> watcher::after(const times& all, steady_clock::time_point from) const {
  const auto next = std::upper_bound(all.begin(), all.end(), from + grace);
  return next == all.end() ? std::nullopt : std::optional{*next - from};
}

std::optional<steady_clock::time_point> watcher::first_page() const {
  const std::lock_guard lock{mutex_};
  return pages_.empty() ? std::nullopt : std::optional{pages_.front()};
}

std::size_t watcher::pages_since(steady_clock::time_point from) const {
  const std::lock_guard lock{mutex_};
  return static_cast<std::size_t>(pages_.end() - std::upper_bound(pages_.begin(), pages_.end(), from));
}

std::optional<steady_clock::duration> watcher::page_after(steady_clock::time_point from) const {
  const std::lock_guard lock{mutex_};
  return after(pages_, from);
}

std::optional<steady_clock::duration> watcher::write_after(const std::string& site,
                                                           steady_clock::time_point from) const {
  const std::lock_guard lock{mutex_};
  const auto found = writes_.find(site);
  return found == writes_.end() ? std::nullopt : after(found->second, from);
}

}  // namespace matricula::faults
