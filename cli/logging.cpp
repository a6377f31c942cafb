// SPDX-License-Identifier: Apache-2.0
#include "cli/logging.hpp"

#include "cli/live_board.hpp"

#include <nlohmann/json.hpp>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <mutex>

namespace matricula {
namespace {

/// Hands finished lines to the board.
class board_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit board_sink(std::shared_ptr<live_board> board)
      : board_(std::move(board)) {}

 protected:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t text;
    formatter_->format(message, text);
    board_->print_above({text.data(), text.size()});
  }
  void flush_() override {}

 private:
  std::shared_ptr<live_board> board_;
};

/// The pattern flag %J: the message as a JSON string, quotes included.
class json_text_flag final : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&, spdlog::memory_buf_t& out) override {
    const nlohmann::json value = std::string{message.payload.data(), message.payload.size()};
    const auto text = value.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override { return std::make_unique<json_text_flag>(); }
};

void install(const spdlog::sink_ptr& sink, const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("matricula", sink);
  logger->set_level(spdlog::level::from_str(level));
  logger->flush_on(spdlog::level::info);
  spdlog::set_default_logger(std::move(logger));
}

}  // namespace

void log_to_board(std::shared_ptr<live_board> board, const std::string& level) {
  auto sink = std::make_shared<board_sink>(std::move(board));
  sink->set_pattern("%H:%M:%S %l %v");
  install(sink, level);
}

void log_to_json(const std::string& level) {
  auto sink = std::make_shared<spdlog::sinks::stderr_sink_mt>();
  auto formatter = std::make_unique<spdlog::pattern_formatter>();
  formatter->add_flag<json_text_flag>('J').set_pattern(
      R"({"time":"%Y-%m-%dT%H:%M:%S.%e%z","level":"%l","text":%J})");
  sink->set_formatter(std::move(formatter));
  install(sink, level);
}

}  // namespace matricula
