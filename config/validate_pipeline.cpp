// SPDX-License-Identifier: Apache-2.0
#include "config/names.hpp"
#include "config/validate.hpp"

namespace matricula::config {

void validate_pipeline(const written_pipeline& pipeline, problem_list& problems) {
  validate_name(pipeline.name, problems);
  const auto& year = pipeline.school_year;
  if (year && (year->size() != 4 || year->find_first_not_of("0123456789") != std::string::npos))
    problems.add(year.at, "school_year is not four digits: \"" + year.literal + "\"",
                 "the year in which it begins, as \"2026\"");
}

}  // namespace matricula::config
