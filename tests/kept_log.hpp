// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <spdlog/sinks/ostream_sink.h>
#include <spdlog/spdlog.h>

#include <memory>
#include <sstream>
#include <string>

namespace matricula {

/// What is logged, from `info` on, while this object lives.
class kept_log {
 public:
  kept_log()
      : before_(spdlog::default_logger()) {
    auto keeper =
        std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::ostream_sink_mt>(text_, true));
    keeper->set_level(spdlog::level::info);
    spdlog::set_default_logger(std::move(keeper));
  }
  ~kept_log() { spdlog::set_default_logger(before_); }
  kept_log(const kept_log&) = delete;
  kept_log& operator=(const kept_log&) = delete;

  std::string text() const { return text_.str(); }

 private:
  std::ostringstream text_;
  std::shared_ptr<spdlog::logger> before_;
};

}  // namespace matricula
