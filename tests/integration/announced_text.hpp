// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <ios>
#include <sstream>
#include <utility>

namespace matricula {

/// Text before whose first words something happens.
class announced_text : public std::stringbuf {
 public:
  explicit announced_text(std::function<void()> at_first)
      : at_first_(std::move(at_first)) {}

 protected:
  std::streamsize xsputn(const char* text, std::streamsize length) override {
    if (at_first_)
      std::exchange(at_first_, nullptr)();
    return std::stringbuf::xsputn(text, length);
  }

 private:
  std::function<void()> at_first_;
};

}  // namespace matricula
