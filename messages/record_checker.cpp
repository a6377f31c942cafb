// SPDX-License-Identifier: Apache-2.0
#include "messages/record_checker.hpp"

namespace matricula {

std::optional<rejected_record> record_checker::check(const page& from, const record_view& record) {
  if (record.checked)
    return {};
  auto reason = reader_.read(from.json(record), record_);
  if (!reason) {
    key_.clear();
    append_key(record_, key_);
    if (key_ == from.key(record))
      return {};
    reason = rejection{error_code::field_value, "record: its key reads otherwise the second time"};
  }
  return rejected_record{record.position, record.offset, record.length, std::string{from.key(record)},
                         *std::move(reason)};
}

}  // namespace matricula
