// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

namespace matricula::test {

/// A record of made-up people; tests change what they are about and keep the rest.
struct given_record {
  std::string year = R"("2026")";
  std::string status = R"("enrolled")";
  std::string since = R"("2026-09-09")";
  std::string role = R"("student")";
  std::string centre = R"({"code":"46012345","name":"IES de Prova","flavour":"ESO"})";
  std::string course = R"({"code":"1234567890","name":"1r ESO"})";
  std::string subject = R"({"code":"MAT","name_val":"Matemàtiques","name_cas":"Matemáticas"})";
  std::string group = R"({"code":"1ESOA","name":"1r ESO A","tutor":"012345678Z"})";
  std::string person_id = "10123456";
  std::string email = R"("u1@example.invalid")";
  std::string teachers =
      R"([{"id":"012345678Z","name":"N","surname1":"S","surname2":null,"email":null,"substitutes":null}])";
  std::string timetable = R"([{"day":1,"from":"08:00","to":"08:55","room":"A12"}])";
  std::string more;  ///< further fields, each with a comma before it

  std::string json() const {
    return R"({"year":)" + year + R"(,"status":)" + status + R"(,"since":)" + since + R"(,"role":)" + role +
           R"(,"centre":)" + centre + R"(,"course":)" + course + R"(,"subject":)" + subject + R"(,"group":)" +
           group + R"(,"person":{"id":")" + person_id +
           R"(","name":"N","surname1":"S","surname2":null,"email":)" + email +
           R"(,"born":"2013-04-05"},"teachers":)" + teachers + R"(,"timetable":)" + timetable + more + "}";
  }
};

/// A page of the feed around these records.
inline std::string given_page(const std::vector<std::string>& records, const std::string& next = R"("C2")") {
  std::string page = R"({"page": {"cursor": "C1", )";
  if (!next.empty())
    page += R"("next": )" + next + ", ";
  page += R"("sweep": 17, "count": )" + std::to_string(records.size()) + R"(}, "records": [)";
  for (std::size_t i = 0; i < records.size(); ++i)
    page += (i == 0 ? "" : ",\n") + records[i];
  return page + "]}";
}

}  // namespace matricula::test
