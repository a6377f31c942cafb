// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "messages/enrolment.hpp"
#include "messages/page.hpp"

#include <optional>
#include <string>

namespace matricula {

/// Reads records whole of which the decoder has read only the key (reading::keys). Not thread-safe; reuse one for many
/// records.
class record_checker {
 public:
  /// Nothing: the record can be used. Else it, with the reason, as it goes to quarantine.
  std::optional<rejected_record> check(const page& from, const record_view& record);

 private:
  enrolment_reader reader_;
  enrolment record_;
  std::string key_;
};

}  // namespace matricula
