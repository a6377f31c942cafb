// SPDX-License-Identifier: Apache-2.0
#include "config/addresses.hpp"
#include "config/names.hpp"
#include "config/references.hpp"
#include "config/spelling.hpp"
#include "config/validate.hpp"

namespace matricula::config {

void validate_sources(const written_topology& topology, problem_list& problems) {
  validate_names(topology.sources, "[[source]]", problems);
  for (const auto& source : topology.sources) {
    if (source.kind && *source.kind != "http")
      problems.add(source.kind.at, "unknown kind of source: \"" + source.kind.literal + "\"",
                   instead_of(source.kind.literal, {"http"}));
    if (source.url && !is_http_url(*source.url))
      problems.add(source.url.at, "url of [[source]] is not an http or https URL",
                   "http://host:port/path, or a reference to one");
    else if (source.url && source.url->find_first_of("#") != std::string::npos)
      problems.add(source.url.at, "url of [[source]] has a fragment, which no server sees",
                   "the URL up to the \"#\"");
    if (source.url && holds_password(literal_part(source.url.literal)))
      problems.add(source.url.at, "url of [[source]] holds a password", "a reference: \"${NAME}\"");
  }
}

}  // namespace matricula::config
